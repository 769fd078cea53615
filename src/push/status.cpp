#include "push/status.hpp"

#include <cmath>

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

}  // namespace cellmon::push
