#include <fmt/format.h>

#include "harness/report/json_pieces.hpp"
#include "harness/report/trend.hpp"

namespace cellmon::harness::report {
namespace {

using Object = ReportObject;

std::string json_of(const TrendRow& trend) {
    return object_json([&](Object& object) {
        object.text("phase", trend.row.phase);
        object.text("kind", trend.row.is_criterion ? "criterion" : "figure");
        object.text("name", trend.row.name);
        object.text("unit", trend.row.unit);
        object.text("limit", trend.row.limit);
        object.raw("values", list_json(trend.row.values, "", [](const Value& value) {
                       return number_json(value.measured);
                   }));
        object.number("usual", trend.usual);
        object.number("newest", trend.newest.measured);
        object.text("change", name_of(trend.newest.change));
        object.number("percent", trend.newest.percent);
    });
}

std::string json_of(const NamedRun& run) {
    return object_json([&](Object& object) {
        object.text("name", run.name);
        object.text("began", format_time(run.report.began));
        object.text("target", run.report.target);
        object.text("verdict", name_of(run.report.verdict()));
        object.raw("left_out", texts_json(run.report.left_out));
        object.text("bottleneck", run.report.bottleneck);
        object.text("bottleneck_reason", run.report.bottleneck_reason);
    });
}

std::string json_of(const Trend& trend) {
    const auto write = [](const auto& one) { return json_of(one); };
    const RunReport& newest = trend.runs.back().report;
    return object_json([&](Object& object) {
        object.text("plan", newest.plan);
        object.text("profile", newest.profile);
        object.boolean("quick", newest.quick);
        object.text("cpu", newest.machine.cpu);
        object.count("cores", newest.machine.cores);
        object.raw("runs", list_json(trend.runs, "", write));
        object.raw("rows", list_json(trend.rows, "", write));
    });
}

}  // namespace

std::string trend_json(const Trends& trends) {
    return object_json([&](Object& object) {
        object.raw("trends",
                   list_json(trends.trends, "", [](const Trend& trend) { return json_of(trend); }));
        object.raw("unreadable", texts_json(trends.unreadable));
    });
}

}  // namespace cellmon::harness::report
