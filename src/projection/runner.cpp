#include "projection/runner.hpp"

#include <algorithm>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::projection {
namespace {

constexpr std::int64_t kRateWindowUs = 2'000'000;

/// These say that store and journal do not belong together or that one is damaged: another attempt
/// would meet the same.
bool needs_a_person(ErrorCode code) {
    switch (code) {
        case ErrorCode::mismatch:
        case ErrorCode::corrupt:
        case ErrorCode::newer_format:
        case ErrorCode::not_found:
        case ErrorCode::needs_snapshot:
        case ErrorCode::limit:
        case ErrorCode::invalid:
            return true;
        default:
            return false;
    }
}

bool is_of_earlier_epoch(const journal::Cursor& cursor, const journal::Cursor& beginning) {
    return cursor.journal_id == beginning.journal_id && cursor.epoch < beginning.epoch;
}

}  // namespace

Result<void> Sink::begin_epoch() {
    return fail(ErrorCode::mismatch,
                std::string(name()) + " holds what was made of an earlier epoch of the journal");
}

std::string_view name_of(State state) {
    switch (state) {
        case State::starting:
            return "starting";
        case State::running:
            return "running";
        case State::catching_up:
            return "catching_up";
        case State::retrying:
            return "retrying";
        case State::stopped:
            return "stopped";
    }
    return "unknown";
}

ProjectionRunner::ProjectionRunner(std::unique_ptr<EntrySource> source, std::unique_ptr<Sink> sink,
                                   const Clock& clock, std::unique_ptr<RandomSource> random,
                                   RunnerLimits limits, Listener listener)
    : source_(std::move(source)),
      sink_(std::move(sink)),
      clock_(clock),
      random_(std::move(random)),
      limits_(limits),
      batch_entries_(limits.batch_entries * sink_->batch_factor()),
      listener_(std::move(listener)) {
    status_.name = sink_->name();
    sink_->set_read_next([this] { return read_next(); });
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ProjectionRunner::~ProjectionRunner() {
    request_stop();
}

void ProjectionRunner::request_stop() {
    thread_.request_stop();
    sink_->interrupt();
}

ProjectionStatus ProjectionRunner::status() const {
    const std::lock_guard lock(mutex_);
    ProjectionStatus status = status_;
    status.durable_sequence = source_->durable_sequence();
    status.dead_letters = sink_->dead_letters();
    status.objections = sink_->objections();
    status.rebuilding = sink_->rebuilding();
    if (status.durable_sequence > status.cursor.sequence) {
        status.lag_events = status.durable_sequence - status.cursor.sequence;
        if (oldest_received_us_ != 0) {
            const auto age_us = std::max<TimeUs>(0, clock_.now_us() - oldest_received_us_);
            status.lag_seconds = static_cast<double>(age_us) / 1e6;
        }
    }
    return status;
}

bool ProjectionRunner::wait_opened(std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] {
        return status_.connects > 0 || status_.failures > 0 || status_.state == State::stopped;
    });
    return status_.connects > 0;
}

bool ProjectionRunner::wait_applied(std::uint64_t sequence,
                                    std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] {
        return status_.cursor.sequence >= sequence || status_.state == State::stopped;
    });
    return status_.cursor.sequence >= sequence;
}

void ProjectionRunner::run(const std::stop_token& stop) {
    set_thread_name(sink_->name());
    step_back();
    while (!stop.stop_requested()) {
        const auto result = project(stop);
        if (result || stop.stop_requested()) break;
        if (!note_failure(result.error())) break;
        // Full jitter keeps projections that failed together from coming back together.
        const auto shift = std::min(attempts_, 16U);
        const auto most = std::min(limits_.backoff_most, limits_.backoff_first * (1U << shift));
        ++attempts_;
        const auto half = static_cast<std::uint64_t>(most.count() / 2);
        rest(std::chrono::milliseconds(half + random_->u64() % (half + 1)), stop);
    }
    set_state(State::stopped);
}

Result<void> ProjectionRunner::project(const std::stop_token& stop) {
    CELLMON_TRY(open());
    most_entries_ = limits_.first_batch_entries;
    while (!stop.stop_requested()) {
        CELLMON_TRY(fill_batch());
        if (batch_.empty()) {
            CELLMON_TRY(sink_->caught_up());
            set_state(State::running);
            note_success();
            source_->wait_beyond(batch_.before().sequence, limits_.idle_wait, stop);
            continue;
        }
        full_ = is_full(batch_);
        if (full_) most_entries_ = std::min(most_entries_ * 2, batch_entries_);
        set_state(full_ ? State::catching_up : State::running);
        CELLMON_TRY(apply(stop));
        note_success();
        // A commit costs the same for one entry as for a thousand, so that a moment's wait saves
        // much.
        if (!full_) rest(limits_.gather, stop);
    }
    return {};
}

Result<void> ProjectionRunner::open() {
    CELLMON_TRY_ASSIGN(auto stored, sink_->open());
    if (stored && is_of_earlier_epoch(*stored, source_->beginning())) {
        // Before anything is thrown away that could not be made again.
        if (!sink_->keeps_newest()) CELLMON_TRY(source_->require_kept(1));
        CELLMON_TRY(sink_->begin_epoch());
        stored.reset();
    }
    CELLMON_TRY_ASSIGN(const journal::Cursor cursor, stored ? *stored : first_cursor());
    if (auto sought = source_->seek(cursor); !sought) {
        Error error = std::move(sought).error();
        if (error.code == ErrorCode::mismatch) {
            if (const std::string remedy = sink_->remedy(); !remedy.empty()) {
                error.message += "; " + remedy;
            }
        }
        return fail(std::move(error));
    }
    CELLMON_TRY(source_->require_kept(cursor.sequence + 1));
    batch_.start(cursor);
    next_.start(cursor);
    next_failure_.reset();
    const std::lock_guard lock(mutex_);
    status_.cursor = cursor;
    ++status_.connects;
    changed_.notify_all();
    return {};
}

Result<journal::Cursor> ProjectionRunner::first_cursor() {
    const auto newest = sink_->keeps_newest();
    if (newest) return source_->before_newest(*newest);
    return source_->beginning();
}

bool ProjectionRunner::is_full(const Batch& batch) const {
    return batch.size() >= most_entries_ || batch.payload_bytes() >= limits_.batch_bytes;
}

Result<void> ProjectionRunner::fill(Batch& batch) {
    while (!is_full(batch)) {
        CELLMON_TRY_ASSIGN(const auto entry, source_->next());
        if (!entry) break;
        batch.add(*entry);
    }
    return {};
}

Result<void> ProjectionRunner::fill_batch() {
    if (next_failure_) return fail(*std::exchange(next_failure_, std::nullopt));
    if (next_.empty()) {
        batch_.start(batch_.before());
    } else {
        std::swap(batch_, next_);
    }
    next_.start(batch_.before());
    CELLMON_TRY(fill(batch_));
    if (!batch_.empty()) {
        const std::lock_guard lock(mutex_);
        oldest_received_us_ = batch_.entry(0).header.received_us;
    }
    return {};
}

const Batch* ProjectionRunner::read_next() {
    if (!full_ || next_failure_) return nullptr;
    if (next_.empty()) {
        next_.start(batch_.after(batch_.size()));
        if (auto filled = fill(next_); !filled) {
            next_failure_ = std::move(filled).error();
            next_.start(batch_.before());
        }
    }
    return next_.empty() ? nullptr : &next_;
}

Result<void> ProjectionRunner::apply(const std::stop_token& stop) {
    while (!batch_.empty() && !stop.stop_requested()) {
        CELLMON_TRY_ASSIGN(const std::size_t count, sink_->apply(batch_));
        const auto last_received_us = batch_.entry(count - 1).header.received_us;
        batch_.drop_front(count);
        {
            const std::lock_guard lock(mutex_);
            oldest_received_us_ =
                batch_.empty() ? last_received_us : batch_.entry(0).header.received_us;
        }
        note_applied(count);
    }
    return {};
}

void ProjectionRunner::note_applied(std::size_t count) {
    const std::lock_guard lock(mutex_);
    status_.cursor = batch_.before();
    status_.applied += count;
    status_.batches.count(count);
    const auto now_us = clock_.steady_us();
    if (rate_since_us_ == 0) {
        rate_since_us_ = now_us;
        rate_from_ = status_.applied;
    } else if (now_us - rate_since_us_ >= kRateWindowUs) {
        status_.events_per_second = static_cast<double>(status_.applied - rate_from_) * 1e6 /
                                    static_cast<double>(now_us - rate_since_us_);
        rate_since_us_ = now_us;
        rate_from_ = status_.applied;
    }
    changed_.notify_all();
}

bool ProjectionRunner::note_failure(const Error& error) {
    const bool alarm = needs_a_person(error.code);
    {
        const std::lock_guard lock(mutex_);
        ++status_.failures;
        status_.last_error = std::string(name_of(error.code)) + ": " + error.message;
        status_.last_error_us = clock_.now_us();
        status_.alarm = alarm;
        status_.state = alarm ? State::stopped : State::retrying;
        changed_.notify_all();
    }
    failing_ = true;
    tell();
    return !alarm;
}

void ProjectionRunner::note_success() {
    attempts_ = 0;
    if (!failing_) return;
    failing_ = false;
    tell();
}

void ProjectionRunner::tell() const {
    if (listener_) listener_(status());
}

void ProjectionRunner::set_state(State state) {
    const std::lock_guard lock(mutex_);
    if (status_.state == state) return;
    status_.state = state;
    changed_.notify_all();
}

}  // namespace cellmon::projection
