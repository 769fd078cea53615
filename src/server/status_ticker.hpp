#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "delivery/delivery.hpp"
#include "projection/status.hpp"
#include "push/hub.hpp"
#include "server/status_board.hpp"
#include "server/stored_watch.hpp"

namespace cellmon::server {

/// Tells the clients of the live socket, once a second, how the data stand. Waits for no store.
class StatusTicker {
  public:
    struct Dependencies {
        const delivery::Delivery& delivery;
        std::function<std::vector<projection::ProjectionStatus>()> projections;
        const StoredWatch& stored;
        push::Hub& hub;
        StatusBoard& board;
    };

    explicit StatusTicker(Dependencies dependencies);
    StatusTicker(const StatusTicker&) = delete;
    StatusTicker& operator=(const StatusTicker&) = delete;

    static constexpr std::chrono::milliseconds kInterval{1'000};

  private:
    void run(const std::stop_token& stop);
    [[nodiscard]] std::string message();

    const Dependencies dependencies_;
    std::jthread thread_;
};

}  // namespace cellmon::server
