#include "harness/load/report.hpp"

#include <cstdio>
#include <iterator>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

double milliseconds(std::int64_t us) {
    return static_cast<double>(us) / 1000;
}

std::string durations(const Histogram& histogram) {
    return fmt::format("p50 {:.2f} ms · p95 {:.2f} ms · p99 {:.2f} ms · max {:.2f} ms",
                       milliseconds(histogram.quantile_us(0.50)),
                       milliseconds(histogram.quantile_us(0.95)),
                       milliseconds(histogram.quantile_us(0.99)), milliseconds(histogram.max_us()));
}

std::string durations_json(const Histogram& histogram) {
    return fmt::format(
        R"({{"p50_ms":{:.3f},"p95_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f},"count":{}}})",
        milliseconds(histogram.quantile_us(0.50)), milliseconds(histogram.quantile_us(0.95)),
        milliseconds(histogram.quantile_us(0.99)), milliseconds(histogram.max_us()),
        histogram.count());
}

}  // namespace

std::string table_of(const RunReport& report) {
    const Figures& f = report.figures;
    std::string text;
    const auto row = [&](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(text), "{:<14}{}\n", name, value);
    };
    row("sent", fmt::format("{:>9} events in {} posts, {:.1f} s", f.sent, f.posts, f.seconds));
    row("acknowledged",
        fmt::format("{:>9} ({:.0f} events/s with duplicates)", f.acked, f.events_per_second()));
    row("duplicates", fmt::format("{:>9}", f.duplicates));
    row("refused", fmt::format("{:>9}", f.refused));
    row("unknown", fmt::format("{:>9}", f.unknown));
    row("attempts",
        fmt::format("{:>9} answered 5xx, {} without an answer", f.unavailable, f.unanswered));
    row("latency", durations(f.latency));
    row("service", durations(f.service));
    if (report.before && report.after) {
        const double cpu_s = report.after->cpu_seconds - report.before->cpu_seconds;
        const double per_event_us =
            f.promised() > 0 ? cpu_s * 1e6 / static_cast<double>(f.promised()) : 0;
        row("server", fmt::format("CPU {:.2f} s ({:.1f} µs an event) · memory {:.1f} MB", cpu_s,
                                  per_event_us, report.after->resident_bytes / 1e6));
    } else {
        row("server", "CPU and memory not measured");
    }
    row("class", fmt::format("seed {} · start {}", report.seed, report.start));
    return text;
}

std::string json_of(const RunReport& report) {
    const Figures& f = report.figures;
    std::string json;
    JsonObject object(json);
    const auto count = [&](std::string_view name, std::uint64_t value) {
        object.raw(name, fmt::format("{}", value));
    };
    count("sent", f.sent);
    count("acknowledged", f.acked);
    count("duplicates", f.duplicates);
    count("refused", f.refused);
    count("unknown", f.unknown);
    count("posts", f.posts);
    count("answered_5xx", f.unavailable);
    count("unanswered", f.unanswered);
    object.raw("seconds", fmt::format("{:.3f}", f.seconds));
    object.raw("events_per_second", fmt::format("{:.1f}", f.events_per_second()));
    object.raw("latency", durations_json(f.latency));
    object.raw("service", durations_json(f.service));
    put_usage(object, report.before, report.after);
    count("seed", report.seed);
    object.text("start", report.start);
    object.close();
    return json;
}

void ProgressLine::show(double fraction, const Figures& figures) {
    constexpr double kPlainEveryS = 10;
    if (!terminal_ && figures.seconds < shown_at_s_ + kPlainEveryS) return;
    shown_at_s_ = figures.seconds;
    constexpr int kBar = 24;
    const int full = static_cast<int>(fraction * kBar + 0.5);
    std::string bar;
    for (int i = 0; i < kBar; ++i)
        bar += i < full ? "█" : "░";
    if (colour_) bar = "\x1b[36m" + bar + "\x1b[0m";
    const std::uint64_t failed = figures.unavailable + figures.unanswered;
    const std::string text =
        fmt::format("{} {:3.0f} %  sent {}  acked {} ({:.0f}/s)  failed attempts {}  refused {}",
                    bar, fraction * 100, figures.sent, figures.promised(),
                    figures.events_per_second(), failed, figures.refused);
    std::fputs((terminal_ ? "\r\x1b[K" + text : text + "\n").c_str(), stderr);
    std::fflush(stderr);
    open_ = terminal_;
}

void ProgressLine::close() {
    if (open_) std::fputs("\n", stderr);
    open_ = false;
}

}  // namespace cellmon::harness
