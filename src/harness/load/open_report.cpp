#include "harness/load/open_report.hpp"

#include <array>
#include <iterator>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

struct Quantile {
    std::string_view name;
    double fraction;
};
constexpr std::array<Quantile, 6> kQuantiles{{{"p50", 0.5},
                                              {"p90", 0.9},
                                              {"p95", 0.95},
                                              {"p99", 0.99},
                                              {"p99_9", 0.999},
                                              {"p99_99", 0.9999}}};

double ms(std::int64_t us) {
    return static_cast<double>(us) / 1'000;
}

double per_second(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::unique_ptr<Histogram> latency_of(const OpenFigures& figures) {
    auto all = std::make_unique<Histogram>();
    for (const PhaseFigures& phase : figures.phases)
        all->merge(phase.latency);
    return all;
}

double scheduled_seconds(const Schedule& schedule) {
    return static_cast<double>(schedule.end_us - schedule.measured_from_us) / 1e6;
}

double seconds_of(const Schedule::Phase& phase) {
    return static_cast<double>(phase.to_us - phase.from_us) / 1e6;
}

std::string row_of(std::string_view name, const Histogram& histogram) {
    std::string row = fmt::format("{:<12}", name);
    for (const Quantile& quantile : kQuantiles) {
        fmt::format_to(std::back_inserter(row), "{:>11.3f}",
                       ms(histogram.quantile_us(quantile.fraction)));
    }
    return row + fmt::format("{:>11.3f}\n", ms(histogram.max_us()));
}

std::string head_of_quantiles() {
    std::string row = fmt::format("{:<12}", "ms");
    for (const Quantile& quantile : kQuantiles) {
        std::string name(quantile.name);
        if (const auto point = name.find('_'); point != std::string::npos) name[point] = '.';
        fmt::format_to(std::back_inserter(row), "{:>11}", name);
    }
    return row + fmt::format("{:>11}\n", "max");
}

std::string phases_of(const OpenReport& report) {
    std::string text = fmt::format("{:<12}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "step", "offered/s",
                                   "achieved/s", "p50 ms", "p95 ms", "p99 ms");
    for (std::size_t i = 0; i < report.figures.phases.size(); ++i) {
        const PhaseFigures& phase = report.figures.phases[i];
        const double seconds = seconds_of(report.schedule.phases[i]);
        fmt::format_to(
            std::back_inserter(text), "{:<12}{:>11.1f}{:>11.1f}{:>11.3f}{:>11.3f}{:>11.3f}\n",
            i + 1, per_second(phase.offered.events, seconds),
            per_second(phase.achieved.events, seconds), ms(phase.latency.quantile_us(0.5)),
            ms(phase.latency.quantile_us(0.95)), ms(phase.latency.quantile_us(0.99)));
    }
    return text;
}

std::string json_of(const Histogram& histogram) {
    std::string json;
    JsonObject object(json);
    for (const Quantile& quantile : kQuantiles) {
        object.raw(fmt::format("{}_ms", quantile.name),
                   fmt::format("{:.3f}", ms(histogram.quantile_us(quantile.fraction))));
    }
    object.raw("max_ms", fmt::format("{:.3f}", ms(histogram.max_us())));
    object.raw("mean_ms", fmt::format("{:.3f}", histogram.mean_us() / 1'000));
    object.raw("count", fmt::format("{}", histogram.count()));
    object.close();
    return json;
}

std::string json_of(const Amount& amount, double seconds) {
    return fmt::format(
        R"({{"requests":{},"events":{},"requests_per_second":{:.3f},"events_per_second":{:.3f}}})",
        amount.requests, amount.events, per_second(amount.requests, seconds),
        per_second(amount.events, seconds));
}

std::string phases_json(const OpenReport& report) {
    std::string json = "[";
    for (std::size_t i = 0; i < report.figures.phases.size(); ++i) {
        const PhaseFigures& phase = report.figures.phases[i];
        const double seconds = seconds_of(report.schedule.phases[i]);
        if (i > 0) json += ',';
        JsonObject object(json);
        object.raw("seconds", fmt::format("{:.3f}", seconds));
        object.raw("offered", json_of(phase.offered, seconds));
        object.raw("achieved", json_of(phase.achieved, seconds));
        object.raw("latency", json_of(phase.latency));
        object.close();
    }
    return json + "]";
}

std::string doubts_json(const std::vector<std::string>& doubts) {
    std::string json = "[";
    for (const std::string& doubt : doubts) {
        if (json.size() > 1) json += ',';
        append_json_string(json, doubt);
    }
    return json + "]";
}

std::string errors_json(const OpenFigures& figures) {
    std::string json;
    JsonObject object(json);
    for (const auto& [kind, count] : figures.errors)
        object.raw(kind, fmt::format("{}", count));
    object.close();
    return json;
}

double cpu_us_of_a_request(const OpenFigures& figures) {
    return figures.sent > 0 ? figures.cpu_seconds * 1e6 / static_cast<double>(figures.sent) : 0;
}

}  // namespace

std::string table_of(const OpenReport& report) {
    const OpenFigures& f = report.figures;
    const double scheduled = scheduled_seconds(report.schedule);
    std::string text;
    const auto row = [&](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(text), "{:<12}{}\n", name, value);
    };
    const auto amount = [&](std::string_view name, const Amount& value, double seconds) {
        row(name,
            fmt::format("{:>9} requests {:>10} events {:>11.1f} events/s, {:.1f} s", value.requests,
                        value.events, per_second(value.events, seconds), seconds));
    };
    row("load", fmt::format("{} · seed {} · start {}", report.profile, report.seed, report.start));
    row("warm-up",
        fmt::format("{:>9} requests in {:.1f} s, left out of all that follows", f.warm_up.requests,
                    static_cast<double>(report.schedule.measured_from_us) / 1e6));
    amount("offered", f.offered(), scheduled);
    amount("achieved", f.achieved(), f.seconds);
    row("not started", fmt::format("{:>9} requests found no free connection", f.not_started));
    row("failed", fmt::format("{:>9} requests", f.failed()));
    for (const auto& [kind, count] : f.errors)
        row("", fmt::format("{:>9} {}", count, kind));
    if (f.duplicates > 0)
        row("duplicates", fmt::format("{:>9} events that the server had before", f.duplicates));
    text += '\n' + head_of_quantiles();
    text +=
        row_of("latency", *latency_of(f)) + row_of("service", f.service) + row_of("own lag", f.lag);
    if (f.phases.size() > 1) text += '\n' + phases_of(report);
    text += '\n';
    if (report.before && report.after) {
        row("server", fmt::format("CPU {:.2f} s · memory {:.1f} MB",
                                  report.after->cpu_seconds - report.before->cpu_seconds,
                                  report.after->resident_bytes / 1e6));
    } else {
        row("server", "CPU and memory not measured");
    }
    row("own CPU", fmt::format("{:.0f} % of a core by the busiest thread, {:.1f} µs a request",
                               f.busiest_thread * 100, cpu_us_of_a_request(f)));
    row("valid", report.doubts.empty() ? "yes" : "NO");
    for (const std::string& doubt : report.doubts)
        row("", doubt);
    return text;
}

std::string json_of(const OpenReport& report) {
    const OpenFigures& f = report.figures;
    std::string json;
    JsonObject object(json);
    const auto count = [&](std::string_view name, std::uint64_t value) {
        object.raw(name, fmt::format("{}", value));
    };
    const auto number = [&](std::string_view name, double value) {
        object.raw(name, fmt::format("{:.3f}", value));
    };
    object.boolean("valid", report.doubts.empty());
    object.raw("doubts", doubts_json(report.doubts));
    object.text("profile", report.profile);
    count("seed", report.seed);
    object.text("start", report.start);
    object.text("schedule_digest", fmt::format("{:016x}", report.schedule.digest()));
    number("warm_up_seconds", static_cast<double>(report.schedule.measured_from_us) / 1e6);
    count("warm_up_requests", f.warm_up.requests);
    number("scheduled_seconds", scheduled_seconds(report.schedule));
    number("seconds", f.seconds);
    object.raw("offered", json_of(f.offered(), scheduled_seconds(report.schedule)));
    object.raw("achieved", json_of(f.achieved(), f.seconds));
    count("not_started", f.not_started);
    count("failed", f.failed());
    object.raw("errors", errors_json(f));
    count("duplicates", f.duplicates);
    object.raw("latency", json_of(*latency_of(f)));
    object.raw("service", json_of(f.service));
    object.raw("own_lag", json_of(f.lag));
    number("own_cpu_percent", f.busiest_thread * 100);
    number("own_cpu_us_per_request", cpu_us_of_a_request(f));
    object.raw("phases", phases_json(report));
    put_usage(object, report.before, report.after);
    object.close();
    return json;
}

}  // namespace cellmon::harness
