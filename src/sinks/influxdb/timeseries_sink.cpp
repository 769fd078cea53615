#include "sinks/influxdb/timeseries_sink.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/verdict.hpp"

namespace cellmon::influxdb {
namespace {

/// Between two marks while points are written: what is written again behind a failure.
constexpr std::int64_t kMarkInterval_us = kSecondUs;

/// Between two looks at the marks while there is nothing to write.
constexpr std::int64_t kLookInterval_us = 4 * kSecondUs;

/// Events that are made into lines between two looks at the request under way.
constexpr std::size_t kPumpInterval = 128;

constexpr std::size_t kFewestPostPoints = 100;

/// Entries behind the cursor that an earlier process may have had under way: some batches.
constexpr std::uint64_t kMostUnderWay = 100'000;

}  // namespace

TimeseriesSink::TimeseriesSink(ConnectionOptions connection, SinkOptions options,
                               std::string state_path, const journal::Cursor& beginning,
                               Dependencies dependencies)
    : connection_options_(std::move(connection)),
      options_(options),
      state_path_(std::move(state_path)),
      beginning_(beginning),
      dependencies_(std::move(dependencies)),
      doubtful_(options.doubtful_bytes),
      post_points_(options_.post_points) {}

Result<std::optional<journal::Cursor>> TimeseriesSink::open() {
    marks_.reset();
    CELLMON_TRY(heed_kept_from());
    connection_ = std::make_unique<Connection>(connection_options_, interrupter_);
    counted_connects_ = 0;
    marks_.emplace(*connection_, beginning_, dependencies_.clock);
    CELLMON_TRY_ASSIGN(const Progress remote, marks_->open());
    if (marks_->began_epoch()) {
        dependencies_.log.warn(
            "InfluxDB held points of an earlier epoch of this journal, which was restored or "
            "repaired since; they are dropped, and all are written anew");
        held_.reset();
    }
    if (!held_) doubt(remote.through + kMostUnderWay);
    CELLMON_TRY_ASSIGN(auto local, load_local());
    if (!held_ && local) held_ = local->progress.through;
    const bool less = held_ && (marks_->missing() || marks_->furthest() < *held_);
    if (less) {
        dependencies_.counters->rewinds += 1;
        dependencies_.log.warn(
            "InfluxDB does not hold what it held; its points behind sequence {} are written again",
            remote.resume.sequence);
    }
    held_ = marks_->furthest();
    state_ = std::move(local).value_or(LocalState{{0, beginning_}, {}});
    if (remote.through < state_.progress.through) state_.progress = remote;
    const journal::Cursor resume = state_.progress.resume;
    // Those behind it are found anew.
    std::erase_if(state_.dead_letters,
                  [&](const DeadLetter& letter) { return letter.sequence > resume.sequence; });
    dead_letters_ = state_.dead_letters.size();
    state_.progress.through = resume.sequence;
    activity_.clear();
    marked_us_ = dependencies_.clock.steady_us();
    // What was found once is not to be found again by the next process.
    if (less) CELLMON_TRY(store());
    return resume;
}

/// A file that cannot be read costs time, nothing else: all of it can be found anew.
Result<std::optional<LocalState>> TimeseriesSink::load_local() {
    auto local = load_state(dependencies_.files, state_path_);
    if (!local && local.error().code == ErrorCode::corrupt) {
        dependencies_.log.warn("{}; InfluxDB is filled from the beginning", local.error().message);
        return std::nullopt;
    }
    CELLMON_TRY(local);
    const auto belongs = [&](const journal::Cursor& cursor) {
        return cursor.journal_id == beginning_.journal_id && cursor.epoch == beginning_.epoch;
    };
    if (*local && !belongs((*local)->progress.resume)) return std::nullopt;
    return std::move(*local);
}

/// It moves forwards while a server runs: days pass, or points are too many.
Result<void> TimeseriesSink::heed_kept_from() {
    CELLMON_TRY_ASSIGN(const TimeUs from_us, read_kept_from(dependencies_.files, state_path_));
    if (from_us > kept_from_us_) {
        activity_.forget_before(from_us);
        doubtful_.forget_before(from_us);
    }
    kept_from_us_ = from_us;
    return {};
}

Result<std::size_t> TimeseriesSink::apply(const projection::Batch& batch) {
    if (batch.before().sequence != state_.progress.through) {
        return fail(ErrorCode::mismatch,
                    fmt::format("the points go through sequence {}, not {}",
                                state_.progress.through, batch.before().sequence));
    }
    CELLMON_TRY(wait_for_doubtful());
    CELLMON_TRY(heed_kept_from());
    if (auto posted = post(batch); !posted) {
        if (posted.error().code == ErrorCode::unavailable) {
            post_points_ = std::max(post_points_ / 2, kFewestPostPoints);
        }
        doubt(batch.before().sequence + batch.size());
        return fail(std::move(posted).error());
    }
    // Slowly, so that most requests to a slow store are not too large for it.
    post_points_ = std::min(post_points_ + post_points_ / 16, options_.post_points);
    move_to(batch);
    CELLMON_TRY(write_doubtful());
    if (refused_ > 0 || dependencies_.clock.steady_us() - marked_us_ >= kMarkInterval_us) {
        CELLMON_TRY(mark());
    }
    return batch.size();
}

Result<void> TimeseriesSink::post(const projection::Batch& batch) {
    refused_ = 0;
    refused_most_ = std::max(
        options_.poison_entries,
        static_cast<std::size_t>(options_.poison_share * static_cast<double>(batch.size())));
    Poster poster(*connection_, *dependencies_.counters,
                  [this](DeadLetter letter) { return note_refused(std::move(letter)); });
    for (std::size_t index = 0; index < batch.size(); ++index) {
        CELLMON_TRY(add(batch.entry(index), poster.next()));
        if (poster.next().size() >= post_points_) {
            CELLMON_TRY(poster.post());
        } else if (index % kPumpInterval == 0) {
            poster.pump();
        }
    }
    activity_.append_changed(poster.next().text());
    poster.next().note_lines(activity_.range_begin(), kActivity);
    CELLMON_TRY(poster.post());
    poster.pump();
    static_cast<void>(read_next());
    CELLMON_TRY(poster.finish());
    const std::uint64_t connects = connection_->connects();
    dependencies_.counters->connections += connects - counted_connects_;
    counted_connects_ = connects;
    return {};
}

Result<void> TimeseriesSink::add(const journal::Entry& entry, LineBatch& lines) {
    const journal::EntryHeader& header = entry.header;
    if (header.kind != journal::EntryKind::event) return {};
    if (entry.redacted) {
        if (header.received_us < kept_from_us_) return {};
        append_redacted_point(lines.text(), header);
        lines.note_line(header.sequence, kProgress);
        return {};
    }
    const auto event = reader_.read(entry.payload);
    if (!event) {
        return note_refused({header.sequence, std::string(kProgress), event.error().message});
    }
    if ((*event)->event_time_us < kept_from_us_) {
        dependencies_.counters->expired += 1;
        return {};
    }
    const auto status = event::execution_status_of(**event);
    append_progress_point(lines.text(), header, **event, status);
    lines.note_line(header.sequence, kProgress);
    const std::uint64_t range_begin = activity_.range_begin();
    if (header.sequence - range_begin >= kActivityRange && doubtful_.speak_of(range_begin)) {
        std::string over;
        activity_.append_all(over);
        doubtful_.keep(range_begin, std::move(over));
    }
    activity_.add(header.sequence, **event, status, lines.text());
    lines.note_lines(range_begin, kActivity);
    return {};
}

void TimeseriesSink::doubt(std::uint64_t through) {
    doubtful_.doubt(through, dependencies_.clock.steady_us());
}

Result<void> TimeseriesSink::write_doubtful() {
    if (!doubtful_.due(dependencies_.clock.steady_us())) return {};
    CELLMON_TRY(heed_kept_from());
    Poster poster(*connection_, *dependencies_.counters,
                  [this](DeadLetter letter) { return note_refused(std::move(letter)); });
    doubtful_.append(poster.next());
    if (doubtful_.speak_of(activity_.range_begin())) {
        activity_.append_all(poster.next().text());
        poster.next().note_lines(activity_.range_begin(), kActivity);
    }
    CELLMON_TRY(poster.finish());
    doubtful_.note_written(dependencies_.clock.steady_us());
    return {};
}

/// While too many sums are in doubt: the runner asks again, and behind two minutes they are
/// certain.
Result<void> TimeseriesSink::wait_for_doubtful() {
    if (!doubtful_.full()) return {};
    CELLMON_TRY(write_doubtful());
    if (!doubtful_.full()) return {};
    return fail(ErrorCode::unavailable,
                "too many requests that were given up may still come to InfluxDB; what they would "
                "set back is written again first");
}

Result<void> TimeseriesSink::note_refused(DeadLetter letter) {
    const std::string reason = without_values(letter.reason);
    if (++refused_ > refused_most_) {
        return fail(ErrorCode::limit,
                    fmt::format("InfluxDB refuses more than {} points of one batch, the last of "
                                "them sequence {} in {} ({}): the fault is probably not theirs",
                                refused_most_, letter.sequence, letter.measurement, reason));
    }
    // A point of an activity is written again each time it grows.
    const bool known = std::any_of(
        state_.dead_letters.begin(), state_.dead_letters.end(), [&](const DeadLetter& other) {
            return other.sequence == letter.sequence && other.measurement == letter.measurement;
        });
    if (known) return {};
    if (state_.dead_letters.size() >= options_.dead_letters) {
        return fail(ErrorCode::limit,
                    fmt::format("{} holds {} dead letters already, the last reason is: {}",
                                state_path_, options_.dead_letters, reason));
    }
    dependencies_.log.warn("the point of sequence {} in {} is a dead letter: {}; {} says more",
                           letter.sequence, letter.measurement, reason, state_path_);
    std::replace(letter.reason.begin(), letter.reason.end(), '\n', ' ');
    state_.dead_letters.push_back(std::move(letter));
    return {};
}

void TimeseriesSink::move_to(const projection::Batch& batch) {
    dead_letters_ = state_.dead_letters.size();
    const std::uint64_t before = batch.before().sequence;
    state_.progress.through = before + batch.size();
    // Behind the last sequence in front of a range.
    const std::uint64_t border = (state_.progress.through + 1) / kActivityRange * kActivityRange;
    if (border > before + 1) state_.progress.resume = batch.after(border - 1 - before);
}

Result<void> TimeseriesSink::caught_up() {
    refused_ = 0;
    CELLMON_TRY(write_doubtful());
    const bool changed = state_ != stored_;
    const std::int64_t age_us = dependencies_.clock.steady_us() - marked_us_;
    if (age_us < (changed ? kMarkInterval_us : kLookInterval_us)) return {};
    return mark();
}

/// The file is never further than the mark, so that a mark behind it tells of a loss.
Result<void> TimeseriesSink::mark() {
    CELLMON_TRY(marks_->advance(state_.progress));
    held_ = marks_->furthest();
    if (state_ != stored_) CELLMON_TRY(store());
    marked_us_ = dependencies_.clock.steady_us();
    return {};
}

Result<void> TimeseriesSink::store() {
    CELLMON_TRY(store_state(dependencies_.files, state_path_, state_));
    stored_ = state_;
    return {};
}

}  // namespace cellmon::influxdb
