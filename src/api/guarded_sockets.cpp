#include "api/guarded_sockets.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace cellmon::api {

struct GuardedSockets::Registry {
    explicit Registry(unsigned threads) : sessions(threads) {}

    std::vector<std::set<Session*>> sessions;  ///< Of each I/O thread, its own alone.
    mutable std::mutex mutex;
    std::multiset<std::string> tokens;  ///< Of all of them.
};

class GuardedSockets::Session final : public http::WebSocketSession {
  public:
    Session(std::shared_ptr<Registry> registry, std::string token_id,
            std::unique_ptr<http::WebSocketSession> inner)
        : registry_(std::move(registry)),
          token_id_(std::move(token_id)),
          inner_(std::move(inner)) {}

    void opened(http::WebSocket& socket) override {
        socket_ = &socket;
        registry_->sessions[socket.thread()].insert(this);
        {
            const std::lock_guard lock(registry_->mutex);
            registry_->tokens.insert(token_id_);
        }
        inner_->opened(socket);
    }

    void received(std::string_view text) override { inner_->received(text); }

    void closed() override {
        registry_->sessions[socket_->thread()].erase(this);
        {
            const std::lock_guard lock(registry_->mutex);
            registry_->tokens.erase(registry_->tokens.find(token_id_));
        }
        inner_->closed();
    }

    void close_if_one_of(const std::set<std::string>& token_ids) {
        if (!token_ids.contains(token_id_)) return;
        // What waits was made for somebody who may not see it any more.
        socket_->drop_unsent();
        socket_->close(kLoggedOut, "logged out");
    }

  private:
    const std::shared_ptr<Registry> registry_;
    const std::string token_id_;
    const std::unique_ptr<http::WebSocketSession> inner_;
    http::WebSocket* socket_ = nullptr;
};

GuardedSockets::GuardedSockets(http::IoThreads& threads)
    : threads_(threads), registry_(std::make_shared<Registry>(threads.size())) {}

std::unique_ptr<http::WebSocketSession> GuardedSockets::watch(
    std::string token_id, std::unique_ptr<http::WebSocketSession> session) {
    return std::make_unique<Session>(registry_, std::move(token_id), std::move(session));
}

std::set<std::string> GuardedSockets::tokens() const {
    const std::lock_guard lock(registry_->mutex);
    return {registry_->tokens.begin(), registry_->tokens.end()};
}

void GuardedSockets::close(const std::set<std::string>& token_ids) {
    for (unsigned thread = 0; thread < threads_.size(); ++thread) {
        threads_.post(thread, [registry = registry_, thread, token_ids] {
            // close() calls no session back, so the set stays as it is meanwhile.
            for (Session* session : registry->sessions[thread])
                session->close_if_one_of(token_ids);
        });
    }
}

}  // namespace cellmon::api
