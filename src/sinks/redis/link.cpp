#include "sinks/redis/link.hpp"

#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

namespace cellmon::redis {
namespace {

Error lost(const redisContext* context) {
    const std::string_view why = context->errstr;
    return {ErrorCode::unavailable,
            fmt::format("Redis: {}", why.empty() ? "the connection is lost" : why)};
}

}  // namespace

Result<std::unique_ptr<Link>> Link::open(const Address& address, const Patience& patience) {
    redisContext* context = redisConnectNonBlock(address.host.c_str(), address.port);
    if (context == nullptr) return fail(ErrorCode::unavailable, "Redis: no memory to connect");
    std::unique_ptr<Link> link(new Link(context, patience));
    auto ready = link->wait_until_connected();
    if (ready) ready = link->log_in(address);
    if (ready) return link;
    Error error = std::move(ready).error();
    error.message = fmt::format("cannot connect to {}: {}", name_of(address), error.message);
    return fail(std::move(error));
}

Result<void> Link::wait_until_connected() {
    if (context_->err != 0) return close(lost(context_.get()));
    if (!wait_for_socket(context_->fd, POLLOUT, deadline_of(patience_), patience_)) {
        return close(no_answer("Redis", patience_));
    }
    int fault = 0;
    socklen_t size = sizeof(fault);
    if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) fault = errno;
    if (fault != 0) {
        Error error = error_from_errno(fault, "Redis");
        return close({ErrorCode::unavailable, std::move(error.message)});
    }
    // hiredis learns of it with the first write.
    return {};
}

Result<void> Link::log_in(const Address& address) {
    if (!address.password.empty()) {
        if (address.user.empty()) {
            CELLMON_TRY(ask({"AUTH", address.password}));
        } else {
            CELLMON_TRY(ask({"AUTH", address.user, address.password}));
        }
    }
    CELLMON_TRY(ask({"SELECT", std::to_string(address.database)}));
    // For people who look at CLIENT LIST; who may not be named goes on without.
    add({"CLIENT", "SETNAME", "cellmon"});
    CELLMON_TRY(receive());
    return {};
}

void Link::add(std::span<const std::string_view> words) {
    if (context_ == nullptr) return;
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    texts.reserve(words.size());
    sizes.reserve(words.size());
    for (const std::string_view word : words) {
        texts.push_back(word.data());
        sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                           sizes.data());
    sent_all_ = false;
}

Result<ReplyPtr> Link::receive() {
    if (context_ == nullptr) return fail(ErrorCode::unavailable, "Redis: the connection is closed");
    const Deadline deadline = deadline_of(patience_);
    while (true) {
        if (!sent_all_) {
            int done = 0;
            if (redisBufferWrite(context_.get(), &done) != REDIS_OK) {
                return close(lost(context_.get()));
            }
            sent_all_ = done != 0;
        }
        void* reply = nullptr;
        if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK) {
            return close(lost(context_.get()));
        }
        if (reply != nullptr) return ReplyPtr(static_cast<redisReply*>(reply));
        // Also while sending: Redis stops reading when its replies are not read.
        const short events = static_cast<short>(sent_all_ ? POLLIN : POLLIN | POLLOUT);
        if (!wait_for_socket(context_->fd, events, deadline, patience_)) {
            return close(no_answer("Redis", patience_));
        }
        // Reads what there is, which may be nothing.
        if (redisBufferRead(context_.get()) != REDIS_OK) return close(lost(context_.get()));
    }
}

Result<ReplyPtr> Link::expect() {
    CELLMON_TRY_ASSIGN(auto reply, receive());
    if (is_error(*reply)) return fail(error_of(*reply));
    return reply;
}

tl::unexpected<Error> Link::close(Error error) {
    context_.reset();
    return fail(std::move(error));
}

}  // namespace cellmon::redis
