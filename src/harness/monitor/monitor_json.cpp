#include "harness/monitor/monitor_json.hpp"

#include <cmath>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness::monitor {
namespace {

constexpr int kDecimals = 6;

std::string number(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return "null";
    // Counts stay whole numbers.
    if (*value == std::floor(*value) && std::abs(*value) < 1e15)
        return fmt::format("{:.0f}", *value);
    return fmt::format("{:.{}f}", *value, kDecimals);
}

std::string boolean(std::optional<bool> value) {
    if (!value) return "null";
    return *value ? "true" : "false";
}

std::string list(const std::vector<std::string>& texts) {
    std::string json = "[";
    for (const std::string& text : texts) {
        if (json.size() > 1) json += ',';
        append_json_string(json, text);
    }
    return json + "]";
}

std::string statistics(const Statistics& of) {
    std::string json;
    JsonObject object(json);
    object.raw("current", number(of.current()));
    object.raw("average", number(of.average()));
    object.raw("peak", number(of.peak()));
    object.close();
    return json;
}

std::string processes(const std::vector<ProcessReading>& readings) {
    std::string json = "[";
    for (const ProcessReading& reading : readings) {
        if (json.size() > 1) json += ',';
        JsonObject object(json);
        object.text("name", reading.name);
        object.raw("pid", reading.pid == 0 ? "null" : fmt::format("{}", reading.pid));
        object.raw("cpu_percent", number(reading.cpu_percent.value));
        object.raw("memory_mb", number(reading.memory_mb.value));
        object.close();
    }
    return json + "]";
}

std::string troubles(const std::vector<Trouble>& of) {
    std::string json = "[";
    for (const Trouble& trouble : of) {
        if (json.size() > 1) json += ',';
        JsonObject object(json);
        object.text("status", name_of(trouble.status));
        object.text("text", trouble.text);
        object.close();
    }
    return json + "]";
}

std::string part_statistics(const std::vector<RunSummary::Part>& parts) {
    std::string json;
    JsonObject object(json);
    for (const auto& part : parts) {
        std::string one;
        JsonObject inner(one);
        inner.raw("cpu", statistics(part.cpu_percent));
        inner.raw("memory", statistics(part.memory_mb));
        inner.raw("memory_growth_mb", number(part.memory_mb.growth()));
        inner.close();
        object.raw(part.name, one);
    }
    object.close();
    return json;
}

/// CPU in percent of all cores, memory in megabytes.
std::string run_statistics(const RunSummary& run) {
    std::string json;
    JsonObject object(json);
    object.raw("cpu", statistics(run.of(Metric::cpu_percent)));
    object.raw("memory", statistics(run.of(Metric::memory_mb)));
    object.close();
    return json;
}

std::string health_json(const Health& health) {
    std::string json;
    JsonObject object(json);
    object.text("status", name_of(health.status));
    object.raw("reasons", list(health.reasons));
    object.close();
    return json;
}

std::string criteria_json(const SuccessCriteria& criteria) {
    std::string json;
    JsonObject object(json);
    object.raw("cpu_under_80_percent", boolean(criteria.cpu_under_80_percent));
    object.raw("memory_under_4gb", boolean(criteria.memory_under_4gb));
    object.raw("response_time_under_500ms", boolean(criteria.response_time_under_500ms));
    object.raw("error_rate_under_0_1_percent", boolean(criteria.error_rate_under_0_1_percent));
    object.close();
    return json;
}

}  // namespace

std::string json_of(const Sample& sample, const Health& health) {
    std::string json;
    JsonObject object(json);
    object.text("timestamp", format_time(sample.at));
    for (const MetricInfo& info : metric_infos())
        object.raw(info.name, number(sample[info.metric].value));
    object.text("health", name_of(health.status));
    object.raw("reasons", list(health.reasons));
    object.raw("troubles", troubles(sample.troubles));
    object.raw("processes", processes(sample.processes));
    std::string unavailable;
    JsonObject reasons(unavailable);
    for (const MetricInfo& info : metric_infos()) {
        if (!sample[info.metric].value) reasons.text(info.name, sample[info.metric].reason);
    }
    reasons.close();
    object.raw("unavailable", unavailable);
    object.close();
    return json;
}

std::string summary_json(const RunSummary& run) {
    std::string json;
    JsonObject object(json);
    object.text("health_status", name_of(run.health().status));
    object.raw("worst_health", health_json(run.worst_health()));
    std::string counts;
    JsonObject by_status(counts);
    for (const Status status : {Status::healthy, Status::warning, Status::critical})
        by_status.raw(name_of(status), fmt::format("{}", run.samples_with(status)));
    by_status.close();
    object.raw("samples", counts);
    object.raw("latest_metrics", json_of(run.latest(), run.health()));
    object.raw("statistics", run_statistics(run));
    object.raw("processes", part_statistics(run.parts()));
    object.raw("response_time_p95_ms", number(run.response_p95_ms()));
    object.raw("error_rate", number(run.error_rate()));
    object.close();
    return json;
}

std::string running_json(const RunSummary& run, const std::optional<LoadTest>& test) {
    std::string json;
    JsonObject object(json);
    object.raw("summary", summary_json(run));
    if (test) object.raw("report", load_test_json(*test, run));
    object.close();
    return json;
}

std::string load_test_json(const LoadTest& test, const RunSummary& run) {
    std::string performance;
    JsonObject summary(performance);
    summary.raw("latest_metrics", json_of(run.latest(), run.health()));
    summary.raw("statistics", run_statistics(run));
    summary.close();
    std::string json;
    JsonObject object(json);
    object.text("test_name", test.name);
    const bool is_number = !test.expected_load.empty() && test.expected_load.size() <= 15 &&
                           test.expected_load[0] != '0' &&
                           test.expected_load.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) {
        object.raw("expected_load", test.expected_load);
    } else {
        object.text("expected_load", test.expected_load);
    }
    object.raw("test_duration_seconds", number(test.seconds));
    object.raw("performance_summary", performance);
    object.raw("success_criteria", criteria_json(criteria_of(run)));
    object.close();
    return json;
}

}  // namespace cellmon::harness::monitor
