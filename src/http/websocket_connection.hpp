#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "http/websocket.hpp"
#include "http/websocket_reader.hpp"
#include "http/worker.hpp"

namespace cellmon::http {

/// One WebSocket client behind its handshake; it has taken the socket and the place of the
/// Connection that answered it. Idle it holds no buffer: it waits until the socket can be read, and
/// reads into that of its worker. All on the thread of its worker. Internal.
///
/// A session is never called while one of its calls runs: send() and close() only queue, and what
/// ends a connection comes from the socket, the tick, or a stop.
class WebSocketConnection final : public WebSocket,
                                  public Peer,
                                  public std::enable_shared_from_this<WebSocketConnection> {
  public:
    WebSocketConnection(std::shared_ptr<ServerState> state, Worker& worker, Socket socket,
                        std::unique_ptr<WebSocketSession> session, AddressPlaces::PlacePtr place);
    ~WebSocketConnection() override;

    /// `bytes` came behind the handshake and are read already.
    void start(std::string_view bytes);

    void send(SharedFrame frame) override;
    [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_; }
    [[nodiscard]] std::size_t queued_messages() const override { return queue_.size() - first_; }
    void drop_unsent() override;
    void close(std::uint16_t code, std::string_view reason) override;
    [[nodiscard]] unsigned thread() const override { return worker_.thread(); }

    /// Writes what is queued, as far as the socket takes it. Called by the worker.
    void flush();

    void check_deadline(std::int64_t now_us) override;
    void wind_down() override;
    void cut_off() override;

  private:
    enum class Phase : std::uint8_t {
        open,
        closing,   ///< Our close frame is queued or sent, the client's is due.
        finished,  ///< Nothing is read any more; when the queue is empty the client may hang up.
        closed,
    };

    // Reading.
    void wait_for_bytes();
    void read();
    void consume(std::string_view bytes);
    void take(const WebSocketInput& input);
    template <typename Call>
    void tell(Call call);

    // Writing.
    void queue(SharedFrame frame);
    void queue_first(SharedFrame frame);
    void flush_soon();
    void answer_ping(std::string_view payload);
    void finish(std::uint16_t code, std::string_view reason);
    void count_written(std::size_t bytes);
    void wait_for_room();
    void on_all_written();

    std::shared_ptr<ServerState> state_;
    Worker& worker_;
    Socket socket_;
    std::unique_ptr<WebSocketSession> session_;
    AddressPlaces::PlacePtr place_;
    WebSocketReader reader_;

    /// Frames from `first_` on are waiting. The first `kept_` of them are not for drop_unsent():
    /// one that was begun, then control frames, which overtake messages.
    std::vector<SharedFrame> queue_;
    std::size_t first_ = 0;
    std::size_t kept_ = 0;
    std::size_t queued_bytes_ = 0;
    std::size_t begun_bytes_ = 0;  ///< Bytes of the first that have left.

    std::int64_t heard_us_;            ///< Last byte of the client.
    std::int64_t pinged_us_ = 0;       ///< 0: no ping is out.
    std::int64_t stalled_us_ = 0;      ///< Since then the client takes nothing; 0: nothing waits.
    std::int64_t close_until_us_ = 0;  ///< Deadline of the closing handshake; 0: none.
    Phase phase_ = Phase::open;
    bool flush_due_ = false;       ///< In the worker's list.
    bool waits_for_room_ = false;  ///< A wait for the socket to take more is under way.
};

}  // namespace cellmon::http
