#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "sinks/redis/reply.hpp"
#include "sinks/redis/url.hpp"

namespace cellmon::redis {

/// One connection, used as a pipeline: commands are collected, sent with the first wait for a
/// reply, and their replies come in the same order. It blocks in no call of the library: each reply
/// has a deadline, and an interrupted wait ends at once. Only the name of a host is looked up by
/// the system, which has a limit of its own.
///
/// After any error of the connection (unavailable, cancelled) it is closed, and says so to every
/// later call: what became of commands without a reply is not known.
class Link {
  public:
    /// Connects, logs in and chooses the database. Errors: those of Redis, unavailable, cancelled.
    /// No message holds a password.
    static Result<std::unique_ptr<Link>> open(const Address& address, const Patience& patience);

    /// Adds a command to what is sent next.
    void add(std::span<const std::string_view> words);
    void add(std::initializer_list<std::string_view> words) {
        add(std::span<const std::string_view>(words.begin(), words.size()));
    }

    /// The reply to the first command that has none yet. An error that Redis replies is a reply.
    Result<ReplyPtr> receive();

    /// As receive(), but an error that Redis replies is an error; the link stays open.
    Result<ReplyPtr> expect();

    /// One command and its reply; nothing else may be under way.
    Result<ReplyPtr> ask(std::initializer_list<std::string_view> words) {
        add(words);
        return expect();
    }

  private:
    struct Closer {
        void operator()(redisContext* context) const { redisFree(context); }
    };

    Link(redisContext* context, Patience patience)
        : context_(context), patience_(std::move(patience)) {}

    Result<void> wait_until_connected();
    Result<void> log_in(const Address& address);
    tl::unexpected<Error> close(Error error);

    std::unique_ptr<redisContext, Closer> context_;
    const Patience patience_;
    bool sent_all_ = true;
};

}  // namespace cellmon::redis
