#include "sinks/influxdb/marks.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

#include "sinks/influxdb/forget.hpp"
#include "sinks/influxdb/influxql.hpp"
#include "sinks/influxdb/line_protocol.hpp"
#include "sinks/influxdb/query_result.hpp"
#include "sinks/influxdb/verdict.hpp"

namespace cellmon::influxdb {
namespace {

// A series has a point for each hour in which it was written: the furthest one counts.
constexpr std::string_view kSelect =
    R"(SELECT max("through"), "resume", "chain" FROM "cellmon_cursor" GROUP BY "journal", "epoch", "version", "slot")";

constexpr std::string_view kRemedy =
    "give this server a database of its own with influx.database, or have the points made anew "
    "from this journal: cellmon rebuild timeseries";

struct Mark {
    std::string_view journal;
    std::string_view epoch;
    std::string_view version;
    std::string_view slot;
    std::uint64_t through = 0;
    std::uint64_t resume = 0;
    std::string_view chain;
};

/// One series of the answer; columns are time, max, resume, chain.
simdjson::error_code read_series(simdjson::dom::element series, Mark& mark) {
    using simdjson::SUCCESS;
    const auto tags = series["tags"];
    for (auto [key, value] : {std::pair{"journal", &mark.journal}, std::pair{"epoch", &mark.epoch},
                              std::pair{"version", &mark.version}, std::pair{"slot", &mark.slot}}) {
        if (const auto error = tags[key].get(*value); error != SUCCESS) return error;
    }
    const auto row = series["values"].at(0);
    if (const auto error = row.at(1).get(mark.through); error != SUCCESS) return error;
    if (const auto error = row.at(2).get(mark.resume); error != SUCCESS) return error;
    return row.at(3).get(mark.chain);
}

tl::unexpected<Error> not_understood(const Answer& answer) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("InfluxDB gives an answer to a query that is none: {}", text_of(answer)));
}

}  // namespace

Marks::Marks(Connection& connection, const journal::Cursor& beginning, const Clock& clock)
    : connection_(connection), beginning_(beginning), clock_(clock) {}

Result<Progress> Marks::open() {
    opening_ = true;
    CELLMON_TRY_ASSIGN(slots_, read());
    if (earlier_) {
        // Their marks go last: what is interrupted is done again.
        CELLMON_TRY(forget_points(connection_));
        began_epoch_ = true;
        opening_ = false;
        CELLMON_TRY_ASSIGN(slots_, read());
    }
    opening_ = false;
    missing_ = !slots_[0] || !slots_[1];
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        // From now on one that is missing says something.
        if (!slots_[slot]) CELLMON_TRY(write(slot, {0, beginning_}));
    }
    next_ = slots_[0]->through <= slots_[1]->through ? 0 : 1;
    written_hour_ = hour();
    return *slots_[next_];
}

std::uint64_t Marks::furthest() const {
    return std::max(slots_[0]->through, slots_[1]->through);
}

Result<void> Marks::look() {
    CELLMON_TRY_ASSIGN(const Slots found, read());
    if (found == slots_) return {};
    return fail(ErrorCode::unavailable, "InfluxDB does not hold what it held");
}

Result<void> Marks::advance(const Progress& progress) {
    CELLMON_TRY(look());
    if (progress.through > furthest()) {
        CELLMON_TRY(write(next_, progress));
        next_ = 1 - next_;
    } else if (hour() != written_hour_) {
        for (std::size_t slot = 0; slot < slots_.size(); ++slot)
            CELLMON_TRY(write(slot, *slots_[slot]));
    }
    written_hour_ = hour();
    return {};
}

Result<Marks::Slots> Marks::read() {
    CELLMON_TRY_ASSIGN(const Answer answer, connection_.query(kSelect));
    if (const std::string error = error_of(answer); !error.empty()) {
        if (answer.status != 404 && error.find("database not found") == std::string::npos) {
            return fail(ErrorCode::unavailable,
                        answer.status == 200
                            ? fmt::format("InfluxDB does not answer a query: {}", error)
                            : verdict_of(answer, connection_.database()).reason);
        }
        CELLMON_TRY(make_database());
        return Slots{};
    }
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    if (parser.parse(answer.body).get(json) != simdjson::SUCCESS) return not_understood(answer);
    const auto result = json["results"].at(0);
    Slots slots;
    earlier_ = false;
    simdjson::dom::array all;
    if (result["series"].get(all) != simdjson::SUCCESS) return slots;
    for (const simdjson::dom::element series : all) {
        Mark mark;
        if (read_series(series, mark) != simdjson::SUCCESS) return not_understood(answer);
        if (opening_ && is_of_earlier_epoch(mark.journal, mark.epoch)) {
            earlier_ = true;
            continue;
        }
        if (mark.journal != beginning_.journal_id.to_string() ||
            mark.epoch != std::to_string(beginning_.epoch) ||
            mark.version != std::to_string(kPointsVersion)) {
            return fail(ErrorCode::mismatch,
                        fmt::format("the points in InfluxDB's database {} were made from journal "
                                    "{} epoch {} (points of version {}), not from journal {} epoch "
                                    "{} (version {}); {}",
                                    connection_.database(), mark.journal, mark.epoch, mark.version,
                                    beginning_.journal_id.to_string(), beginning_.epoch,
                                    kPointsVersion, kRemedy));
        }
        Progress progress{mark.through, beginning_};
        progress.resume.sequence = mark.resume;
        std::from_chars(mark.chain.data(), mark.chain.data() + mark.chain.size(),
                        progress.resume.chain, 16);
        slots[mark.slot == "0" ? 0 : 1] = progress;
    }
    return slots;
}

bool Marks::is_of_earlier_epoch(std::string_view journal, std::string_view epoch) const {
    std::uint64_t number = 0;
    const char* const end = epoch.data() + epoch.size();
    const auto parsed = std::from_chars(epoch.data(), end, number);
    return journal == beginning_.journal_id.to_string() && parsed.ec == std::errc{} &&
           parsed.ptr == end && number < beginning_.epoch;
}

/// What does not let itself be made by a statement may come to be by the first write (3.x), or was
/// made by a person: whether it is there, the write tells.
Result<void> Marks::make_database() {
    CELLMON_TRY_ASSIGN(const Answer made,
                       connection_.query("CREATE DATABASE " + quoted_name(connection_.database())));
    static_cast<void>(made);
    return {};
}

Result<void> Marks::write(std::size_t slot, const Progress& progress) {
    std::string text;
    LineWriter line(text);
    line.begin(kMarks);
    line.tag("epoch", beginning_.epoch);
    line.tag("journal", beginning_.journal_id.to_string());
    line.tag("slot", static_cast<std::uint64_t>(slot));
    line.tag("version", kPointsVersion);
    line.integer("through", static_cast<std::int64_t>(progress.through));
    line.integer("resume", static_cast<std::int64_t>(progress.resume.sequence));
    line.text("chain", fmt::format("{:016x}", progress.resume.chain));
    constexpr std::int64_t kHourNs = kHourUs * 1'000;
    line.end(hour() * kHourNs);
    std::string body;
    gzip_.pack(text, body);
    connection_.begin_write(body);
    CELLMON_TRY_ASSIGN(const Answer answer, connection_.finish());
    if (auto verdict = verdict_of(answer, connection_.database());
        verdict.kind != Verdict::Kind::taken) {
        return fail(ErrorCode::unavailable,
                    fmt::format("InfluxDB does not take its cursor: {}", verdict.reason));
    }
    slots_[slot] = progress;
    return {};
}

std::int64_t Marks::hour() const {
    return clock_.now_us() / kHourUs;
}

}  // namespace cellmon::influxdb
