#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "api/legacy_pacer.hpp"
#include "base/clock.hpp"
#include "http/io_threads.hpp"
#include "http/websocket.hpp"
#include "live/picture.hpp"
#include "live/sight.hpp"

namespace cellmon::api {

/// The sockets of existing dashboards, `/api/v1/dashboard/ws/dashboard` (contract 4.1): says
/// nothing on connect, answers `ping` and `refresh_request`, and pushes what LegacyPacer lets go.
/// What is pushed is written once for all who may see the same students, as one piece of frames
/// that their connections share.
class LegacySockets final : public live::PictureListener {
  public:
    struct Options {
        std::chrono::milliseconds burst{12'000};  ///< `live.legacy_burst`.
        std::size_t queue_bytes = 1U << 20U;      ///< `live.queue_bytes`.
    };

    /// `threads` and `clock` must outlive the object and every connection.
    LegacySockets(const Options& options, http::IoThreads& threads, const Clock& clock);

    /// Nothing is pushed after this; connections may still be open, and are the server's to close.
    ~LegacySockets() override;

    /// A connection that is told of the students whom it may see. On an I/O thread.
    [[nodiscard]] http::UpgradeDecision accept(live::SightSource sight);

    void pictured(const live::Tick& tick) override;

    struct Connection {
        std::uint64_t number = 0;  ///< Counted from 1 since the start.
        std::int64_t open_us = 0;  ///< For how long.
    };
    /// The open ones. Any thread.
    [[nodiscard]] std::vector<Connection> connections() const;

  private:
    class Session;
    struct Registry;

    void run(const std::stop_token& stop);
    void send(const std::vector<LegacyPacer::Item>& items);

    const Options options_;
    http::IoThreads& threads_;
    const Clock& clock_;
    const std::shared_ptr<Registry> registry_;

    std::mutex mutex_;
    std::condition_variable_any wake_;
    LegacyPacer pacer_;
    live::PicturePtr picture_ = std::make_shared<live::Picture>();  ///< Of the last tick.
    bool news_ = false;                            ///< The next push is due before wakes_us_.
    std::int64_t wakes_us_ = LegacyPacer::kNever;  ///< When the thread wakes by itself.
    std::jthread thread_;
};

}  // namespace cellmon::api
