#include "sinks/redis/keys.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "event/json_object.hpp"

namespace cellmon::redis {

namespace {

std::string key_of(std::string_view what, const History& history) {
    return fmt::format("cellmon:{}:{}:{}", what, history.journal_id.to_string(), history.epoch);
}

}  // namespace

std::string stream_key(const History& history) {
    return key_of("events", history);
}
std::string live_key(const History& history) {
    return key_of("live", history);
}
std::string alive_key(const History& history) {
    return key_of("alive", history);
}
std::string erasures_key(const History& history) {
    return key_of("erasures", history);
}

std::string write_leader(const Leader& leader) {
    std::string out;
    event::JsonObject object(out);
    object.text("journalId", leader.history.journal_id.to_string());
    object.number("epoch", leader.history.epoch);
    object.text("stream", stream_key(leader.history));
    object.optional_text("url", leader.url);
    object.text("host", leader.host);
    object.number("events", leader.events);
    object.number("from", leader.from);
    object.end();
    return out;
}

Result<Leader> read_leader(std::string_view text) {
    const auto refuse = [] {
        return fail(ErrorCode::mismatch,
                    fmt::format("the key {} holds what no Cell Monitor wrote", kLeaderKey));
    };
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(text.data(), text.size()).get_object().get(object) != simdjson::SUCCESS) {
        return refuse();
    }
    Leader leader;
    std::string_view journal;
    if (object["journalId"].get_string().get(journal) != simdjson::SUCCESS ||
        object["epoch"].get_uint64().get(leader.history.epoch) != simdjson::SUCCESS) {
        return refuse();
    }
    const auto id = Id128::parse(journal);
    if (!id) return refuse();
    leader.history.journal_id = *id;
    std::string_view word;
    if (object["url"].get_string().get(word) == simdjson::SUCCESS) leader.url = word;
    if (object["host"].get_string().get(word) == simdjson::SUCCESS) leader.host = word;
    std::uint64_t number = 0;
    if (object["events"].get_uint64().get(number) == simdjson::SUCCESS) leader.events = number;
    if (object["from"].get_uint64().get(number) == simdjson::SUCCESS) leader.from = number;
    return leader;
}

}  // namespace cellmon::redis
