#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "sinks/relational/stored_check.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Compares the store with the journal, a part each second, on a thread of its own: a store that
/// says nothing may keep it waiting for as long as `postgres.timeout`, and keeps nobody else.
class StoredWatch {
  public:
    StoredWatch(std::unique_ptr<relational::StoredCheck> check, telemetry::Log& log);
    ~StoredWatch();
    StoredWatch(const StoredWatch&) = delete;
    StoredWatch& operator=(const StoredWatch&) = delete;

    /// What was found last; none before there is a store, and when it could not be read. Any
    /// thread, at once.
    [[nodiscard]] std::optional<relational::StoredTotals> totals() const;

    /// Entries compared in one second: enough for a class that sends four times what is promised,
    /// little enough not to be felt when a long history is compared anew.
    static constexpr std::size_t kEntriesPerInterval = 4'096;

  private:
    void run(const std::stop_token& stop);
    void look();

    const std::unique_ptr<relational::StoredCheck> check_;
    telemetry::Log& log_;
    mutable std::mutex mutex_;
    std::optional<relational::StoredTotals> totals_;
    bool said_ = false;  // That they cannot be compared; of the thread.
    std::jthread thread_;
};

}  // namespace cellmon::server
