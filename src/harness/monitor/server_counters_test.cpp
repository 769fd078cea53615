// Goal: rates are those of others than the monitor, and what is not known is not 0. Method: pages
// as the server writes them.
#include "harness/monitor/server_counters.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cellmon::harness::monitor {
namespace {

ServerCounters page(double stored, double good, double failed, double started_at = 1'700'000'000) {
    return parse_counters(
        fmt::format("cellmon_ingest_events_total{{outcome=\"stored\"}} {}\n"
                    "cellmon_ingest_events_total{{outcome=\"duplicate\"}} 1000000\n"
                    "cellmon_http_requests_total{{class=\"2xx\"}} {}\n"
                    "cellmon_http_requests_total{{class=\"5xx\"}} {}\n"
                    "cellmon_http_websockets_total 99\n"
                    "cellmon_http_websockets 7\n"
                    "process_start_time_seconds {}\n",
                    stored, good, failed, started_at));
}

TEST(ServerCounters, RatesBetweenTwoPages) {
    const auto rates = rates_between(page(100, 50, 0), page(1'100, 132, 20), {2, 0}, 0.5);
    EXPECT_EQ(rates.throughput.value, 2'000);
    EXPECT_EQ(rates.answers, 100);
    EXPECT_EQ(rates.failures, 20);
    EXPECT_EQ(rates.error_rate.value, 0.2);
    EXPECT_EQ(page(0, 0, 0).websockets, 7);
}

TEST(ServerCounters, TheMonitorsOwnRequestsAreLeftOut) {
    const auto quiet = rates_between(page(0, 10, 0), page(0, 12, 0), {2, 0}, 1);
    EXPECT_EQ(quiet.throughput.value, 0);
    EXPECT_FALSE(quiet.error_rate.value.has_value());
    EXPECT_EQ(quiet.error_rate.reason, "no requests but this monitor's own");
    const auto refused = rates_between(page(0, 10, 5), page(0, 14, 6), {2, 1}, 1);
    EXPECT_EQ(refused.error_rate.value, 0);
}

TEST(ServerCounters, AServerThatWasStartedAnewHasNoRate) {
    for (const auto& after :
         {page(5'000, 5'000, 0, 1'700'000'100), page(50, 5'000, 0), page(5'000, 5, 0)}) {
        const auto rates = rates_between(page(100, 50, 0), after, {2, 0}, 1);
        EXPECT_FALSE(rates.throughput.value.has_value());
        EXPECT_FALSE(rates.error_rate.value.has_value());
        EXPECT_EQ(rates.throughput.reason, "the server has started anew");
    }
}

TEST(ServerCounters, APageOfAnotherProgramSaysNothing) {
    const auto other = parse_counters("go_goroutines 12\n");
    const auto rates = rates_between(other, other, {2, 0}, 1);
    EXPECT_FALSE(rates.throughput.value.has_value());
    EXPECT_FALSE(rates.error_rate.value.has_value());
    EXPECT_FALSE(other.websockets.has_value());
}

}  // namespace
}  // namespace cellmon::harness::monitor
