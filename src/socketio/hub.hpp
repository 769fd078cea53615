#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "http/address_places.hpp"
#include "http/request.hpp"
#include "http/responder.hpp"
#include "http/task.hpp"
#include "http/websocket.hpp"
#include "socketio/limits.hpp"
#include "socketio/session.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::socketio {

/// What stands behind the hub. Called by any thread, never while the hub is locked, so that it may
/// call the hub; must not block. Sessions are named by what their clients alone know.
class Application {
  public:
    virtual ~Application() = default;

    /// To be answered, now or later, with Hub::admit or Hub::refuse.
    virtual void joining(const std::string& session, Session::Join join,
                         const std::string& address) = 0;
    virtual void called(const std::string& session, Session::Call call) = 0;

    /// For each joining(), once: the client has left, or its session is over.
    virtual void left(const std::string& session) = 0;
};

/// The sessions of Socket.IO and their transports: polling, a WebSocket, and the way from the one
/// to the other. Requests of one session may come on any thread. Any thread.
///
/// Must outlive the threads on which `post` runs tasks.
class Hub {
  public:
    struct Dependencies {
        Application& application;
        const Clock& clock;
        RandomSource& random;
        /// Runs a task on an I/O thread, later, in the order of the calls.
        std::function<void(unsigned thread, http::Task task)> post;
    };

    Hub(Limits limits, Dependencies dependencies);

    /// stop().
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    // The handlers of the route.
    void get(const http::Request& request, http::Responder responder);
    void post(const http::Request& request, http::Responder responder);
    [[nodiscard]] http::UpgradeDecision accept(const http::Request& request);

    /// False when the session is over, or has left.
    bool admit(const std::string& session);
    void refuse(const std::string& session, std::string_view why);

    void tell(const std::string& session, std::string packet);
    void tell_all(std::string packet);
    void tell_others(const std::string& session, std::string packet);

    /// Sends what waits, says that the server disconnects it, and ends the session.
    void disconnect(const std::string& session);

    /// A thread of its own calls tick() twice a second.
    void start();

    /// Pings, and ends who is dead.
    void tick();

    /// Ends all sessions; polls that wait are answered. Later requests are answered 503.
    void stop();

    [[nodiscard]] std::size_t sessions() const;
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

  private:
    class Socket;
    struct Link;
    struct Entry;
    using Entries = std::unordered_map<std::string, std::unique_ptr<Entry>>;
    /// What is done when the lock is gone: answers, whose sending may bring the next request, and
    /// calls of the application.
    using Later = std::vector<http::Task>;
    struct Closing;

    /// Runs `work(later)` under the lock, then what it left.
    template <typename Work>
    auto locked(Work work);

    /// What of a request is wrong by itself.
    [[nodiscard]] static std::optional<http::Response> refusal_of(const http::Request& request,
                                                                  std::string_view transport);
    [[nodiscard]] std::optional<http::Response> open_polling(const http::Request& request);
    [[nodiscard]] std::optional<http::Response> poll(const std::string& session,
                                                     http::Responder& responder);

    // Under the lock.
    [[nodiscard]] std::optional<http::Response> no_room(std::string_view address);
    Entry& insert(std::string address);
    Entry* find(const std::string& session);
    void greet(Entry& entry, bool may_upgrade);
    [[nodiscard]] http::Response take_body(Entry& entry, std::string_view body, Later& later);
    /// Nothing while the session goes on; else it is over, and why.
    [[nodiscard]] std::optional<Session::End> take(Entry& entry, std::string_view packet,
                                                   Later& later);
    void deliver(Entry& entry, Later& later);
    void answer_poll(Entry& entry, std::string body, Later& later);
    void end(Entry& entry, const Closing& closing, Later& later);
    void end_when_told(Entry& entry, const Closing& closing, Later& later);
    void received_by_probe(Entry& entry, std::string_view text, Later& later);
    void drop_probe(Entry& entry);
    void send_soon(Entry& entry);

    // Of WebSockets, on their threads.
    void opened(const std::shared_ptr<Link>& link, std::string& session, std::string address);
    void received(const std::shared_ptr<Link>& link, const std::string& session,
                  std::string_view text);
    void closed(const std::shared_ptr<Link>& link, const std::string& session);
    void send_output(Link& link, const std::string& session);

    const Limits limits_;
    const Dependencies dependencies_;
    mutable std::mutex mutex_;
    http::AddressPlaces places_;
    Entries entries_;
    bool stopped_ = false;
    std::atomic<std::uint64_t> too_slow_{0};
    std::atomic<std::uint64_t> dead_{0};
    std::atomic<std::uint64_t> full_{0};
    std::jthread ticker_;
};

}  // namespace cellmon::socketio
