#include "harness/monitor/server_probe.hpp"

#include <fmt/format.h>

namespace cellmon::harness::monitor {
namespace {

constexpr std::chrono::milliseconds kServerTimeout{5'000};
constexpr std::chrono::milliseconds kSilentAfter{3'000};
constexpr std::string_view kReady = "/api/v1/health/ready";
constexpr int kServerError = 500;

Trouble away(std::string_view why) {
    return {Status::critical, fmt::format("the server does not answer: {}", why)};
}

}  // namespace

ServerProbe::ServerProbe(Endpoint endpoint, const Clock& clock,
                         std::shared_ptr<const std::atomic<bool>> interrupted)
    : endpoint_(std::move(endpoint)),
      clock_(clock),
      wait_{kServerTimeout, std::move(interrupted)} {}

std::vector<Metric> ServerProbe::metrics() const {
    return {Metric::response_time, Metric::throughput, Metric::error_rate, Metric::websockets};
}

Trouble ServerProbe::silence() const {
    return away("it is silent");
}

std::chrono::milliseconds ServerProbe::patience() const {
    return kSilentAfter;
}

Result<Response> ServerProbe::get(std::string_view path) {
    auto response = http_get(endpoint_, path, wait_);
    if (response) {
        ++own_.all;
        if (response->status >= kServerError) ++own_.failed;
    }
    return response;
}

Result<void> ServerProbe::read_page(Findings& findings) {
    // The page does not count itself, but the next one will.
    const OwnAnswers own = std::exchange(own_, {});
    CELLMON_TRY_ASSIGN(const Response page, get("/metrics"));
    const std::int64_t now_us = clock_.steady_us();
    if (page.status != 200) {
        return fail(ErrorCode::unavailable,
                    fmt::format("GET /metrics is answered with {}", page.status));
    }
    const ServerCounters now = parse_counters(page.body);
    if (before_) {
        const auto rates =
            rates_between(*before_, now, own, static_cast<double>(now_us - before_us_) / 1e6);
        findings.readings.emplace_back(Metric::throughput, rates.throughput);
        findings.readings.emplace_back(Metric::error_rate, rates.error_rate);
        findings.answers = rates.answers;
        findings.failures = rates.failures;
    } else {
        for (const Metric rate : {Metric::throughput, Metric::error_rate})
            findings.readings.emplace_back(rate, Reading::none("a rate needs two samples"));
    }
    findings.readings.emplace_back(Metric::websockets,
                                   now.websockets
                                       ? Reading::of(*now.websockets)
                                       : Reading::none("/metrics has no cellmon_http_websockets"));
    before_ = now;
    before_us_ = now_us;
    return {};
}

Findings ServerProbe::look() {
    Findings findings;
    const auto open = [&](std::initializer_list<Metric> metrics, const std::string& why) {
        for (const Metric metric : metrics)
            findings.readings.emplace_back(metric, Reading::none(why));
    };
    const std::int64_t began_us = clock_.steady_us();
    const auto ready = get(kReady);
    if (!ready) {
        findings.troubles.push_back(away(ready.error().message));
        open({Metric::response_time}, ready.error().message);
    } else {
        findings.readings.emplace_back(
            Metric::response_time,
            Reading::of(static_cast<double>(clock_.steady_us() - began_us) / 1e3));
        if (ready->status >= kServerError) {
            findings.troubles.push_back(
                {Status::critical,
                 fmt::format("the server is not ready: it answers {}", ready->status)});
        }
    }
    const auto page = ready ? read_page(findings) : Result<void>(fail(ready.error()));
    if (!page)
        open({Metric::throughput, Metric::error_rate, Metric::websockets}, page.error().message);
    return findings;
}

}  // namespace cellmon::harness::monitor
