#include "api/legacy_sockets.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/thread.hpp"
#include "http/websocket_frame.hpp"
#include "push/bounded_send.hpp"
#include "push/client_message.hpp"

namespace cellmon::api {
namespace {

/// The frames of one push, by who sees what; null: nothing to say.
using Push = std::map<live::SightPtr, http::SharedFrame>;

http::SharedFrame frames_of(const std::vector<LegacyPacer::Item>& items, TimeUs now) {
    if (items.empty()) return nullptr;
    std::string frames;
    frames.reserve(512 * items.size());
    for (const std::string& message : legacy_messages(items, now))
        http::append_frame(frames, http::Opcode::text, message);
    return std::make_shared<const std::string>(std::move(frames));
}

std::vector<LegacyPacer::Item> seen(const std::vector<LegacyPacer::Item>& items,
                                    const live::SightPtr& sight) {
    std::vector<LegacyPacer::Item> part;
    std::copy_if(items.begin(), items.end(), std::back_inserter(part),
                 [&](const auto& item) { return live::sees(sight, item.student->view); });
    return part;
}

}  // namespace

/// Who is connected. Outlives LegacySockets as long as a session or a posted push does.
struct LegacySockets::Registry {
    struct Opened {
        std::int64_t at_us = 0;
        live::SightSource sight;
    };

    explicit Registry(unsigned threads) : sessions(threads) {}

    /// For each I/O thread, its sessions; touched by that thread alone.
    std::vector<std::vector<Session*>> sessions;

    std::mutex mutex;
    std::uint64_t newest = 0;
    std::map<std::uint64_t, Opened> opened;  ///< By number of the connection.
};

class LegacySockets::Session final : public http::WebSocketSession {
  public:
    Session(std::shared_ptr<Registry> registry, std::size_t queue_bytes, const Clock& clock,
            live::SightSource sight)
        : registry_(std::move(registry)),
          queue_bytes_(queue_bytes),
          clock_(clock),
          sight_(std::move(sight)) {}

    void opened(http::WebSocket& socket) override {
        socket_ = &socket;
        registry_->sessions[socket.thread()].push_back(this);
        const std::lock_guard lock(registry_->mutex);
        number_ = ++registry_->newest;
        registry_->opened[number_] = {clock_.steady_us(), sight_};
    }

    void received(std::string_view text) override {
        static const http::SharedFrame pong = http::text_frame(R"({"type":"pong"})");
        static const http::SharedFrame refresh =
            http::text_frame(R"({"type":"refresh_required","message":"Fetch the overview again"})");
        const std::string type = push::type_of(text);
        if (type == "ping") send(pong);
        if (type == "refresh_request") send(refresh);
    }

    void closed() override {
        std::erase(registry_->sessions[socket_->thread()], this);
        const std::lock_guard lock(registry_->mutex);
        registry_->opened.erase(number_);
    }

    void send(const http::SharedFrame& frame) { push::send_bounded(*socket_, frame, queue_bytes_); }

    /// Nothing for who came to see others since the push was made: the next one holds it again.
    void send(const Push& push) {
        const auto frames = push.find(live::look_through(sight_));
        if (frames != push.end() && frames->second) send(frames->second);
    }

  private:
    const std::shared_ptr<Registry> registry_;
    const std::size_t queue_bytes_;
    const Clock& clock_;
    const live::SightSource sight_;
    http::WebSocket* socket_ = nullptr;
    std::uint64_t number_ = 0;
};

LegacySockets::LegacySockets(const Options& options, http::IoThreads& threads, const Clock& clock)
    : options_(options),
      threads_(threads),
      clock_(clock),
      registry_(std::make_shared<Registry>(threads.size())),
      pacer_(options.burst),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LegacySockets::~LegacySockets() {
    thread_.request_stop();
    thread_.join();
}

http::UpgradeDecision LegacySockets::accept(live::SightSource sight) {
    return std::make_unique<Session>(registry_, options_.queue_bytes, clock_, std::move(sight));
}

void LegacySockets::pictured(const live::Tick& tick) {
    const std::lock_guard lock(mutex_);
    picture_ = tick.picture;
    if (tick.changes.empty()) return;
    pacer_.take(tick, clock_.steady_us());
    if (pacer_.next_us() >= wakes_us_) return;
    news_ = true;
    wake_.notify_one();
}

std::vector<LegacySockets::Connection> LegacySockets::connections() const {
    const std::int64_t now_us = clock_.steady_us();
    std::vector<Connection> connections;
    const std::lock_guard lock(registry_->mutex);
    connections.reserve(registry_->opened.size());
    for (const auto& [number, opened] : registry_->opened)
        connections.push_back({number, now_us - opened.at_us});
    return connections;
}

void LegacySockets::run(const std::stop_token& stop) {
    set_thread_name("legacy-push");
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        news_ = false;
        const std::int64_t now_us = clock_.steady_us();
        const auto items = pacer_.push(now_us, *picture_);
        if (!items.empty()) {
            lock.unlock();
            send(items);
            lock.lock();
            continue;
        }
        const std::int64_t next_us = wakes_us_ = pacer_.next_us();
        if (next_us == LegacyPacer::kNever) {
            wake_.wait(lock, stop, [this] { return news_; });
        } else {
            wake_.wait_for(lock, stop, std::chrono::microseconds(next_us - now_us),
                           [this] { return news_; });
        }
    }
}

void LegacySockets::send(const std::vector<LegacyPacer::Item>& items) {
    auto push = std::make_shared<Push>();
    {
        const std::lock_guard lock(registry_->mutex);
        for (const auto& [number, opened] : registry_->opened)
            push->emplace(live::look_through(opened.sight), nullptr);
    }
    if (push->empty()) return;
    const TimeUs now = clock_.now_us();
    for (auto& [sight, frames] : *push)
        frames = frames_of(seen(items, sight), now);
    for (unsigned thread = 0; thread < threads_.size(); ++thread) {
        threads_.post(thread, [registry = registry_, thread, push] {
            for (Session* session : registry->sessions[thread])
                session->send(*push);
        });
    }
}

}  // namespace cellmon::api
