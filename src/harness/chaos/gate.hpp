#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::chaos {

/// A TCP relay in front of a server that lets bytes through, or does what a bad network does. The
/// server keeps its own port; its clients are told the gate's. A mode holds for open connections as
/// well as for new ones, until the next call.
///
/// One thread of its own carries all. The methods may be called from any thread; each returns when
/// what it asks for has been done.
class Gate {
  public:
    /// In each direction of each connection.
    struct Slowness {
        double latency_ms = 0;
        double bytes_per_s = 0;  ///< 0: as fast as it goes.
    };
    static constexpr std::size_t kMaxWaiting = 256U << 10U;  ///< Bytes on their way, a direction.

    /// Begins open, on the loopback. `port` 0 takes a free one.
    static Result<std::unique_ptr<Gate>> create(std::uint16_t port, const Endpoint& server);
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    void open();
    void hang();
    void slow(const Slowness& slowness);
    /// Resets what is connected now; the mode stays.
    void cut();
    /// Nobody listens, what was connected is reset. The next mode takes the port again.
    void refuse();
    /// Connections that were let in so far.
    [[nodiscard]] std::uint64_t connections() const;
    /// False when nobody listens, as behind refuse(), or when the port is another's now.
    [[nodiscard]] bool is_listening() const;

  private:
    enum class Kind { open, hang, slow, refuse };
    class Carrier;

    Gate(int listener, std::uint16_t port, const Endpoint& server, int wake);
    void ask(Kind kind, const Slowness& slowness, bool cut);

    const std::uint16_t port_;
    const int wake_;  ///< An eventfd.
    mutable std::mutex mutex_;
    std::condition_variable done_;
    // Guarded by mutex_.
    Kind kind_ = Kind::open;
    Slowness slowness_;
    bool cut_ = false;
    bool end_ = false;
    std::uint64_t asked_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t connections_ = 0;
    bool listening_ = true;
    std::thread thread_;
};

}  // namespace cellmon::harness::chaos
