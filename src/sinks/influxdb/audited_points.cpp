#include "sinks/influxdb/audited_points.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "audit/day.hpp"
#include "base/clock.hpp"
#include "sinks/influxdb/audited_activity.hpp"
#include "sinks/influxdb/influxql.hpp"
#include "sinks/influxdb/kept_from.hpp"
#include "sinks/influxdb/line_protocol.hpp"
#include "sinks/influxdb/local_state.hpp"
#include "sinks/influxdb/progress_point.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {
namespace {

/// Durations are milliseconds as floating-point numbers there; what they add up to depends on the
/// order.
constexpr std::uint64_t kTolerance_us = kSecondUs;

/// Points behind the end that are looked at; most are those that the projection has just written.
constexpr std::size_t kMostAhead = 1'000;

constexpr std::size_t kAnswerBytes = 64U << 20U;

/// By sequences; those of one sequence in the same order each time.
void in_order(std::vector<StoredPoint>& points) {
    std::sort(points.begin(), points.end(), [](const StoredPoint& one, const StoredPoint& other) {
        return std::tie(one.sequence, one.line) < std::tie(other.sequence, other.line);
    });
}

ConnectionOptions with_long_answers(ConnectionOptions options) {
    options.answer_bytes = std::max(options.answer_bytes, kAnswerBytes);
    return options;
}

}  // namespace

AuditedPoints::AuditedPoints(ConnectionOptions options, io::FileSystem& files,
                             std::string state_path)
    : options_(with_long_answers(std::move(options))),
      files_(files),
      state_path_(std::move(state_path)) {}

std::uint64_t AuditedPoints::range() const {
    return kBlock;
}

std::uint64_t AuditedPoints::duration_tolerance_us() const {
    return kTolerance_us;
}

void AuditedPoints::Span::add(std::int64_t time_ns) {
    first_ns = std::min(first_ns, time_ns);
    last_ns = std::max(last_ns, time_ns);
}

std::string AuditedPoints::Span::condition() const {
    if (first_ns > last_ns) return {};
    return fmt::format(" AND time >= {} AND time <= {}", first_ns, last_ns);
}

Result<audit::StoreView> AuditedPoints::open(const journal::Cursor& beginning) {
    connection_ = std::make_unique<Connection>(options_, interrupter_);
    CELLMON_TRY_ASSIGN(const auto state, load_state(files_, state_path_));
    if (!state || state->progress.resume.journal_id != beginning.journal_id ||
        state->progress.resume.epoch != beginning.epoch) {
        return fail(ErrorCode::not_found, "InfluxDB holds nothing of this journal yet");
    }
    through_ = state->progress.through;
    dead_.clear();
    has_dead_letters_ = !state->dead_letters.empty();
    for (const DeadLetter& letter : state->dead_letters) {
        if (letter.measurement == kProgress) dead_.insert(letter.sequence);
    }
    all_ = {};
    spans_.clear();
    CELLMON_TRY_ASSIGN(expired_ns_, expired_before());
    CELLMON_TRY_ASSIGN(const TimeUs kept_from_us, read_kept_from(files_, state_path_));
    if (kept_from_us != kKeptForEver) expired_ns_ = std::max(expired_ns_, kept_from_us * kNsInUs);
    // Of a database that forgets, the sums of what is left are others each time; and so they are
    // when a dead letter came or went.
    const auto generation =
        static_cast<std::int64_t>(dead_.size()) + (expired_ns_ == INT64_MIN ? 0 : expired_ns_);
    return audit::StoreView{state->progress.resume, through_, 1, generation};
}

/// The time before which the retention policy may have dropped points.
Result<std::int64_t> AuditedPoints::expired_before() {
    std::optional<std::string> lasting;
    // Columns: name, duration, shardGroupDuration, replicaN, default.
    CELLMON_TRY(each_row(
        *connection_, fmt::format("SHOW RETENTION POLICIES ON {}", quoted_name(options_.database)),
        [&](const QueryRow& row) {
            const bool ours = options_.retention_policy.empty()
                                  ? row.truth(4).value_or(false)
                                  : row.text(0) == options_.retention_policy;
            if (ours) lasting = row.text(1).value_or("");
        }));
    if (!lasting || lasting->empty() || *lasting == "0s") return INT64_MIN;
    // `168h0m0s`; what began a shard ago may be gone.
    std::int64_t hours = 0;
    std::from_chars(lasting->data(), lasting->data() + lasting->size(), hours);
    return (SystemClock().now_us() - hours * kHourUs) * kNsInUs;
}

std::optional<audit::ExpectedRow> AuditedPoints::expect(const journal::Entry& entry,
                                                        audit::Depth depth) {
    const journal::EntryHeader& header = entry.header;
    if (header.kind != journal::EntryKind::event || dead_.contains(header.sequence)) {
        return std::nullopt;
    }
    const event::Event* event = nullptr;
    if (!entry.redacted) {
        const auto read = reader_.read(entry.payload);
        if (!read) return std::nullopt;  // A dead letter.
        event = *read;
    }
    const TimeUs time_us = event == nullptr ? header.received_us : event->event_time_us;
    const std::int64_t time_ns = point_time_ns(time_us, header.sequence);
    if (time_ns < expired_ns_) return std::nullopt;
    all_.add(time_ns);
    spans_[header.sequence / kLeaf].add(time_ns);
    audit::ExpectedRow row;
    row.mark = header.content_hash;
    const auto status =
        event == nullptr ? event::ExecutionStatus::none : event::execution_status_of(*event);
    if (depth == audit::Depth::deep) {
        line_.clear();
        if (event == nullptr) {
            append_redacted_point(line_, header);
        } else {
            append_progress_point(line_, header, *event, status);
        }
        row.mark = mark_of(line_);
    }
    if (event == nullptr) return row;
    student_ = tag_text(event->email_address);
    row.student = student_;
    group_ = activity_group(*event);
    row.group = group_;
    row.day = audit::day_of(event->event_time_us);
    row.totals.events = 1;
    if (status == event::ExecutionStatus::none) return row;
    row.details = 1;
    const std::int64_t duration_us = event::duration_us_of(*event).value_or(0);
    row.duration_us = static_cast<std::uint64_t>(duration_us);
    row.totals.duration_us = duration_us;
    row.totals.executions = event::is_execution(status) ? 1 : 0;
    row.totals.errors = status == event::ExecutionStatus::error ? 1 : 0;
    return row;
}

Result<std::vector<StoredPoint>> AuditedPoints::points(const std::string& condition,
                                                       std::size_t most) {
    std::vector<StoredPoint> found;
    CELLMON_TRY(each_row(
        *connection_,
        fmt::format("SELECT * FROM \"student_progress\" WHERE {} LIMIT {}", condition, most),
        [&](const QueryRow& row) { found.push_back(read_point(row)); }));
    in_order(found);
    return found;
}

std::uint64_t mark_of(std::string_view line) {
    return XXH3_64bits(line.data(), line.size());
}

namespace {

std::vector<audit::StoredRow> rows_of(const std::vector<StoredPoint>& points) {
    std::vector<audit::StoredRow> rows;
    rows.reserve(points.size());
    for (const StoredPoint& point : points)
        rows.push_back({point.sequence, point.id, mark_of(point.line), false});
    return rows;
}

}  // namespace

Result<std::vector<audit::StoredRow>> AuditedPoints::rows(std::uint64_t from, std::uint64_t to,
                                                          std::size_t most) {
    CELLMON_TRY_ASSIGN(const auto found, points(condition(from, to), most));
    return rows_of(found);
}

/// Points that lie in another block than that of their sequence, as far as the points go.
Result<std::vector<StoredPoint>> AuditedPoints::strays(std::size_t most) {
    std::vector<std::string> blocks{""};
    CELLMON_TRY(
        each_row(*connection_, "SHOW TAG VALUES FROM \"student_progress\" WITH KEY = \"block\"",
                 [&](const QueryRow& row) { blocks.emplace_back(row.text(1).value_or("")); }));
    std::vector<StoredPoint> all;
    for (const std::string& block : blocks) {
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(block.data(), block.data() + block.size(), number);
        const bool is_ours = parsed.ec == std::errc{} && block == std::to_string(number);
        const std::string outside =
            is_ours ? fmt::format(" AND (\"sequence\" < {} OR \"sequence\" >= {})", number * kBlock,
                                  (number + 1) * kBlock)
                    : "";
        CELLMON_TRY_ASSIGN(auto found, points(fmt::format("\"block\" = {} AND \"sequence\" >= 0{}",
                                                          quoted_text(block), outside),
                                              most));
        std::copy_if(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()),
                     std::back_inserter(all),
                     [&](const StoredPoint& point) { return point.sequence <= through_; });
    }
    return all;
}

Result<std::vector<audit::StoredRow>> AuditedPoints::beyond(const projection::EntrySource& source,
                                                            std::size_t most) {
    CELLMON_TRY_ASSIGN(auto found, strays(most));
    CELLMON_TRY_ASSIGN(
        auto ahead, points(fmt::format("\"sequence\" > {}", through_), std::min(most, kMostAhead)));
    // Behind the question: what was written meanwhile was durable before.
    const std::uint64_t durable = source.durable_sequence();
    for (StoredPoint& point : ahead) {
        if (point.sequence > durable) found.push_back(std::move(point));
    }
    in_order(found);
    return rows_of(found);
}

}  // namespace cellmon::influxdb
