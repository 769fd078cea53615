#include "harness/report/report_json.hpp"

#include <fmt/format.h>

#include "harness/report/json_pieces.hpp"

namespace cellmon::harness::report {
namespace {

using Object = ReportObject;

std::string time(std::optional<TimeUs> at) {
    return at ? fmt::format("\"{}\"", format_time(*at)) : "null";
}

std::string json_of(const Criterion& criterion) {
    return object_json([&](Object& object) {
        object.text("name", criterion.name);
        object.text("limit", criterion.limit);
        object.text("unit", criterion.unit);
        object.number("measured", criterion.measured);
        object.boolean("applies", criterion.applies);
        object.boolean("held", criterion.held);
        object.text("reason", criterion.reason);
        object.text("reason_ja", criterion.reason_ja);
    });
}

std::string json_of(const Figure& figure) {
    return object_json([&](Object& object) {
        object.text("name", figure.name);
        object.text("unit", figure.unit);
        object.number("value", figure.value);
        object.text("better", name_of(figure.better));
    });
}

std::string json_of(const Series& series, TimeUs began) {
    return object_json([&](Object& object) {
        object.text("name", series.name);
        object.text("unit", series.unit);
        object.raw("at_us", list_json(series.at, "",
                                      [&](TimeUs at) { return fmt::format("{}", at - began); }));
        object.raw("value", list_json(series.value, "", number_json));
    });
}

std::string json_of(const Fault& fault) {
    return object_json([&](Object& object) {
        object.text("kind", fault.kind);
        object.text("target", fault.target);
        object.raw("began", time(fault.began));
        object.raw("ended", time(fault.ended));
        object.raw("recovered", time(fault.recovered));
    });
}

/// One line for each, so that two reports can be held against each other.
template <typename Elements, typename... Others>
std::string lines_of(const Elements& elements, const Others&... others) {
    return list_json(elements, "\n   ",
                     [&](const auto& element) { return json_of(element, others...); });
}

std::string json_of(const PhaseReport& phase) {
    return object_json([&](Object& object) {
        object.text("id", phase.id);
        object.text("name", phase.name);
        object.text("name_ja", phase.name_ja);
        object.text("verdict", name_of(phase.judged()));
        object.text("reason", phase.reason);
        object.text("reason_ja", phase.reason_ja);
        object.raw("began", time(phase.began));
        object.raw("ended", time(phase.ended));
        object.raw("criteria", lines_of(phase.criteria));
        object.raw("figures", lines_of(phase.figures));
        object.raw("series", lines_of(phase.series, phase.began));
        object.raw("faults", lines_of(phase.faults));
    });
}

std::string json_of(const Machine& machine) {
    return object_json([&](Object& object) {
        object.text("cpu", machine.cpu);
        object.count("cores", machine.cores);
        object.count("memory_bytes", machine.memory_bytes);
        object.text("kernel", machine.kernel);
        object.text("file_system", machine.file_system);
    });
}

}  // namespace

std::string report_json(const RunReport& report) {
    return object_json([&](Object& object) {
               object.text("format", kReportFormat);
               object.count("version", kReportVersion);
               object.text("verdict", name_of(report.verdict()));
               object.text("plan", report.plan);
               object.text("profile", report.profile);
               object.text("target", report.target);
               object.boolean("quick", report.quick);
               object.boolean("interrupted", report.interrupted);
               object.count("seed", report.seed);
               object.raw("began", time(report.began));
               object.raw("ended", time(report.ended));
               object.raw("machine", json_of(report.machine));
               object.text("bottleneck", report.bottleneck);
               object.text("bottleneck_reason", report.bottleneck_reason);
               object.text("bottleneck_reason_ja", report.bottleneck_reason_ja);
               object.raw("left_out", texts_json(report.left_out));
               object.raw("phases", list_json(report.phases, "\n ", [](const PhaseReport& phase) {
                              return json_of(phase);
                          }));
           }) +
           "\n";
}

}  // namespace cellmon::harness::report
