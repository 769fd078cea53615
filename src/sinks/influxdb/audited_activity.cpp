#include "sinks/influxdb/audited_activity.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "audit/day.hpp"
#include "event/event_reader.hpp"
#include "event/execution_status.hpp"
#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/influxql.hpp"
#include "sinks/influxdb/line_protocol.hpp"
#include "sinks/influxdb/point_changes.hpp"
#include "sinks/influxdb/query_rows.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::string_view kPrefix = "class_activity of class ";

constexpr std::int64_t kNsInUs = 1'000;
constexpr std::int64_t kDayNs = kDayUs * kNsInUs;
constexpr std::int64_t kMinuteNs = kMinuteUs * kNsInUs;

std::string group_of(std::string_view class_code, std::string_view type) {
    return fmt::format("{}{}, event {}", kPrefix, class_code, type);
}

struct Place {
    std::string tags;  ///< As in a line, in front of the fields.
    std::int64_t time_ns = 0;
    auto operator<=>(const Place&) const = default;
};

/// A line is `class_activity,TAGS FIELDS TIME`; no tag of ours holds a space that is not escaped.
Place place_of(std::string_view line) {
    std::size_t end = 0;
    while (line[end] != ' ' || line[end - 1] == '\\')
        ++end;
    const std::size_t time = line.rfind(' ');
    Place place{std::string(line.substr(0, end)), 0};
    std::from_chars(line.data() + time + 1, line.data() + line.size(), place.time_ns);
    return place;
}

/// The points that must be there of the days, by their places.
class Expected {
  public:
    Expected(projection::EntrySource& source, const std::set<std::int64_t>& days)
        : source_(source), days_(days) {}

    /// Of the ranges from `begin` on that end in front of `end`.
    Result<std::map<Place, std::string>> lines(std::uint64_t begin, std::uint64_t end) {
        if (end > begin) CELLMON_TRY(source_.seek_sequence(begin));
        for (std::uint64_t at = begin; at < end; ++at) {
            CELLMON_TRY_ASSIGN(const auto entry, source_.next());
            if (!entry) return fail(ErrorCode::mismatch, "the journal ends before its points");
            if (entry->header.kind != journal::EntryKind::event || entry->redacted) continue;
            const auto event = reader_.read(entry->payload);
            if (!event) continue;
            activity_.add(entry->header.sequence, **event, event::execution_status_of(**event),
                          text_);
            take();
        }
        activity_.append_changed(text_);
        take();
        return std::move(lines_);
    }

  private:
    void take() {
        for (std::string_view rest = text_; !rest.empty();) {
            const std::size_t size = rest.find('\n') + 1;
            const std::string_view line = rest.substr(0, size);
            rest.remove_prefix(size);
            Place place = place_of(line.substr(0, size - 1));
            if (days_.contains(audit::day_of(place.time_ns / kNsInUs))) {
                lines_.emplace(std::move(place), line);
            }
        }
        text_.clear();
    }

    projection::EntrySource& source_;
    const std::set<std::int64_t>& days_;
    event::EventReader reader_;
    ClassActivity activity_;
    std::string text_;
    std::map<Place, std::string> lines_;
};

struct Stored {
    std::string line;
    std::string itself;
    std::uint64_t range = 0;
};

/// From a row of `SELECT *`.
Stored read_stored(const QueryRow& row) {
    std::int64_t time_ns = 0;
    std::map<std::string_view, std::string_view> tags{
        {"block", ""}, {"classCode", ""}, {"event", ""}};
    std::map<std::string_view, std::int64_t> fields;
    row.each_column([&](std::string_view name, simdjson::dom::element value) {
        std::string_view text;
        std::int64_t integer = 0;
        if (name == "time") {
            time_ns = integer_in(value);
        } else if (value.get(text) == simdjson::SUCCESS) {
            tags[name] = text;
        } else if (value.get(integer) == simdjson::SUCCESS) {
            fields[name] = integer;
        }
    });
    Stored stored;
    LineWriter line(stored.line);
    line.begin(kActivity);
    stored.itself = fmt::format("time = {}", time_ns);
    for (const auto& [name, value] : tags) {
        line.tag(name, value);
        stored.itself += fmt::format(" AND {} = {}", quoted_name(name), quoted_text(value));
    }
    for (const char* name : {"events", "executions", "errors", "durationUs"}) {
        if (fields.contains(name)) line.integer(name, fields[name]);
    }
    line.end(time_ns);
    std::uint64_t block = 0;
    std::from_chars(tags["block"].data(), tags["block"].data() + tags["block"].size(), block);
    constexpr std::int64_t kRangesInBlock = 1'000'000;
    stored.range =
        block * kRangesInBlock + static_cast<std::uint64_t>(((time_ns % kMinuteNs) + kMinuteNs) %
                                                            kMinuteNs % kRangesInBlock);
    return stored;
}

}  // namespace

std::string activity_group(const event::Event& event) {
    return group_of(tag_text(event.class_code.value_or("")),
                    tag_text(event.event_type.value_or("")));
}

bool is_activity_group(std::string_view name) {
    return name.starts_with(kPrefix);
}

Result<audit::Totals> activity_totals(Connection& connection) {
    audit::Totals totals;
    std::optional<std::int64_t> first_ns;
    std::optional<std::int64_t> last_ns;
    // A sum by days needs to know how far they go.
    CELLMON_TRY(each_row(connection,
                         "SELECT first(\"events\") FROM \"class_activity\"; SELECT "
                         "last(\"events\") FROM \"class_activity\"",
                         [&](const QueryRow& row) {
                             (row.statement() == 0 ? first_ns : last_ns) = row.integer(0);
                         }));
    if (!first_ns || !last_ns) return totals;
    CELLMON_TRY(each_row(
        connection,
        fmt::format("SELECT sum(\"events\"), sum(\"executions\"), sum(\"errors\"), "
                    "sum(\"durationUs\") FROM \"class_activity\" WHERE time >= {} AND time <= {} "
                    "GROUP BY time(1d), \"classCode\", \"event\" fill(none)",
                    *first_ns, *last_ns),
        [&](const QueryRow& row) {
            const auto number = [&](std::size_t column) { return row.integer(column).value_or(0); };
            totals[{group_of(row.tag("classCode"), row.tag("event")),
                    audit::day_of(number(0) / kNsInUs)}] = {number(1), number(2), number(3),
                                                            number(4)};
        }));
    return totals;
}

Result<void> mend_activity(Connection& connection, projection::EntrySource& source,
                           std::uint64_t through, const std::set<std::int64_t>& days,
                           bool is_alone) {
    const std::uint64_t open_range = (through + 1) / kActivityRange;
    // Of ranges whose events are not all there nobody can tell what they add up to.
    CELLMON_TRY_ASSIGN(const std::uint64_t kept, source.first_kept());
    const std::uint64_t first_range = kept == 1 ? 0 : (kept + kActivityRange - 1) / kActivityRange;
    CELLMON_TRY_ASSIGN(auto expected,
                       Expected(source, days)
                           .lines(std::max<std::uint64_t>(first_range * kActivityRange, 1),
                                  open_range * kActivityRange));
    std::vector<Stored> wrong;
    for (const std::int64_t day : days) {
        CELLMON_TRY(each_row(
            connection,
            fmt::format("SELECT * FROM \"class_activity\" WHERE time >= {} AND time < {}",
                        day * kDayNs, (day + 1) * kDayNs),
            [&](const QueryRow& row) {
                Stored stored = read_stored(row);
                const auto found = expected.find(
                    place_of(std::string_view(stored.line).substr(0, stored.line.size() - 1)));
                if (found != expected.end() && found->second == stored.line) {
                    expected.erase(found);
                } else if (stored.range >= first_range && (is_alone || stored.range < open_range)) {
                    wrong.push_back(std::move(stored));
                }
            }));
    }
    for (const Stored& stored : wrong)
        CELLMON_TRY(drop_point(connection, kActivity, stored.itself));
    std::vector<std::string> lines;
    for (auto& [place, line] : expected)
        lines.push_back(std::move(line));
    return write_points(connection, lines);
}

}  // namespace cellmon::influxdb
