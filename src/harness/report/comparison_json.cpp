#include <fmt/format.h>

#include "harness/report/comparison_text.hpp"
#include "harness/report/json_pieces.hpp"

namespace cellmon::harness::report {
namespace {

using Object = ReportObject;

std::string compared_json(const NamedRun& run) {
    return object_json([&](Object& object) {
        object.text("name", run.name);
        object.text("plan", run.report.plan);
        object.text("profile", run.report.profile);
        object.text("target", run.report.target);
        object.text("began", format_time(run.report.began));
        object.text("verdict", name_of(run.report.verdict()));
        object.raw("left_out", texts_json(run.report.left_out));
        object.text("bottleneck", run.report.bottleneck);
    });
}

std::string compared_json(const Value& value, bool is_first) {
    return object_json([&](Object& object) {
        object.number("measured", value.measured);
        object.raw("held", !value.held ? "null" : *value.held ? "true" : "false");
        if (is_first) return;
        object.text("change", name_of(value.change));
        object.number("percent", value.percent);
    });
}

std::string compared_json(const Row& row) {
    return object_json([&](Object& object) {
        object.text("phase", row.phase);
        object.text("kind", row.is_criterion ? "criterion" : "figure");
        object.text("name", row.name);
        object.text("unit", row.unit);
        object.text("limit", row.limit);
        object.raw("runs", list_json(row.values, "", [&](const Value& value) {
                       return compared_json(value, &value == row.values.data());
                   }));
    });
}

std::string compared_json(const PhaseRow& phase) {
    return object_json([&](Object& object) {
        object.text("id", phase.id);
        object.text("name", phase.name);
        object.raw("verdicts",
                   list_json(phase.verdicts, "", [](const std::optional<Verdict>& verdict) {
                       return verdict ? fmt::format("\"{}\"", name_of(*verdict)) : "null";
                   }));
    });
}

}  // namespace

std::string comparison_json(const std::vector<NamedRun>& runs, const Comparison& comparison) {
    const auto write = [](const auto& one) { return compared_json(one); };
    return object_json([&](Object& object) {
        object.raw("runs", list_json(runs, "", write));
        object.raw("unlike_in", texts_json(unlike_in(runs)));
        object.raw("phases", list_json(comparison.phases, "", write));
        object.raw("rows", list_json(comparison.rows, "", write));
        for (const Change change :
             {Change::better, Change::worse, Change::same, Change::differs, Change::unknown})
            object.count(name_of(change), comparison.count(change));
    });
}

}  // namespace cellmon::harness::report
