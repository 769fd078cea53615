#include "sinks/redis/stream_entry.hpp"

#include <charconv>

#include <fmt/format.h>

namespace cellmon::redis {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& value, int base = 10) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value, base);
    return !text.empty() && parsed.ec == std::errc{} && parsed.ptr == end;
}

bool read_sequence(std::string_view id, std::uint64_t& sequence) {
    constexpr std::string_view kSuffix = "-0";
    if (!id.ends_with(kSuffix)) return false;
    id.remove_suffix(kSuffix.size());
    return read_number(id, sequence) && sequence > 0;
}

}  // namespace

std::string entry_id(std::uint64_t sequence) {
    return fmt::format("{}-0", sequence);
}

EntryFields::EntryFields(const journal::Entry& entry)
    : kind_(fmt::format("{}", static_cast<unsigned>(entry.header.kind))),
      received_(fmt::format("{}", entry.header.received_us)),
      id_(entry.header.id.to_string()),
      hash_(fmt::format("{:016x}", entry.header.content_hash)),
      chain_(fmt::format("{:016x}", entry.chain)),
      words_{"kind",  kind_,  "received", received_,    "id",
             id_,     "hash", hash_,      "redacted",   entry.redacted ? "1" : "0",
             "chain", chain_, "payload",  entry.payload} {}

Result<journal::Entry> read_entry(const redisReply& element) {
    const auto refuse = [](std::string_view what) {
        return fail(ErrorCode::mismatch,
                    fmt::format("the stream holds an entry that no Cell Monitor wrote ({})", what));
    };
    const auto parts = elements_of(element);
    if (parts.size() != 2) return refuse("no entry");
    journal::Entry entry;
    if (!read_sequence(text_of(*parts[0]), entry.header.sequence)) return refuse("its id");
    const auto field = [&](std::string_view name) {
        const redisReply* value = member(*parts[1], name);
        return value == nullptr ? std::string_view() : text_of(*value);
    };
    std::uint16_t kind = 0;
    const auto id = Id128::parse(field("id"));
    if (!id || !read_number(field("kind"), kind) ||
        !read_number(field("received"), entry.header.received_us) ||
        !read_number(field("hash"), entry.header.content_hash, 16) ||
        !read_number(field("chain"), entry.chain, 16)) {
        return refuse("its fields");
    }
    entry.header.id = *id;
    entry.header.kind = static_cast<journal::EntryKind>(kind);
    entry.redacted = field("redacted") == "1";
    entry.payload = field("payload");
    entry.header.payload_bytes = static_cast<std::uint32_t>(entry.payload.size());
    return entry;
}

}  // namespace cellmon::redis
