#include "push/status.hpp"

#include <cmath>

#include <simdjson.h>

#include "event/json_object.hpp"

namespace cellmon::push {
namespace {

using event::JsonObject;

void optional_number(JsonObject& object, std::string_view name,
                     const std::optional<std::uint64_t>& value) {
    if (!value) return object.null(name);
    object.number(name, *value);
}

/// Tenths are enough for a person, and do not change with every look.
double tenths(double seconds) {
    return std::round(seconds * 10) / 10;
}

projection::State state_of(std::string_view name) {
    using projection::State;
    for (const State state :
         {State::starting, State::running, State::catching_up, State::retrying, State::stopped}) {
        if (projection::name_of(state) == name) return state;
    }
    return State::starting;
}

std::optional<std::uint64_t> number_of(simdjson::dom::object object, std::string_view name) {
    std::uint64_t value = 0;
    if (object[name].get_uint64().get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

}  // namespace

std::string status_message(const StatusReport& report) {
    std::string out;
    JsonObject object(out);
    object.text("type", "status");
    object.number("received", report.received);
    object.number("missing", report.missing);
    object.number("resent", report.resent);
    optional_number(object, "doubled", report.doubled);
    optional_number(object, "checkedThrough", report.checked_through);
    object.key("projections");
    out.push_back('[');
    for (const auto& projection : report.projections) {
        if (out.back() != '[') out.push_back(',');
        JsonObject one(out);
        one.text("name", projection.name);
        one.text("state", projection::name_of(projection.state));
        one.number("lagEvents", projection.lag_events);
        one.key("lagSeconds");
        event::append_number(out, tenths(projection.lag_seconds));
        one.end();
    }
    out.push_back(']');
    object.end();
    return out;
}

Result<StatusReport> read_status_message(std::string_view text) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    simdjson::dom::array projections;
    if (parser.parse(text.data(), text.size()).get_object().get(object) != simdjson::SUCCESS ||
        object["projections"].get_array().get(projections) != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, "a word on how the data stand cannot be read");
    }
    const auto received = number_of(object, "received");
    const auto missing = number_of(object, "missing");
    const auto resent = number_of(object, "resent");
    // A figure that was not sent must not become a good one.
    if (!received || !missing || !resent) {
        return fail(ErrorCode::corrupt, "a word on how the data stand lacks a figure");
    }
    StatusReport report;
    report.received = *received;
    report.missing = *missing;
    report.resent = *resent;
    report.doubled = number_of(object, "doubled");
    report.checked_through = number_of(object, "checkedThrough");
    for (const simdjson::dom::element one : projections) {
        projection::ProjectionStatus& status = report.projections.emplace_back();
        std::string_view word;
        if (one["name"].get_string().get(word) == simdjson::SUCCESS) status.name = word;
        if (one["state"].get_string().get(word) == simdjson::SUCCESS) status.state = state_of(word);
        simdjson::dom::object fields;
        if (one.get_object().get(fields) != simdjson::SUCCESS) continue;
        status.lag_events = number_of(fields, "lagEvents").value_or(0);
        double seconds = 0;
        if (one["lagSeconds"].get_double().get(seconds) == simdjson::SUCCESS) {
            status.lag_seconds = seconds;
        }
    }
    return report;
}

}  // namespace cellmon::push
