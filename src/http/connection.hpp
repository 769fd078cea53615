#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/error.hpp>

#include "http/request_parser.hpp"
#include "http/responder.hpp"
#include "http/router.hpp"
#include "http/worker.hpp"

namespace cellmon::http {

/// What a connection needs only from the first byte of a request to the call of its handler. Kept
/// by the worker between uses, so that an idle connection has none.
struct Exchange {
    Request request;
    std::optional<RequestParser> parser;
    const Handler* handler = nullptr;
    const UpgradeRoute* upgrade = nullptr;  ///< In place of `handler`.
    std::optional<Response> rejection;  ///< Sent when the body, which nobody wants, has been read.
    std::size_t header_bytes = 0;
    std::size_t body_bytes = 0;  ///< As travelled.
};

/// One client: a state machine driven by its socket, its deadline and its answers. One request at a
/// time; while one is being answered nothing is read, so pipelined requests wait in the kernel and
/// in `pending_`. All on the thread of its worker, respond() excepted. Internal.
class Connection final : public Peer,
                         public ResponseSink,
                         public BodySink,
                         public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<ServerState> state, Worker& worker, Socket socket);
    ~Connection() override;

    void start();

    /// Answers 503 to whatever comes, and closes.
    void refuse();

    void respond(Response&& response) override;
    [[nodiscard]] unsigned thread() const override { return worker_.thread(); }

    void check_deadline(std::int64_t now_us) override;
    [[nodiscard]] std::int64_t silent_since_us() const override;
    [[nodiscard]] std::int64_t answering_since_us() const override;
    void wind_down() override;
    void cut_off() override { close(); }

  private:
    enum class Phase : std::uint8_t {
        idle,       ///< Between requests.
        header,     ///< Reading a header.
        body,       ///< Reading a body.
        handling,   ///< A Responder is out.
        writing,    ///< The client takes the answer slowly.
        upgraded,   ///< Goes on as a WebSocket as soon as nothing of this is on the stack.
        lingering,  ///< Everything is said; unread input is thrown away so that the answer arrives.
        closed,
    };

    bool take_body(std::string_view bytes) override;

    // Reading.
    void read();
    void on_read(std::size_t bytes);
    void consume(std::string_view data);
    [[nodiscard]] bool parse(std::string_view& data);
    void resume();
    void read_on();
    [[nodiscard]] bool wants_input() const;
    void on_parse_error(boost::beast::error_code error);

    // A request.
    void begin_request();
    void on_header();
    [[nodiscard]] std::optional<Response> find_route();
    [[nodiscard]] std::optional<Response> admit_body();
    void reject(Response response);
    void on_request();
    [[nodiscard]] std::optional<Response> unpack();
    [[nodiscard]] std::optional<Response> check_handshake() const;
    [[nodiscard]] std::optional<Response> check_page(std::string_view path);
    void ask_guard(std::unique_ptr<Exchange> exchange);
    void upgrade(std::unique_ptr<Exchange> exchange);
    void become_websocket();
    void release_body();

    // An answer.
    void write(Response&& response);
    void write_rest();
    void on_written();
    [[nodiscard]] bool hold_answer(const Body& body);
    void release_answer();
    void fail(Response response);
    void linger();
    void set_deadline(std::chrono::milliseconds after);
    void close();

    struct Output {
        std::string head;
        Body body;
        std::size_t body_size = 0;  ///< 0 when the answer has none, as for HEAD.
        std::size_t sent = 0;
    };
    [[nodiscard]] std::ptrdiff_t send(std::string_view head, std::string_view body);

    std::shared_ptr<ServerState> state_;
    Worker& worker_;
    Socket socket_;
    std::string remote_address_;
    std::unique_ptr<Exchange> exchange_;
    std::unique_ptr<Exchange> handshake_;        ///< Waits for what the guard of its route says.
    AddressPlaces::PlacePtr place_;              ///< With the session.
    std::unique_ptr<WebSocketSession> session_;  ///< While the answer to its handshake is written.
    std::unique_ptr<Output> output_;  ///< Only while an answer could not be written at once.
    std::string pending_;             ///< Bytes read and not yet consumed.
    std::string origin_;
    const CorsPolicy* cors_ = nullptr;  ///< Of the route.
    std::size_t reserved_ = 0;
    std::size_t held_ = 0;            ///< Bytes of the answer that count as held.
    std::int64_t deadline_us_ = 0;    ///< 0: none.
    std::int64_t started_us_ = 0;     ///< First byte of the request.
    std::int64_t answered_us_ = 0;    ///< Begin of the answer.
    std::int64_t idle_since_us_ = 0;  ///< Last answer, or its last bytes that the client took.
    Phase phase_ = Phase::idle;
    bool reading_ = false;    ///< A read is under way.
    bool consuming_ = false;  ///< consume() is on the stack and will go on by itself.
    bool keep_alive_ = true;
    bool http_1_0_ = false;
    bool head_only_ = false;
    bool reads_only_ = false;  ///< Nothing is changed by asking again.
    bool has_cookie_ = false;
    std::array<char, 2048> buffer_;
};

}  // namespace cellmon::http
