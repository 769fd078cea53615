#include "sinks/redis/reply.hpp"

#include <array>

#include <fmt/format.h>

namespace cellmon::redis {
namespace {

/// What Redis says first, what it is to us, and what a person may want to know besides.
struct Meaning {
    std::string_view word;
    ErrorCode code;
    std::string_view hint;
};

constexpr std::array kMeanings = {
    Meaning{"NOAUTH", ErrorCode::permission, "redis.url names no password"},
    Meaning{"WRONGPASS", ErrorCode::permission, "look at user and password in redis.url"},
    Meaning{"NOPERM", ErrorCode::permission, "docs/guide/stores.md names the rights it needs"},
    Meaning{"OOM", ErrorCode::no_space, "raise its maxmemory, or lower redis.stream_events"},
    Meaning{"WRONGTYPE", ErrorCode::mismatch, {}},
    Meaning{"READONLY", ErrorCode::unavailable, "it is a replica; redis.url must name the master"},
    Meaning{"MISCONF", ErrorCode::unavailable, "it cannot write its own data to its disk"},
    Meaning{"MOVED", ErrorCode::unavailable, "Redis Cluster is not supported"},
};

}  // namespace

std::string_view text_of(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR:
            return {reply.str, reply.len};
        default:
            return {};
    }
}

std::span<redisReply* const> elements_of(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ARRAY) return {};
    return {reply.element, reply.elements};
}

const redisReply* member(const redisReply& reply, std::string_view name) {
    const auto elements = elements_of(reply);
    for (std::size_t at = 0; at + 1 < elements.size(); at += 2) {
        if (text_of(*elements[at]) == name) return elements[at + 1];
    }
    return nullptr;
}

Error error_of(const redisReply& reply) {
    const std::string_view text = text_of(reply);
    const std::string_view word = text.substr(0, text.find(' '));
    for (const Meaning& meaning : kMeanings) {
        if (meaning.word != word) continue;
        return {meaning.code, meaning.hint.empty()
                                  ? fmt::format("Redis refused: {}", text)
                                  : fmt::format("Redis refused: {} ({})", text, meaning.hint)};
    }
    return {ErrorCode::unavailable, fmt::format("Redis refused: {}", text)};
}

}  // namespace cellmon::redis
