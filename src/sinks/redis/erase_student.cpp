#include "sinks/redis/erase_student.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "live/live_checkpoint.hpp"
#include "sinks/redis/link.hpp"

namespace cellmon::redis {
namespace {

constexpr std::string_view kEntriesRead = "1000";

Result<std::unique_ptr<Link>> link_to(const RedisOptions& options) {
    CELLMON_TRY_ASSIGN(const Address address, parse_url(options.url));
    return Link::open(address, {options.timeout, nullptr});
}

bool any_text_mentions(const redisReply& reply, std::string_view address) {
    if (mentions(text_of(reply), address)) return true;
    for (const redisReply* element : elements_of(reply))
        if (any_text_mentions(*element, address)) return true;
    return false;
}

}  // namespace

Result<void> forget_stream(const RedisOptions& options, const History& history) {
    CELLMON_TRY_ASSIGN(const auto link, link_to(options));
    CELLMON_TRY(link->ask({"DEL", stream_key(history), live_key(history)}));
    CELLMON_TRY(link->ask({"INCR", erasures_key(history)}));
    return {};
}

Result<std::uint64_t> entries_naming(const RedisOptions& options, const History& history,
                                     std::string_view email) {
    const std::string address = small_letters(email);
    CELLMON_TRY_ASSIGN(const auto link, link_to(options));
    std::uint64_t found = 0;
    std::string from = "-";
    while (true) {
        CELLMON_TRY_ASSIGN(const auto reply, link->ask({"XRANGE", stream_key(history), from, "+",
                                                        "COUNT", kEntriesRead}));
        const auto elements = elements_of(*reply);
        for (const redisReply* element : elements)
            found += any_text_mentions(*element, address) ? 1 : 0;
        if (elements.empty()) break;
        const auto parts = elements_of(*elements.back());
        if (parts.empty()) {
            return fail(ErrorCode::unavailable, "Redis shows a stream in an unknown way");
        }
        from = fmt::format("({}", text_of(*parts[0]));
    }
    CELLMON_TRY_ASSIGN(const auto picture, link->ask({"GET", live_key(history)}));
    live::ClassState state;
    if (!is_nil(*picture) && live::read_class_state(text_of(*picture), state)) {
        found += static_cast<std::uint64_t>(
            std::ranges::count_if(state.students(), [&](const live::StudentFacts& facts) {
                return small_letters(facts.email) == address;
            }));
    }
    return found;
}

Result<void> look(const RedisOptions& options) {
    CELLMON_TRY_ASSIGN(const auto link, link_to(options));
    CELLMON_TRY(link->ask({"PING"}));
    return {};
}

}  // namespace cellmon::redis
