#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "delivery/delivery.hpp"
#include "projection/status.hpp"
#include "push/hub.hpp"
#include "server/status_board.hpp"
#include "sinks/relational/stored_check.hpp"
#include "telemetry/log.hpp"

namespace cellmon::server {

/// Tells the clients of the live socket, once a second, how the data stand, and compares the store
/// with the journal meanwhile.
class StatusTicker {
  public:
    struct Dependencies {
        const delivery::Delivery& delivery;
        std::function<std::vector<projection::ProjectionStatus>()> projections;
        std::unique_ptr<relational::StoredCheck> stored_check;
        push::Hub& hub;
        StatusBoard& board;
        telemetry::Log& log;
    };

    explicit StatusTicker(Dependencies dependencies);
    ~StatusTicker();
    StatusTicker(const StatusTicker&) = delete;
    StatusTicker& operator=(const StatusTicker&) = delete;

    static constexpr std::chrono::milliseconds kInterval{1'000};

    /// Entries compared in one interval: enough for a class that sends four times what is promised,
    /// little enough not to be felt when a long history is compared anew.
    static constexpr std::size_t kEntriesPerInterval = 4'096;

  private:
    void run(const std::stop_token& stop);
    [[nodiscard]] std::string message();
    void check_store();

    Dependencies dependencies_;
    std::optional<relational::StoredTotals> stored_;
    bool said_ = false;  ///< That they cannot be compared.
    std::jthread thread_;
};

}  // namespace cellmon::server
