#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "harness/sockets/figures.hpp"
#include "harness/sockets/frame_reader.hpp"
#include "harness/sockets/handshake.hpp"
#include "harness/sockets/live_order.hpp"
#include "harness/sockets/samples.hpp"

namespace cellmon::harness {

/// What all clients of a run share. Internal.
struct SocketShared {
    SocketFigures& figures;
    Samples* samples = nullptr;  ///< Null: nobody wants them.
    bool follow_live = false;
    std::uint64_t messages = 0;  ///< Goals, as in SocketOptions.
    std::uint64_t sequence = 0;
    std::uint64_t total_messages = 0;  ///< Of all clients.
};

/// One connection of a run: from the socket to what its figures say. Internal. One thread.
class SocketClient {
  public:
    enum class Phase : std::uint8_t { unborn, opening, open, ended };

    SocketClient(SocketShared& shared, std::size_t number) : shared_(shared), number_(number) {}
    ~SocketClient();
    SocketClient(const SocketClient&) = delete;
    SocketClient& operator=(const SocketClient&) = delete;

    /// Begins to connect.
    Result<void> open(const SocketTarget& target, const Id128& key);

    /// The connection stands.
    void say_hello();

    /// `bytes` have come at `now_us` (wall clock).
    void receive(std::string_view bytes, TimeUs now_us);

    /// The server has closed, or the connection is lost.
    void lost(std::string_view why);

    void reset();        ///< Vanishes with a RST.
    void fall_silent();  ///< The socket stays; nobody is told.
    void close();        ///< At the end of the run.
    void complain(std::string_view what);

    [[nodiscard]] ClientFigures& figures() const { return shared_.figures.clients[number_]; }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] bool greeted() const { return greeted_; }
    [[nodiscard]] bool silent() const { return silent_; }
    [[nodiscard]] bool reached() const { return reached_; }
    /// For the run: it waits for this one no more.
    void settle() { settled_ = true; }
    [[nodiscard]] bool settled() const { return settled_; }

  private:
    void take(const SocketMessage& message, TimeUs now_us);
    void take_text(std::string_view text, TimeUs now_us);
    void send(std::string_view bytes);
    void end();

    SocketShared& shared_;
    const std::size_t number_;
    int descriptor_ = -1;
    Phase phase_ = Phase::unborn;
    bool greeted_ = false;  ///< The handshake's request is sent.
    bool silent_ = false;
    bool settled_ = false;
    bool reached_ = false;                  ///< The goals.
    std::unique_ptr<Handshake> handshake_;  ///< While opening.
    FrameReader reader_;
    LiveOrder order_;
};

}  // namespace cellmon::harness
