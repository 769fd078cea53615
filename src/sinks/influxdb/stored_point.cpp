#include "sinks/influxdb/stored_point.hpp"

#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "sinks/influxdb/influxql.hpp"
#include "sinks/influxdb/line_protocol.hpp"
#include "sinks/influxdb/progress_point.hpp"

namespace cellmon::influxdb {
namespace {

using simdjson::SUCCESS;

constexpr std::array<std::string_view, 6> kTags{"block", "cellType", "emailAddress",
                                                "event", "notebook", "teamName"};

enum class Type { integer, text, boolean, real };

/// As append_progress_point() writes them, one behind the other.
constexpr std::array<std::pair<std::string_view, Type>, 17> kFields{{
    {"sequence", Type::integer},
    {"contentHash", Type::integer},
    {"eventId", Type::text},
    {"directory", Type::text},
    {"notebookPath", Type::text},
    {"cellId", Type::text},
    {"cellIndex", Type::integer},
    {"executionCount", Type::integer},
    {"userName", Type::text},
    {"classCode", Type::text},
    {"sessionId", Type::text},
    {"errorName", Type::text},
    {"kernelStatus", Type::text},
    {"presence", Type::text},
    {"status", Type::text},
    {"success", Type::boolean},
    {"duration", Type::real},
}};

void append_field(LineWriter& line, std::string_view name, Type type,
                  simdjson::dom::element value) {
    std::int64_t integer = 0;
    double real = 0;
    bool boolean = false;
    std::string_view text;
    if (type == Type::integer && value.get(integer) == SUCCESS) {
        line.integer(name, integer);
    } else if (type == Type::real && value.get(real) == SUCCESS) {
        line.real(name, real);
    } else if (type == Type::boolean && value.get(boolean) == SUCCESS) {
        line.boolean(name, boolean);
    } else if (value.get(text) == SUCCESS) {
        line.text(name, text);
    }
}

}  // namespace

StoredPoint read_point(const QueryRow& row) {
    std::map<std::string_view, simdjson::dom::element> columns;
    row.each_column(
        [&](std::string_view name, simdjson::dom::element value) { columns.emplace(name, value); });
    StoredPoint point;
    std::int64_t time_ns = 0;
    if (const auto time = columns.find("time"); time != columns.end()) {
        time_ns = integer_in(time->second);
        columns.erase(time);
    }
    point.itself = fmt::format("time = {}", time_ns);
    LineWriter line(point.line);
    line.begin(kProgress);
    for (const std::string_view name : kTags) {
        std::string_view value;
        if (const auto found = columns.find(name); found != columns.end()) {
            value = text_in(found->second);
            columns.erase(found);
        }
        line.tag(name, value);
        point.itself += fmt::format(" AND \"{}\" = {}", name, quoted_text(value));
    }
    for (const auto& [name, type] : kFields) {
        const auto found = columns.find(name);
        if (found == columns.end()) continue;
        append_field(line, name, type, found->second);
        std::int64_t integer = 0;
        std::string_view text;
        double real = 0;
        if (name == "sequence" && found->second.get(integer) == SUCCESS) {
            point.sequence = static_cast<std::uint64_t>(integer);
        } else if (name == "eventId" && found->second.get(text) == SUCCESS) {
            point.id = Id128::from_text(text);
        } else if (name == "status") {
            point.is_run = true;
        } else if (name == "duration" && found->second.get(real) == SUCCESS) {
            constexpr double kUsPerMs = 1'000;
            point.duration_us = static_cast<std::uint64_t>(std::llround(real * kUsPerMs));
        }
        columns.erase(found);
    }
    // What is not ours makes the point another one.
    for (const auto& [name, value] : columns)
        line.text(name, simdjson::to_string(value));
    line.end(time_ns);
    return point;
}

}  // namespace cellmon::influxdb
