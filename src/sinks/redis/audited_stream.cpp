#include "sinks/redis/audited_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/clock.hpp"
#include "sinks/redis/stream_entry.hpp"

namespace cellmon::redis {
namespace {

constexpr std::uint64_t kRange = 16'384;

/// Entries in one reply; some 700 kB.
constexpr std::string_view kAtOnce = "1000";

constexpr std::chrono::seconds kFilled{60};
constexpr std::chrono::milliseconds kLookInterval{100};

std::uint64_t mark_of(const journal::Entry& entry) {
    const EntryFields fields(entry);
    std::string text = entry_id(entry.header.sequence);
    for (const std::string_view word : fields.words()) {
        text += '\n';
        text += word;
    }
    return XXH3_64bits(text.data(), text.size());
}

/// Also of an entry that no Cell Monitor wrote.
audit::StoredRow row_of(const redisReply& element) {
    if (const auto entry = read_entry(element)) {
        return {entry->header.sequence, entry->header.id, mark_of(*entry), false};
    }
    audit::StoredRow row;
    const auto parts = elements_of(element);
    const std::string_view id = parts.empty() ? std::string_view() : text_of(*parts[0]);
    std::from_chars(id.data(), id.data() + id.size(), row.sequence);
    return row;
}

}  // namespace

std::uint64_t AuditedStream::range() const {
    return kRange;
}

Result<audit::StoreView> AuditedStream::open(const journal::Cursor& beginning) {
    history_ = {beginning.journal_id, beginning.epoch};
    link_.reset();
    CELLMON_TRY_ASSIGN(const Address address, parse_url(options_.url));
    CELLMON_TRY_ASSIGN(link_, Link::open(address, {options_.timeout, interrupted_}));
    CELLMON_TRY(read_stream());
    if (rows_.empty()) {
        return fail(ErrorCode::not_found, "Redis holds no stream of this journal yet");
    }
    std::uint64_t first = std::max<std::uint64_t>(rows_.front().sequence, 1);
    // What is gone at its old end and was not trimmed is missing.
    if (promised_ > 0) first = std::min(first, promised_);
    // Its end is its cursor; whether it is of this journal the entries themselves say.
    return audit::StoreView{beginning, rows_.back().sequence, first,
                            static_cast<std::int64_t>(first)};
}

/// Which entries the stream must hold. Behind the first of them were read: what a server trims
/// meanwhile was not promised any more.
Result<void> AuditedStream::read_promise() {
    promised_ = 0;
    CELLMON_TRY_ASSIGN(const auto said, link_->ask({"GET", kLeaderKey}));
    if (is_nil(*said)) return {};
    const auto leader = read_leader(text_of(*said));
    if (!leader || leader->history != history_ || leader->events == 0) return {};
    CELLMON_TRY_ASSIGN(const auto about, link_->ask({"XINFO", "STREAM", stream_key(history_)}));
    const redisReply* last_id = member(*about, "last-generated-id");
    const redisReply* added = member(*about, "entries-added");  // Since Redis 7.
    if (last_id == nullptr || added == nullptr) return {};
    std::uint64_t last = 0;
    const std::string_view id = text_of(*last_id);
    std::from_chars(id.data(), id.data() + id.size(), last);
    const auto all = static_cast<std::uint64_t>(added->integer);
    const auto first_of = [&](std::uint64_t events) { return last + 1 - std::min(last, events); };
    promised_ = std::max({first_of(leader->events), first_of(all), leader->from});
    return {};
}

Result<void> AuditedStream::read_stream() {
    rows_.clear();
    const std::string key = stream_key(history_);
    std::string from = "-";
    while (true) {
        CELLMON_TRY_ASSIGN(const auto reply,
                           link_->ask({"XRANGE", key, from, "+", "COUNT", kAtOnce}));
        const auto elements = elements_of(*reply);
        for (const redisReply* element : elements)
            rows_.push_back(row_of(*element));
        if (elements.empty()) return {};
        if (from == "-") CELLMON_TRY(read_promise());
        const auto parts = elements_of(*elements.back());
        if (parts.empty()) {
            return fail(ErrorCode::unavailable, "Redis shows a stream in an unknown way");
        }
        from = fmt::format("({}", text_of(*parts[0]));
    }
}

std::optional<audit::ExpectedRow> AuditedStream::expect(const journal::Entry& entry,
                                                        audit::Depth /*depth*/) {
    audit::ExpectedRow row;
    row.mark = mark_of(entry);
    return row;
}

Result<std::vector<audit::RangeSums>> AuditedStream::sums(std::uint64_t from, std::uint64_t to,
                                                          std::uint64_t step,
                                                          audit::Depth /*depth*/) {
    std::vector<audit::RangeSums> all((to - from + step - 1) / step);
    for (const audit::StoredRow& row : rows_) {
        if (row.sequence < from || row.sequence >= to) continue;
        const std::uint64_t place = row.sequence - from;
        all[place / step].add(row.mark, place % step, 0, 0);
    }
    return all;
}

Result<std::vector<audit::StoredRow>> AuditedStream::rows(std::uint64_t from, std::uint64_t to,
                                                          std::size_t most) {
    std::vector<audit::StoredRow> found;
    for (const audit::StoredRow& row : rows_) {
        if (row.sequence >= from && row.sequence < to && found.size() < most) found.push_back(row);
    }
    return found;
}

Result<std::vector<audit::StoredRow>> AuditedStream::beyond(const projection::EntrySource& source,
                                                            std::size_t most) {
    return rows(source.durable_sequence() + 1, std::numeric_limits<std::uint64_t>::max(), most);
}

StreamDigest AuditedStream::digest(std::uint64_t first, std::uint64_t last) const {
    StreamDigest digest;
    for (const audit::StoredRow& row : rows_) {
        if (row.sequence < first || row.sequence > last) continue;
        if (digest.entries++ == 0) digest.first = row.sequence;
        digest.last = row.sequence;
        const std::array<std::uint64_t, 3> next{digest.hash, row.sequence, row.mark};
        digest.hash = XXH3_64bits(next.data(), sizeof next);
    }
    return digest;
}

Result<audit::Mended> AuditedStream::mend(std::span<const audit::Difference> /*differences*/,
                                          bool /*all*/, projection::EntrySource& /*source*/) {
    CELLMON_TRY_ASSIGN(const bool filled, make_anew());
    static_cast<void>(filled);
    return audit::Mended{rows_.size(), true};
}

Result<bool> AuditedStream::make_anew() {
    const std::uint64_t end = rows_.empty() ? 0 : rows_.back().sequence;
    CELLMON_TRY(link_->ask({"DEL", stream_key(history_)}));
    return wait_until_filled(end);
}

Result<bool> AuditedStream::wait_until_filled(std::uint64_t end) {
    const SystemClock clock;
    const std::int64_t until_us =
        clock.steady_us() + std::chrono::duration_cast<std::chrono::microseconds>(kFilled).count();
    while (clock.steady_us() < until_us && !*interrupted_) {
        CELLMON_TRY_ASSIGN(const auto last,
                           link_->ask({"XREVRANGE", stream_key(history_), "+", "-", "COUNT", "1"}));
        const auto elements = elements_of(*last);
        if (!elements.empty() && row_of(*elements[0]).sequence >= end) return true;
        // It goes a while behind the server's last word.
        CELLMON_TRY_ASSIGN(const auto alive, link_->ask({"EXISTS", alive_key(history_)}));
        if (alive->integer == 0) return false;
        std::this_thread::sleep_for(kLookInterval);
    }
    return false;
}

}  // namespace cellmon::redis
