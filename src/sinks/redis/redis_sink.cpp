#include "sinks/redis/redis_sink.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sinks/redis/stream_entry.hpp"

namespace cellmon::redis {
namespace {

/// How long the stream of an earlier epoch stays for who still reads it.
constexpr std::string_view kOldStreamSeconds = "86400";

tl::unexpected<Error> changed() {
    return fail(ErrorCode::unavailable,
                "the stream in Redis is not as it was left; it is looked at anew");
}

}  // namespace

RedisSink::RedisSink(RedisOptions options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      stream_(stream_key(parts_.history)),
      live_(live_key(parts_.history)),
      alive_(alive_key(parts_.history)),
      messages_(stream_, parts_.thresholds()) {}

std::string RedisSink::remedy() const {
    return fmt::format(
        "if this data directory is the right one, have the stream made anew: redis-cli DEL {}",
        stream_);
}

std::string RedisSink::leader_text() const {
    return write_leader({parts_.history, parts_.url(), parts_.host, options_.stream_events, from_});
}

Result<std::optional<journal::Cursor>> RedisSink::open() {
    link_.reset();
    CELLMON_TRY_ASSIGN(const Address address, parse_url(options_.url));
    CELLMON_TRY_ASSIGN(link_, Link::open(address, {options_.timeout, interrupted_}));
    if (!std::exchange(messages_know_the_class_, true))
        messages_.start_from(parts_.checkpoint().bytes);
    CELLMON_TRY_ASSIGN(const auto before, leader_before());
    CELLMON_TRY_ASSIGN(const auto last, last_entry());
    std::optional<journal::Cursor> cursor;
    last_.reset();
    checkpoint_at_.reset();
    if (last) {
        last_ = last->header.sequence;
        cursor = {parts_.history.journal_id, parts_.history.epoch, *last_, last->chain};
    }
    CELLMON_TRY(claim(before));
    add_look();
    CELLMON_TRY(take_look());
    return cursor;
}

/// Whose stream counted until now. A server that starts takes it over; one that runs never does, or
/// two of them would take turns for ever.
Result<std::optional<Leader>> RedisSink::leader_before() {
    CELLMON_TRY_ASSIGN(const auto reply, link_->ask({"GET", kLeaderKey}));
    if (is_nil(*reply)) return std::nullopt;
    CELLMON_TRY_ASSIGN(const Leader found, read_leader(text_of(*reply)));
    const bool same_journal = found.history.journal_id == parts_.history.journal_id;
    if (same_journal && found.history.epoch > parts_.history.epoch) {
        return fail(ErrorCode::mismatch,
                    fmt::format("this Redis follows epoch {} of this journal, and this is "
                                "epoch {}: an old copy of the data directory, or of Redis? If "
                                "this data directory is the right one: redis-cli DEL {}",
                                found.history.epoch, parts_.history.epoch, kLeaderKey));
    }
    if (claimed_ && !same_journal) {
        return fail(ErrorCode::mismatch,
                    fmt::format("the server of journal {} ({} on {}) has taken this Redis "
                                "over; give each server one of its own, or a database: "
                                "redis://HOST/1",
                                found.history.journal_id.to_string(),
                                // It takes over before it listens.
                                found.url.empty() ? "which starts" : found.url, found.host));
    }
    if (same_journal && found.history != parts_.history) {
        CELLMON_TRY(link_->ask({"EXPIRE", stream_key(found.history), kOldStreamSeconds}));
        CELLMON_TRY(link_->ask({"EXPIRE", live_key(found.history), kOldStreamSeconds}));
    }
    return found;
}

/// Says that ours counts, and which entries it must hold.
Result<void> RedisSink::claim(const std::optional<Leader>& before) {
    from_ = 0;
    if (last_) {
        const bool known = before && before->history == parts_.history && before->events > 0;
        // What was trimmed until now does not come back when the stream may be longer.
        from_ =
            known ? std::max(before->from, *last_ + 1 - std::min(*last_, before->events)) : *last_;
    }
    CELLMON_TRY(link_->ask({"SET", kLeaderKey, leader_text()}));
    claimed_ = true;
    return {};
}

/// The stream's last entry, of which no payload is kept; nullopt: there is no stream. One that is
/// empty, or whose last entries were deleted, would refuse them for ever: it is made anew.
Result<std::optional<journal::Entry>> RedisSink::last_entry() {
    CELLMON_TRY_ASSIGN(const auto exists, link_->ask({"EXISTS", stream_}));
    if (exists->integer == 0) return std::nullopt;
    CELLMON_TRY_ASSIGN(const auto about, link_->ask({"XINFO", "STREAM", stream_}));
    const redisReply* last_id = member(*about, "last-generated-id");
    const redisReply* last = member(*about, "last-entry");
    if (last_id == nullptr || last == nullptr) {
        return fail(ErrorCode::unavailable, "Redis describes a stream in an unknown way");
    }
    const auto parts = elements_of(*last);
    if (parts.empty() || text_of(*parts[0]) != text_of(*last_id)) {
        CELLMON_TRY(link_->ask({"DEL", stream_}));
        return std::nullopt;
    }
    auto entry = read_entry(*last);
    if (!entry) {
        return fail(entry.error().code, fmt::format("{}; {}", entry.error().message, remedy()));
    }
    entry->payload = {};
    return *entry;
}

/// Says that we are here, watches anew, and asks whether all is as it was left.
void RedisSink::add_look() {
    link_->add({"SET", alive_, parts_.status(), "EX", kAliveSeconds});
    link_->add({"UNWATCH"});
    link_->add({"WATCH", stream_, kLeaderKey});
    link_->add({"GET", kLeaderKey});
    link_->add({"XRANGE", stream_, last_ ? entry_id(*last_) : "-", "+", "COUNT", "2"});
    link_->add({"EXISTS", stream_});
}

/// The stream's end is where we left it: its last entry alone, or no stream.
bool RedisSink::is_the_end(const redisReply& entries, bool exists) const {
    const auto found = elements_of(entries);
    if (!last_) return found.empty() && !exists;
    if (found.size() != 1) return false;
    const auto parts = elements_of(*found[0]);
    return !parts.empty() && text_of(*parts[0]) == entry_id(*last_);
}

Result<void> RedisSink::take_look() {
    for (int before = 0; before < 3; ++before)
        CELLMON_TRY(link_->expect());
    CELLMON_TRY_ASSIGN(const auto leader, link_->expect());
    CELLMON_TRY_ASSIGN(const auto end, link_->expect());
    CELLMON_TRY_ASSIGN(const auto exists, link_->expect());
    if (is_nil(*leader) || !is_the_end(*end, exists->integer != 0)) return changed();
    if (const std::string text = leader_text(); text_of(*leader) != text) {
        CELLMON_TRY_ASSIGN(const Leader found, read_leader(text_of(*leader)));
        if (found.history != parts_.history) return changed();
        // The server has got its URL. Our own change breaks our watch, too.
        CELLMON_TRY(link_->ask({"SET", kLeaderKey, text}));
        add_look();
        return take_look();
    }
    return {};
}

Result<std::size_t> RedisSink::apply(const projection::Batch& batch) {
    if (last_ && batch.before().sequence != *last_) return changed();
    const std::size_t count = part_of(batch);
    Audience::ask(*link_);
    CELLMON_TRY_ASSIGN(const Audience audience, Audience::take(*link_));
    add_transaction(batch, count, audience);
    CELLMON_TRY(take_transaction(batch, count));
    CELLMON_TRY(write_checkpoint_if_due());
    return count;
}

std::size_t RedisSink::part_of(const projection::Batch& batch) const {
    const std::size_t most = std::min(batch.size(), options_.transaction_events);
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < most && (count == 0 || bytes < options_.transaction_bytes))
        bytes += batch.entry(count++).payload.size();
    return count;
}

void RedisSink::add_transaction(const projection::Batch& batch, std::size_t count,
                                const Audience& audience) {
    const TimeUs now = parts_.clock.now_us();
    const TimeUs told_from = now - std::chrono::microseconds(options_.publish_age).count();
    messages_.go_by(parts_.thresholds());
    link_->add({"MULTI"});
    replies_ = 0;
    for (std::size_t at = 0; at < count; ++at) {
        const journal::Entry entry = batch.entry(at);
        const std::string id = entry_id(entry.header.sequence);
        const EntryFields fields(entry);
        std::vector<std::string_view> words{"XADD", stream_, id};
        words.insert(words.end(), fields.words().begin(), fields.words().end());
        link_->add(words);
        ++replies_;
        messages_.take(entry);
        if (entry.header.received_us < told_from) continue;
        for (const Message& message :
             messages_.of(entry, audience, batch.entry(0).header.sequence, now)) {
            link_->add({"PUBLISH", message.channel, message.text});
            ++replies_;
        }
    }
    link_->add({"XTRIM", stream_, "MAXLEN", "=", std::to_string(options_.stream_events)});
    ++replies_;
    link_->add({"EXEC"});
}

Result<void> RedisSink::take_transaction(const projection::Batch& batch, std::size_t count) {
    CELLMON_TRY(link_->expect());
    // The first command that is not taken says why; EXEC only says that there was one.
    std::optional<Error> refused;
    for (std::size_t at = 0; at < replies_; ++at) {
        CELLMON_TRY_ASSIGN(const auto queued, link_->receive());
        if (is_error(*queued) && !refused) refused = error_of(*queued);
    }
    CELLMON_TRY_ASSIGN(const auto done, link_->receive());
    if (refused) return fail(std::move(*refused));
    if (is_error(*done)) return fail(error_of(*done));
    if (is_nil(*done)) return changed();
    for (const redisReply* reply : elements_of(*done)) {
        if (!is_error(*reply)) continue;
        // Redis undoes nothing. What was watched cannot refuse an entry.
        Error error = error_of(*reply);
        return fail(ErrorCode::corrupt, fmt::format("a part of a transaction was refused: {}; {}",
                                                    error.message, remedy()));
    }
    last_ = batch.entry(count - 1).header.sequence;
    messages_.done_through(*last_);
    add_look();
    return take_look();
}

/// A Redis that went away, was wiped or came back from an older copy is to be noticed without an
/// event.
Result<void> RedisSink::caught_up() {
    add_look();
    CELLMON_TRY(take_look());
    return write_checkpoint_if_due();
}

/// Often enough that the stream reaches back to it, however fast events come, and however far the
/// live state is behind them.
Result<void> RedisSink::write_checkpoint_if_due() {
    const std::uint64_t end = last_.value_or(0);
    const std::int64_t now_us = parts_.clock.steady_us();
    if (checkpoint_at_) {
        if (end <= *checkpoint_at_) return {};
        const bool late =
            now_us - checkpoint_us_ >= std::chrono::microseconds(options_.checkpoint).count();
        const bool far = end - *checkpoint_at_ > options_.stream_events / 2;
        if (!late && !far) return {};
    }
    const live::LiveCheckpoint made = parts_.checkpoint();
    CELLMON_TRY(link_->ask({"SET", live_, made.bytes}));
    checkpoint_at_ = made.sequence;
    checkpoint_us_ = now_us;
    return {};
}

}  // namespace cellmon::redis
