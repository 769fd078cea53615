#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "sinks/postgres/pipeline.hpp"

namespace cellmon::postgres {

/// COPYs that a thread of its own hands to PostgreSQL, one behind the other: so rows are on their
/// way while their owner makes the next. It is of use to one owner, who leaves the pipeline alone
/// from push() until settle().
class CopyQueue {
  public:
    /// Rows that may wait; their owner waits before there are more.
    static constexpr std::size_t kMostBytes = 8U << 20U;

    explicit CopyQueue(Pipeline& pipeline) : pipeline_(pipeline) {}
    ~CopyQueue();
    CopyQueue(const CopyQueue&) = delete;
    CopyQueue& operator=(const CopyQueue&) = delete;

    /// Takes the rows and leaves an empty text with room for as many. An error is that of a COPY
    /// before, behind which none is made.
    Result<void> push(const std::string& sql, std::string& rows);

    /// Waits until all is handed over. Whether PostgreSQL has taken the last rows is said by the
    /// next call of the pipeline.
    Result<void> settle();

    /// Waits for the COPY under way only, and forgets the others and their error.
    void clear();

  private:
    struct Copy {
        std::string sql;
        std::string rows;
    };

    void run(const std::stop_token& stop);
    Result<void> take_error();
    void forget_waiting();

    Pipeline& pipeline_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Copy> waiting_;  ///< The first is under way while `busy_`.
    bool busy_ = false;
    std::size_t waiting_bytes_ = 0;
    std::optional<Error> error_;
    std::vector<std::string> spare_;  ///< Empty, with room for rows.
    std::jthread thread_;             ///< Begins with the first rows.
};

}  // namespace cellmon::postgres
