#include "sinks/redis/stream_source.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/thread.hpp"
#include "live/live_checkpoint.hpp"
#include "sinks/redis/stream_entry.hpp"

namespace cellmon::redis {
namespace {

constexpr std::string_view kReadEntries = "1000";
/// How long Redis waits for the next entry before it answers that there is none.
constexpr std::chrono::milliseconds kBlock{500};
constexpr std::int64_t kLeaderInterval_us = 1'000'000;
constexpr std::chrono::milliseconds kRetryPause{500};

// Named limits of what is read ahead.
constexpr std::size_t kHeldEntries = 8'192;
constexpr std::size_t kHeldBytes = 16U << 20U;

Result<Leader> ask_leader(Link& link) {
    CELLMON_TRY_ASSIGN(const auto reply, link.ask({"GET", kLeaderKey}));
    if (is_nil(*reply)) return fail(ErrorCode::unavailable, "no server leads in this Redis yet");
    return read_leader(text_of(*reply));
}

History history_of(const journal::Cursor& cursor) {
    return {cursor.journal_id, cursor.epoch};
}

}  // namespace

Result<FollowerStart> fetch_start(Link& link) {
    FollowerStart start;
    CELLMON_TRY_ASSIGN(start.leader, ask_leader(link));
    CELLMON_TRY_ASSIGN(const auto reply, link.ask({"GET", live_key(start.leader.history)}));
    if (is_nil(*reply)) {
        return fail(ErrorCode::unavailable, "the server that leads has left no picture yet");
    }
    start.checkpoint = text_of(*reply);
    live::ClassState ignored;
    CELLMON_TRY_ASSIGN(start.cursor, live::read_class_state(start.checkpoint, ignored));
    if (history_of(start.cursor) != start.leader.history) {
        return fail(ErrorCode::mismatch, "the picture in Redis is of another history");
    }
    return start;
}

Result<FollowerStart> fetch_start(const RedisOptions& options) {
    CELLMON_TRY_ASSIGN(const Address address, parse_url(options.url));
    CELLMON_TRY_ASSIGN(const auto link, Link::open(address, {options.timeout, nullptr}));
    return fetch_start(*link);
}

StreamSource::StreamSource(RedisOptions options, const Clock& clock, std::function<void()> outdated)
    : options_(std::move(options)), clock_(clock), outdated_(std::move(outdated)) {
    status_.name = "redis";
}

StreamSource::~StreamSource() {
    *interrupted_ = true;
    thread_ = std::jthread();
}

Result<void> StreamSource::seek(const journal::Cursor& cursor) {
    position_ = cursor;
    const std::lock_guard lock(mutex_);
    status_.cursor = cursor;
    return {};
}

void StreamSource::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Result<std::optional<journal::Entry>> StreamSource::next() {
    const std::lock_guard lock(mutex_);
    if (held_.empty()) return std::nullopt;
    current_ = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= current_.payload.size();
    current_.entry.payload = current_.payload;
    changed_.notify_all();
    return current_.entry;
}

std::uint64_t StreamSource::durable_sequence() const {
    const std::lock_guard lock(mutex_);
    return status_.cursor.sequence;
}

void StreamSource::wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                               const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, timeout, [&] { return status_.cursor.sequence > sequence; });
}

projection::ProjectionStatus StreamSource::status() const {
    const std::lock_guard lock(mutex_);
    projection::ProjectionStatus status = status_;
    status.durable_sequence = std::max(status.durable_sequence, status.cursor.sequence);
    status.lag_events = status.durable_sequence - status.cursor.sequence;
    if (status.state != projection::State::running && heard_us_ != 0) {
        status.lag_seconds =
            static_cast<double>(std::max<TimeUs>(0, clock_.now_us() - heard_us_)) / 1e6;
    }
    return status;
}

Leader StreamSource::leader() const {
    const std::lock_guard lock(mutex_);
    return leader_;
}

std::string StreamSource::leader_status() const {
    const std::lock_guard lock(mutex_);
    return leader_status_;
}

void StreamSource::run(const std::stop_token& stop) {
    set_thread_name("follow");
    while (!stop.stop_requested() && !is_outdated_) {
        const auto followed = follow(stop);
        if (stop.stop_requested() || is_outdated_) break;
        if (!followed) note_failure(followed.error());
        rest(kRetryPause, stop);
    }
}

Result<void> StreamSource::follow(const std::stop_token& stop) {
    CELLMON_TRY_ASSIGN(const Address address, parse_url(options_.url));
    CELLMON_TRY_ASSIGN(const auto link,
                       Link::open(address, {options_.timeout + kBlock, interrupted_}));
    {
        const std::lock_guard lock(mutex_);
        ++status_.connects;
    }
    CELLMON_TRY(look_at_leader(*link));
    CELLMON_TRY(look_at_position(*link));
    CELLMON_TRY(look_at_end(*link));
    return read_on(*link, stop);
}

Result<void> StreamSource::look_at_leader(Link& link) {
    leader_asked_us_ = clock_.steady_us();
    CELLMON_TRY_ASSIGN(const Leader found, ask_leader(link));
    {
        const std::lock_guard lock(mutex_);
        leader_ = found;
    }
    if (found.history != history_of(position_)) {
        return begin_anew(link, "another history leads now");
    }
    CELLMON_TRY_ASSIGN(const bool has_erased_somebody, has_erased(link, found.history));
    if (has_erased_somebody) return begin_anew(link, "somebody was erased", true);
    CELLMON_TRY_ASSIGN(const auto word, link.ask({"GET", alive_key(found.history)}));
    const bool was_silent = std::exchange(leader_is_silent_, is_nil(*word));
    if (leader_is_silent_) {
        // The stream may hold more than we have read all the same.
        if (!was_silent) {
            note_failure({ErrorCode::unavailable,
                          fmt::format("the server that leads ({}) says nothing any more; what is "
                                      "shown is what it said last",
                                      found.url)});
        }
        return {};
    }
    const std::lock_guard lock(mutex_);
    leader_status_ = text_of(*word);
    heard_us_ = clock_.now_us();
    return {};
}

Result<void> StreamSource::look_at_position(Link& link) {
    const std::string stream = stream_key(history_of(position_));
    CELLMON_TRY_ASSIGN(const auto first, link.ask({"XRANGE", stream, "-", "+", "COUNT", "1"}));
    if (elements_of(*first).empty()) return {};  // It was wiped; the leader will fill it.
    CELLMON_TRY_ASSIGN(const auto begin, read_entry(*elements_of(*first)[0]));
    if (begin.header.sequence > position_.sequence + 1) {
        return begin_anew(link, "the stream has gone on without us");
    }
    if (position_.sequence == 0) return {};
    const std::string id = entry_id(position_.sequence);
    CELLMON_TRY_ASSIGN(const auto here, link.ask({"XRANGE", stream, id, id}));
    if (elements_of(*here).empty()) return {};  // The picture may be ahead of the stream.
    CELLMON_TRY_ASSIGN(const auto entry, read_entry(*elements_of(*here)[0]));
    if (entry.chain == position_.chain) return {};
    return begin_anew(link, "the stream is of another history than we");
}

Result<void> StreamSource::look_at_end(Link& link) {
    const std::string stream = stream_key(history_of(position_));
    CELLMON_TRY_ASSIGN(const auto newest, link.ask({"XREVRANGE", stream, "+", "-", "COUNT", "1"}));
    if (elements_of(*newest).empty()) return {};
    CELLMON_TRY_ASSIGN(const auto entry, read_entry(*elements_of(*newest)[0]));
    const std::lock_guard lock(mutex_);
    status_.durable_sequence = entry.header.sequence;
    return {};
}

Result<void> StreamSource::read_on(Link& link, const std::stop_token& stop) {
    const std::string stream = stream_key(history_of(position_));
    while (!stop.stop_requested()) {
        CELLMON_TRY_ASSIGN(const auto reply, link.ask({"XREAD", "COUNT", kReadEntries, "BLOCK",
                                                       std::to_string(kBlock.count()), "STREAMS",
                                                       stream, entry_id(position_.sequence)}));
        if (clock_.steady_us() - leader_asked_us_ >= kLeaderInterval_us) {
            CELLMON_TRY(look_at_leader(link));
            CELLMON_TRY(look_at_end(link));
        }
        note_state();
        if (is_nil(*reply)) continue;
        // One stream: its name and its entries.
        const auto streams = elements_of(*reply);
        if (streams.size() != 1 || elements_of(*streams[0]).size() != 2) {
            return fail(ErrorCode::unavailable, "Redis answers XREAD in an unknown way");
        }
        CELLMON_TRY(take(*elements_of(*streams[0])[1], link, stop));
    }
    return {};
}

Result<void> StreamSource::take(const redisReply& entries, Link& link,
                                const std::stop_token& stop) {
    for (const redisReply* element : elements_of(entries)) {
        CELLMON_TRY_ASSIGN(const auto entry, read_entry(*element));
        if (entry.header.sequence != position_.sequence + 1) {
            return begin_anew(link, "the stream has gone on without us");
        }
        position_.sequence = entry.header.sequence;
        position_.chain = entry.chain;
        hold(entry, stop);
    }
    const std::lock_guard lock(mutex_);
    status_.applied += elements_of(entries).size();
    status_.batches.count(elements_of(entries).size());
    return {};
}

void StreamSource::hold(const journal::Entry& entry, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop,
                  [&] { return held_.size() < kHeldEntries && held_bytes_ < kHeldBytes; });
    held_bytes_ += entry.payload.size();
    Held& held = held_.emplace_back(Held{entry, std::string(entry.payload)});
    held.entry.payload = {};
    status_.cursor = position_;
    changed_.notify_all();
}

Result<bool> StreamSource::has_erased(Link& link, const History& history) {
    CELLMON_TRY_ASSIGN(const auto reply, link.ask({"GET", erasures_key(history)}));
    const std::string now(is_nil(*reply) ? std::string_view() : text_of(*reply));
    if (!erasures_) erasures_ = now;
    return *erasures_ != now;
}

Result<void> StreamSource::begin_anew(Link& link, std::string_view why, bool from_any) {
    CELLMON_TRY_ASSIGN(const FollowerStart start, fetch_start(link));
    const bool is_newer = from_any || history_of(start.cursor) != history_of(position_) ||
                          start.cursor.sequence > position_.sequence;
    if (!is_newer) {
        return fail(ErrorCode::unavailable,
                    fmt::format("{}; waiting for a newer picture to begin with", why));
    }
    is_outdated_ = true;
    outdated_();
    return fail(ErrorCode::cancelled, std::string(why));
}

void StreamSource::note_state() {
    const std::lock_guard lock(mutex_);
    status_.state = leader_is_silent_ ? projection::State::retrying : projection::State::running;
}

void StreamSource::note_failure(const Error& error) {
    const std::lock_guard lock(mutex_);
    ++status_.failures;
    status_.last_error = fmt::format("{}: {}", name_of(error.code), error.message);
    status_.last_error_us = clock_.now_us();
    status_.state = projection::State::retrying;
}

}  // namespace cellmon::redis
