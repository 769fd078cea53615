#include "http/responder.hpp"

#include <utility>

#include "base/assert.hpp"

namespace cellmon::http {

namespace {

void answer_for_the_forgetful(std::shared_ptr<ResponseSink>& sink) {
    if (sink == nullptr) return;
    std::exchange(sink, nullptr)->respond(error_response(500, "Internal Server Error"));
}

class WatchedSink final : public ResponseSink {
  public:
    WatchedSink(std::shared_ptr<ResponseSink> inner, std::function<void(unsigned)> sent)
        : inner_(std::move(inner)), sent_(std::move(sent)) {}

    void respond(Response&& response) override {
        sent_(response.status);
        inner_->respond(std::move(response));
    }
    [[nodiscard]] unsigned thread() const override { return inner_->thread(); }

  private:
    const std::shared_ptr<ResponseSink> inner_;
    const std::function<void(unsigned)> sent_;
};

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this != &other) {
        answer_for_the_forgetful(sink_);
        sink_ = std::move(other.sink_);
    }
    return *this;
}

Responder::~Responder() {
    answer_for_the_forgetful(sink_);
}

void Responder::send(Response response) {
    CELLMON_ASSERT(sink_ != nullptr);
    // Moved out first: the answer may lead to the next request before respond() returns.
    const auto sink = std::exchange(sink_, nullptr);
    sink->respond(std::move(response));
}

Responder Responder::watched(std::function<void(unsigned status)> sent) && {
    CELLMON_ASSERT(sink_ != nullptr);
    return Responder(std::make_shared<WatchedSink>(std::exchange(sink_, nullptr), std::move(sent)));
}

unsigned Responder::thread() const {
    CELLMON_ASSERT(sink_ != nullptr);
    return sink_->thread();
}

}  // namespace cellmon::http
