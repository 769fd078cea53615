// Goal: of a page of metrics exactly the named figure is read.
#include "harness/wire/metrics_text.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness {
namespace {

constexpr std::string_view kPage =
    "# HELP requests_total Answers by class of status.\n"
    "# TYPE requests_total counter\n"
    "requests_total{class=\"2xx\"} 10\n"
    "requests_total{class=\"5xx\",of=\"a } b\"} 2.5e+1 1700000000000\n"
    "requests_total_more 1000\n"
    "open 3\n"
    "broken{ 7\n"
    "none x";

TEST(MetricsText, SumsTheSamplesOfAName) {
    EXPECT_EQ(metric_sum(kPage, "requests_total"), 35);
    EXPECT_EQ(metric_sum(kPage, "requests_total", R"(class="5xx")"), 25);
    EXPECT_EQ(metric_sum(kPage, "open"), 3);
}

TEST(MetricsText, WhatIsNotThereIsNotZero) {
    EXPECT_FALSE(metric_sum(kPage, "requests").has_value());
    EXPECT_FALSE(metric_sum(kPage, "requests_total", R"(class="4xx")").has_value());
    EXPECT_FALSE(metric_sum(kPage, "broken").has_value());
    EXPECT_FALSE(metric_sum(kPage, "none").has_value());
    EXPECT_FALSE(metric_sum("", "open").has_value());
}

}  // namespace
}  // namespace cellmon::harness
