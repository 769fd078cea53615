// Goal: an open run offers what its schedule says whatever the server does, tells what became of
// each request, and grades itself. Method: whole runs against a server in this process that stalls
// and errs by a script; the grade on figures made by hand.
#include "harness/load/open_run.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/load/open_report.hpp"
#include "harness/load/test_server.hpp"

namespace cellmon::harness {
namespace {

using Reply = TestServer::Reply;

constexpr std::int64_t kMillisecond = 1'000;
constexpr std::int64_t kSecond = 1'000'000;

class OpenRun : public testing::Test {
  protected:
    std::unique_ptr<OpenFigures> play(const std::string& url, const Schedule& schedule,
                                      const OpenOptions& options) {
        const OpenContext context{clock_, [this] { return stop_(); }, [](const OpenProgress&) {}};
        auto figures = run_open(*Endpoint::parse(url), schedule, templates_, options, context);
        EXPECT_TRUE(figures.has_value());
        return std::move(*figures);
    }

    static Schedule schedule(double rate, std::int64_t duration_us, std::int64_t warm_up_us = 0,
                             std::uint32_t events_per_request = 1) {
        return *rate_schedule({.stretches = {{duration_us, rate, rate}},
                               .warm_up_us = warm_up_us,
                               .events_per_request = events_per_request});
    }

    SystemClock clock_;
    EventTemplates templates_{
        {.students = 12, .minutes = 5, .seed = 6, .start_us = 1'790'000'000'000'000}};
    std::function<bool()> stop_ = [] { return false; };
};

TEST_F(OpenRun, SendsEachRequestOnceOverAllThreads) {
    TestServer server([](std::uint64_t) { return Reply::accept; });
    const Schedule plan = schedule(4'000, kSecond / 2, 0, 10);
    const auto figures = play(server.url(), plan, {.connections = 6, .threads = 3});
    EXPECT_EQ(figures->offered(), (Amount{200, 2'000}));
    EXPECT_EQ(figures->achieved(), (Amount{200, 2'000}));
    EXPECT_EQ(figures->sent, 200U);
    EXPECT_EQ(figures->failed(), 0U);
    EXPECT_EQ(figures->phases[0].latency.count(), 200U);
    EXPECT_EQ(figures->service.count(), 200U);
    EXPECT_EQ(figures->lag.count(), 200U);
    EXPECT_GE(figures->seconds, 0.5);
    EXPECT_GT(figures->cpu_seconds, 0.0);
    const auto taken = server.taken();
    EXPECT_EQ(taken.size(), 2'000U);
    for (std::uint64_t number = 0; number < 2'000; ++number)
        EXPECT_EQ(taken.at(templates_.id(number).to_string()), 1U);
}

TEST_F(OpenRun, AStallIsInTheLatencyOfAllThatAreDueMeanwhile) {
    static constexpr std::int64_t kStallUs = 400 * kMillisecond;
    TestServer server([](std::uint64_t request) {
        if (request == 50) std::this_thread::sleep_for(std::chrono::microseconds(kStallUs));
        return Reply::accept;
    });
    // 80 of the 200 requests are due while nothing is answered: 400, 395, 390 … ms late.
    const auto figures = play(server.url(), schedule(200, kSecond), {.connections = 1});
    EXPECT_EQ(figures->achieved().requests, 200U);
    const Histogram& latency = figures->phases[0].latency;
    EXPECT_GE(latency.max_us(), kStallUs);
    EXPECT_GE(latency.quantile_us(0.8), kStallUs / 2 - 5 * kMillisecond);
    // One request alone was slow, once it was sent.
    EXPECT_GE(figures->service.max_us(), kStallUs);
    EXPECT_LT(figures->service.quantile_us(0.8), latency.quantile_us(0.8) / 2);
    // Nor was it this program that was late.
    EXPECT_LT(figures->lag.quantile_us(0.8), latency.quantile_us(0.8) / 2);
}

TEST_F(OpenRun, WhatFindsNoConnectionInTimeIsNotStarted) {
    TestServer server(
        [](std::uint64_t request) { return request == 0 ? Reply::silent : Reply::accept; });
    const auto figures =
        play(server.url(), schedule(100, kSecond / 2),
             {.connections = 1, .timeout_us = 600 * kMillisecond, .wait_us = 200 * kMillisecond});
    // The first one has no answer for 600 ms; who is due within the first 400 of these gives up.
    EXPECT_EQ(figures->errors, (decltype(figures->errors){{"timeout", 1}}));
    EXPECT_GE(figures->not_started, 38U);
    EXPECT_EQ(figures->achieved().requests + figures->not_started + 1, 50U);
    EXPECT_EQ(figures->offered().requests, 50U);
}

TEST_F(OpenRun, ErrorsAreToldByTheirKind) {
    TestServer server([](std::uint64_t request) {
        constexpr Reply kReplies[] = {Reply::busy,      Reply::refuse,      Reply::refuse_first,
                                      Reply::no_counts, Reply::other_count, Reply::no_http,
                                      Reply::silent,    Reply::accept};
        return kReplies[request % 8];
    });
    const auto figures = play(server.url(), schedule(80, kSecond / 2),
                              {.connections = 40, .timeout_us = 300 * kMillisecond});
    EXPECT_EQ(figures->errors, (decltype(figures->errors){{"status_503", 5},
                                                          {"status_422", 5},
                                                          {"refused_events", 5},
                                                          {"no_counts", 5},
                                                          {"other_count", 5},
                                                          {"no_http", 5},
                                                          {"timeout", 5}}));
    EXPECT_EQ(figures->achieved().requests, 5U);
    EXPECT_EQ(figures->failed(), 35U);
    EXPECT_EQ(figures->phases[0].latency.count(), 5U) << "what failed says nothing of the time";
}

TEST_F(OpenRun, ALostConnectionIsAnErrorAndSoIsNone) {
    TestServer dropping([](std::uint64_t) { return Reply::drop; });
    const auto lost = play(dropping.url(), schedule(50, kSecond / 5), {.connections = 2});
    EXPECT_EQ(lost->errors, (decltype(lost->errors){{"lost", 10}}));
    // A port that is bound and does not listen refuses.
    const int closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(closed, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(getsockname(closed, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const auto refused = play("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                              schedule(50, kSecond / 5), {.connections = 2});
    EXPECT_EQ(refused->errors, (decltype(refused->errors){{"no_connection", 10}}));
    close(closed);
}

TEST_F(OpenRun, TheWarmUpIsSentAndNotCounted) {
    // Whatever goes wrong in it.
    TestServer server(
        [](std::uint64_t request) { return request < 20 ? Reply::busy : Reply::accept; });
    const auto figures =
        play(server.url(), schedule(100, kSecond / 5, kSecond / 5), {.connections = 1});
    EXPECT_EQ(figures->warm_up.requests, 20U);
    EXPECT_EQ(figures->sent, 40U);
    EXPECT_EQ(figures->offered().requests, 20U);
    EXPECT_EQ(figures->achieved().requests, 20U);
    EXPECT_EQ(figures->failed(), 0U);
    EXPECT_EQ(figures->lag.count(), 20U);
}

TEST_F(OpenRun, EachStepHasFiguresOfItsOwn) {
    TestServer server(
        [](std::uint64_t request) { return request < 10 ? Reply::accept : Reply::busy; });
    const double rates[] = {50, 150};
    const auto plan = rate_schedule({.stretches = steps(rates, 2 * kSecond / 5)});
    const auto figures = play(server.url(), *plan, {.connections = 1});
    ASSERT_EQ(figures->phases.size(), 2U);
    EXPECT_EQ(figures->phases[0].achieved.requests, 10U);
    EXPECT_EQ(figures->phases[1].offered.requests, 30U);
    EXPECT_EQ(figures->phases[1].achieved.requests, 0U);
}

TEST_F(OpenRun, WhatTheServerHadBeforeIsTold) {
    TestServer server([](std::uint64_t) { return Reply::accept; });
    const Schedule plan = schedule(200, kSecond / 5, 0, 4);
    EXPECT_EQ(play(server.url(), plan, {.connections = 2})->duplicates, 0U);
    EXPECT_EQ(play(server.url(), plan, {.connections = 2})->duplicates, 40U);
}

TEST_F(OpenRun, AStoppedRunIsOverAtOnceAndTellsWhatWasCutOff) {
    TestServer server([](std::uint64_t) { return Reply::silent; });
    stop_ = [&] { return server.requests() > 0; };
    const auto figures = play(server.url(), schedule(50, kHourUs), {.connections = 1});
    EXPECT_EQ(figures->errors, (decltype(figures->errors){{"cut_off", 1}}));
    EXPECT_EQ(figures->not_started + 1, figures->offered().requests);
    EXPECT_LT(figures->seconds, 3'600.0);
}

TEST_F(OpenRun, SaysWhatItDoesNotTake) {
    const auto code = [](OpenOptions options) { return options.check().error().code; };
    EXPECT_EQ(code({.threads = 0}), ErrorCode::invalid);
    EXPECT_EQ(code({.threads = 17}), ErrorCode::invalid);
    EXPECT_EQ(code({.connections = 1, .threads = 2}), ErrorCode::invalid);
    EXPECT_EQ(code({.timeout_us = 0}), ErrorCode::invalid);
    EXPECT_EQ(code({.wait_us = kHourUs}), ErrorCode::invalid);
}

TEST(OpenFigures, ARunIsValidUpToItsBounds) {
    const auto figures = std::make_unique<OpenFigures>(1);
    EXPECT_EQ(doubts_of(*figures, {}).size(), 1U) << "nothing was measured";
    for (int i = 0; i < 99; ++i)
        figures->lag.record(1'000);
    figures->lag.record(500'000);
    figures->busiest_thread = 0.8;
    EXPECT_TRUE(doubts_of(*figures, {}).empty());
    figures->busiest_thread = 0.81;
    EXPECT_EQ(doubts_of(*figures, {}).size(), 1U);
    figures->lag.record(1'001);
    EXPECT_EQ(doubts_of(*figures, {}).size(), 2U);
    EXPECT_TRUE(doubts_of(*figures, {.lag_ms = 2, .cpu_percent = 90}).empty());
}

TEST(OpenReport, SaysTheSameAsJsonAndAsATable) {
    const auto figures = std::make_unique<OpenFigures>(2);
    figures->phases[0].offered = {100, 200};
    figures->phases[1].offered = {300, 600};
    figures->phases[0].achieved = {100, 200};
    figures->phases[1].achieved = {290, 580};
    for (int i = 1; i <= 100; ++i)
        figures->phases[0].latency.record(i);
    figures->phases[1].latency.record(7'000);
    figures->errors = {{"status_503", 4}, {"timeout", 1}};
    figures->not_started = 5;
    figures->warm_up = {12, 24};
    figures->seconds = 2.5;
    figures->sent = 407;
    figures->cpu_seconds = 0.00407;
    const double rates[] = {200, 600};
    const auto schedule =
        rate_schedule({.stretches = steps(rates, 2 * kSecond), .warm_up_us = kSecond});
    const OpenReport report{*figures, *schedule,    {"late"},     "steps",
                            3,        "2026-01-01", std::nullopt, std::nullopt};

    simdjson::dom::parser parser;
    const auto json = parser.parse(json_of(report));
    EXPECT_FALSE(bool(json["valid"]));
    EXPECT_EQ(std::uint64_t(json["offered"]["events"]), 800U);
    EXPECT_DOUBLE_EQ(double(json["offered"]["events_per_second"]), 400.0);
    EXPECT_DOUBLE_EQ(double(json["achieved"]["events_per_second"]), 312.0);
    EXPECT_EQ(std::uint64_t(json["failed"]), 5U);
    EXPECT_EQ(std::uint64_t(json["errors"]["status_503"]), 4U);
    EXPECT_EQ(std::uint64_t(json["not_started"]), 5U);
    EXPECT_EQ(std::uint64_t(json["warm_up_requests"]), 12U);
    EXPECT_DOUBLE_EQ(double(json["latency"]["p50_ms"]), 0.051);
    EXPECT_DOUBLE_EQ(double(json["latency"]["max_ms"]), 7.0);
    EXPECT_DOUBLE_EQ(double(json["phases"].at(1)["latency"]["p50_ms"]), 7.0);
    EXPECT_DOUBLE_EQ(double(json["own_cpu_us_per_request"]), 10.0);
    EXPECT_TRUE(json["server_cpu_seconds"].is_null());

    const std::string table = table_of(report);
    for (const char* text : {"800 events", "4 status_503", "0.051", "7.000", "12 requests in 1.0 s",
                             "p99.99", "valid       NO", "late"})
        EXPECT_NE(table.find(text), std::string::npos) << text << " is not in\n" << table;
}

}  // namespace
}  // namespace cellmon::harness
