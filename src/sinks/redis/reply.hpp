#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <hiredis/hiredis.h>

#include "base/result.hpp"

namespace cellmon::redis {

struct ReplyCloser {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, ReplyCloser>;

[[nodiscard]] inline bool is_error(const redisReply& reply) {
    return reply.type == REDIS_REPLY_ERROR;
}
[[nodiscard]] inline bool is_nil(const redisReply& reply) {
    return reply.type == REDIS_REPLY_NIL;
}

/// The text of a string, a status or an error; empty for all else.
[[nodiscard]] std::string_view text_of(const redisReply& reply);

/// The elements of an array; empty for all else.
[[nodiscard]] std::span<redisReply* const> elements_of(const redisReply& reply);

/// The value behind `name` in an array of names and values; null when it is not there.
[[nodiscard]] const redisReply* member(const redisReply& reply, std::string_view name);

/// What Redis refused, as one of our errors: permission (password, rights), no_space (maxmemory),
/// mismatch (a key of another type), else unavailable, which may pass.
[[nodiscard]] Error error_of(const redisReply& reply);

}  // namespace cellmon::redis
