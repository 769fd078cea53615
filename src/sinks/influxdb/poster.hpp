#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/counters.hpp"
#include "sinks/influxdb/gzip.hpp"
#include "sinks/influxdb/line_batch.hpp"
#include "sinks/influxdb/local_state.hpp"

namespace cellmon::influxdb {

/// Posts lines, one request under way while the next lines are made. Lines that InfluxDB refuses
/// are found by halving what it refused: to post a line again changes nothing.
///
/// An error leaves open which lines are stored; then the poster and its connection are done with.
class Poster {
  public:
    /// Called with each line that is refused by itself; an error of it ends the posting.
    using OnRefused = std::function<Result<void>(DeadLetter letter)>;

    Poster(Connection& connection, Counters& counters, OnRefused on_refused);

    /// Where the next lines are put.
    [[nodiscard]] LineBatch& next() { return next_; }

    /// Waits until the post under way is answered, and begins to post what is in next().
    Result<void> post();

    /// Sends on what can be sent at once.
    void pump() { connection_.pump(); }

    /// Posts what is in next() and waits until all is answered.
    Result<void> finish();

  private:
    void begin(const LineBatch& batch, std::size_t first, std::size_t last);
    Result<void> settle();
    Result<void> post_part(std::size_t first, std::size_t last);
    Result<void> judge(std::size_t first, std::size_t last);

    Connection& connection_;
    Counters& counters_;
    const OnRefused on_refused_;
    Gzip gzip_;
    std::string body_;
    LineBatch next_;
    LineBatch posted_;
    bool under_way_ = false;
};

}  // namespace cellmon::influxdb
