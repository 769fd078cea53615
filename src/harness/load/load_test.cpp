// Goal: the sender is a faithful client — it loses nothing, tells the truth in its ledger, and can
// be gone on with. Method: whole runs against a server in this process that drops, doubles, refuses
// and is busy by a script.
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/load/class_run.hpp"
#include "harness/load/flood_run.hpp"
#include "harness/load/report.hpp"
#include "harness/load/test_server.hpp"

namespace cellmon::harness {
namespace {

using Reply = TestServer::Reply;

class LoadTest : public testing::Test {
  protected:
    ~LoadTest() override { std::filesystem::remove(path_); }

    Result<void> flood(
        const TestServer& server, FloodOptions options, const Ledger* before = nullptr,
        std::function<bool()> stop = [] { return false; }) {
        auto ledger =
            before == nullptr ? LedgerWriter::create(path_, header()) : LedgerWriter::append(path_);
        figures_ = std::make_unique<Figures>();
        RunContext context{clock_, *ledger, *figures_, before, std::move(stop), [](double) {}};
        return run_flood(EventTemplates(plan_), pool(server, 3), options, std::move(context));
    }

    Result<void> play(
        const TestServer& server, const Ledger* before = nullptr,
        std::function<bool()> stop = [] { return false; }, EventRoute route = {}) {
        auto ledger =
            before == nullptr ? LedgerWriter::create(path_, header()) : LedgerWriter::append(path_);
        figures_ = std::make_unique<Figures>();
        Classroom classroom(plan_);
        ClassRunOptions options;
        options.speed = 600;
        options.route = std::move(route);
        RunContext context{clock_, *ledger, *figures_, before, std::move(stop), [](double) {}};
        return run_class(classroom, pool(server, plan_.students), options, std::move(context));
    }

    HttpPool pool(const TestServer& server, std::size_t connections) {
        return std::move(*HttpPool::create(*Endpoint::parse(server.url()), connections, clock_));
    }

    [[nodiscard]] LedgerHeader header() const {
        return {plan_.students, plan_.minutes,         plan_.seed, plan_.start_us, plan_.class_code,
                false,          plan_.errors_per_mille};
    }

    std::size_t count(const Ledger& ledger, Outcome outcome) {
        std::size_t found = 0;
        for (const auto& [id, entry] : ledger.entries)
            found += entry.outcome == outcome ? 1 : 0;
        return found;
    }

    /// Every event of the ledger was taken, at least once.
    void expect_all_taken(const TestServer& server, const Ledger& ledger) {
        const auto taken = server.taken();
        EXPECT_EQ(taken.size(), ledger.entries.size());
        for (const auto& [id, entry] : ledger.entries)
            EXPECT_TRUE(taken.contains(id.to_string()));
    }

    SystemClock clock_;
    ClassPlan plan_{.students = 12, .minutes = 5, .seed = 6, .start_us = 1'790'000'000'000'000};
    std::unique_ptr<Figures> figures_;
    std::string path_ = testing::TempDir() + "load-" + std::to_string(getpid()) + ".ndjson";
};

TEST_F(LoadTest, SendsEveryEventOfTheClassOnce) {
    TestServer server([](std::uint64_t) { return Reply::accept; });
    ASSERT_TRUE(play(server).has_value());
    std::size_t events = 0;
    for (Classroom classroom(plan_); classroom.next();)
        ++events;
    const auto ledger = Ledger::read(path_);
    ASSERT_TRUE(ledger.has_value());
    EXPECT_EQ(ledger->entries.size(), events);
    EXPECT_EQ(count(*ledger, Outcome::acked), events);
    EXPECT_EQ(figures_->acked, events);
    EXPECT_EQ(figures_->unknown, 0U);
    EXPECT_GT(figures_->latency.count(), 0U);
    expect_all_taken(server, *ledger);
    for (const auto& [id, times] : server.taken())
        EXPECT_EQ(times, 1U);
}

TEST_F(LoadTest, AServerOfOneEventARequestGetsEachByItself) {
    TestServer server(
        [](std::uint64_t request) { return request % 40 == 1 ? Reply::busy : Reply::accept; });
    const auto never = [] { return false; };
    ASSERT_TRUE(play(server, nullptr, never, {.one_a_request = true, .rule = {}}).has_value());
    const auto ledger = Ledger::read(path_);
    ASSERT_TRUE(ledger.has_value());
    EXPECT_EQ(count(*ledger, Outcome::acked), ledger->entries.size());
    EXPECT_EQ(figures_->posts, ledger->entries.size() + figures_->unavailable);
    EXPECT_GT(figures_->unavailable, 0U);
    EXPECT_EQ(server.arrays(), 0U);
    expect_all_taken(server, *ledger);
}

TEST_F(LoadTest, TriesAgainUntilAcknowledgedAndTellsDuplicates) {
    // The first requests fail in every way; the events taken without an answer come back as
    // duplicates.
    TestServer server([](std::uint64_t request) {
        if (request == 0) return Reply::busy;
        if (request == 1) return Reply::store_and_drop;
        if (request == 2) return Reply::drop;
        return Reply::accept;
    });
    ASSERT_TRUE(flood(server, {.batch = 10, .events = 60}).has_value());
    const auto ledger = Ledger::read(path_);
    ASSERT_EQ(ledger->entries.size(), 60U);
    EXPECT_EQ(count(*ledger, Outcome::acked), 50U);
    EXPECT_EQ(count(*ledger, Outcome::duplicate), 10U);
    EXPECT_EQ(figures_->acked, 50U);
    EXPECT_EQ(figures_->duplicates, 10U);
    EXPECT_EQ(figures_->unavailable, 1U);
    EXPECT_EQ(figures_->unanswered, 2U);
    // Latency counts from the first intention, so the waits of 0.5 s are in it; service is the last
    // attempt alone.
    EXPECT_GE(figures_->latency.max_us(), 500'000);
    expect_all_taken(server, *ledger);
}

TEST_F(LoadTest, RefusedItemsAndRequestsAreTold) {
    TestServer server([](std::uint64_t request) {
        return request == 0 ? Reply::refuse : request == 1 ? Reply::refuse_first : Reply::accept;
    });
    ASSERT_TRUE(flood(server, {.batch = 5, .events = 30}).has_value());
    const auto ledger = Ledger::read(path_);
    EXPECT_EQ(count(*ledger, Outcome::refused), 6U);
    EXPECT_EQ(count(*ledger, Outcome::acked), 24U);
    EXPECT_EQ(figures_->refused, 6U);
}

TEST_F(LoadTest, AClosedKeepAliveConnectionCostsNoAttempt) {
    TestServer server([](std::uint64_t) { return Reply::close_after; });
    ASSERT_TRUE(flood(server, {.batch = 2, .events = 40}).has_value());
    EXPECT_EQ(figures_->acked, 40U);
    EXPECT_EQ(figures_->unanswered, 0U);
}

TEST_F(LoadTest, AFloodThatWasStoppedGoesOnWithTheUnknownFirst) {
    {
        TestServer silent([](std::uint64_t request) {
            return request < 4 ? Reply::accept : Reply::store_and_drop;
        });
        // Each of the three connections has its lost request sent again at once, on a new
        // connection: ten in all.
        ASSERT_TRUE(flood(silent, {.batch = 5, .events = 50}, nullptr, [&] {
                        return silent.requests() >= 10;
                    }).has_value());
    }
    EXPECT_EQ(figures_->acked, 20U);
    EXPECT_EQ(figures_->unknown, 15U);
    const auto before = Ledger::read(path_);
    EXPECT_EQ(count(*before, Outcome::unknown), 15U);
    TestServer server([](std::uint64_t) { return Reply::accept; });
    ASSERT_TRUE(flood(server, {.batch = 5, .events = 20}, &*before).has_value());
    const auto after = Ledger::read(path_);
    EXPECT_EQ(after->entries.size(), 55U);
    EXPECT_EQ(count(*after, Outcome::unknown), 0U);
    EXPECT_EQ(server.taken().size(), 35U);
}

TEST_F(LoadTest, AClassThatWasKilledGoesOnWithoutLossOrChange) {
    std::size_t sent_before = 0;
    {
        TestServer server([](std::uint64_t) { return Reply::accept; });
        ASSERT_TRUE(play(server, nullptr, [&] { return server.requests() > 10; }).has_value());
        sent_before = server.taken().size();
    }
    // As a kill leaves it: half a line at the end.
    std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 9);
    const auto before = Ledger::read(path_);
    ASSERT_TRUE(before.has_value());
    EXPECT_TRUE(before->torn_last_line);
    TestServer server([](std::uint64_t) { return Reply::accept; });
    ASSERT_TRUE(play(server, &*before).has_value());
    const auto after = Ledger::read(path_);
    std::size_t events = 0;
    for (Classroom classroom(plan_); auto event = classroom.next(); ++events) {
        ASSERT_TRUE(after->entries.contains(event->id));
        EXPECT_EQ(after->entries.at(event->id).outcome, Outcome::acked);
    }
    EXPECT_EQ(after->entries.size(), events);
    EXPECT_LT(sent_before, events);
    EXPECT_LT(server.taken().size(), events) << "what was acknowledged before is not sent again";
}

TEST_F(LoadTest, AFixedRateIsHeldAsAnOpenModel) {
    TestServer server([](std::uint64_t) { return Reply::accept; });
    ASSERT_TRUE(
        flood(server, {.batch = 10, .events = 200, .events_per_second = 1'000}).has_value());
    // Twenty batches at 10 ms: the last is due after 190 ms, however fast the server is.
    EXPECT_GE(figures_->seconds, 0.19);
    EXPECT_EQ(figures_->acked, 200U);
}

TEST(EventTemplates, AnEventOfANumberIsTheContentThatTheLedgerKeeps) {
    const EventTemplates templates(
        {.students = 20, .minutes = 5, .seed = 3, .start_us = 1'790'000'000'000'000});
    ContentReader reader;
    // 100,000,000 ms lie on another day than the start.
    for (const std::uint64_t number : {0ULL, 1ULL, 999ULL, 100'000'000ULL}) {
        std::string json;
        templates.append_json(json, number);
        const auto item = reader.read(json);
        ASSERT_TRUE(item.has_value()) << json;
        EXPECT_EQ(item->id, templates.id(number));
        EXPECT_EQ(item->content.first_difference(templates.content(number)), "");
        EXPECT_EQ(json.find("streamId"), std::string::npos);
    }
    EXPECT_NE(templates.id(1), templates.id(2));
}

TEST(EventTemplates, ALargeClassIsMoreThanItsBeginning) {
    constexpr std::uint64_t kEvents = 1'000;
    const EventTemplates templates(
        {.students = 1'000, .minutes = 30, .seed = 3, .start_us = 1'790'000'000'000'000});
    std::string json;
    for (std::uint64_t number = 0; number < kEvents; ++number)
        templates.append_json(json, number);
    std::uint64_t executions = 0;
    for (auto at = json.find("\"cell_executed\""); at != std::string::npos;
         at = json.find("\"cell_executed\"", at + 1)) {
        ++executions;
    }
    EXPECT_GT(executions, kEvents / 3) << "students begin by opening, and go on by executing";
}

TEST(AnswerReader, ASuccessThatCannotBeReadIsNoPromise) {
    AnswerReader reader;
    Exchange exchange;
    exchange.response.status = 202;
    exchange.response.body = "{\"message\":\"fine\"}";
    EXPECT_TRUE(reader.read(exchange, 2).try_again);
    exchange.response.status = 409;
    EXPECT_EQ(reader.read(exchange, 2).outcomes, (std::vector{Outcome::refused, Outcome::refused}));
}

/// What a rule makes of an answer to two events: "again", "acked" or "refused".
std::string verdict_of(const AcceptRule& rule, int status, const std::string& body = "") {
    AnswerReader reader(rule);
    Exchange exchange;
    exchange.response.status = status;
    exchange.response.body = body;
    const Verdict verdict = reader.read(exchange, 2);
    if (verdict.try_again) return "again";
    EXPECT_EQ(verdict.outcomes.size(), 2U);
    return std::string(name_of(verdict.outcomes.front()));
}

TEST(AnswerReader, TakesTheRuleOfAnotherServer) {
    AcceptRule rule;
    EXPECT_EQ(verdict_of(rule, 200), "acked");
    EXPECT_EQ(verdict_of(rule, 299, "no JSON"), "acked");
    EXPECT_EQ(verdict_of(rule, 404), "refused");
    EXPECT_EQ(verdict_of(rule, 302), "refused") << "nobody follows it";
    EXPECT_EQ(verdict_of(rule, 429), "again");
    EXPECT_EQ(verdict_of(rule, 503), "again");
    rule.statuses = {201, 429, 500};
    EXPECT_EQ(verdict_of(rule, 200), "refused");
    EXPECT_EQ(verdict_of(rule, 429), "acked") << "what accepts comes first";
    EXPECT_EQ(verdict_of(rule, 500), "acked");
    rule.count = "/n";
    EXPECT_EQ(verdict_of(rule, 201, R"({"n":2})"), "acked");
    EXPECT_EQ(verdict_of(rule, 201, R"({"n":1})"), "again") << "not all of them";
    EXPECT_EQ(verdict_of(rule, 201, R"({"n":"2"})"), "again");
    EXPECT_EQ(verdict_of(rule, 201, "no JSON"), "again");
    EXPECT_EQ(verdict_of(rule, 404, "no JSON"), "refused");
    rule.count.clear();
    rule.pointer = "/said/0";
    for (const auto& [equals, value, other] :
         {std::tuple<decltype(rule.equals), std::string, std::string>{true, "true", "false"},
          {std::int64_t{7}, "7", "8"},
          {std::string("ok"), R"("ok")", R"("no")"}}) {
        rule.equals = equals;
        EXPECT_EQ(verdict_of(rule, 201, R"({"said":[)" + value + "]}"), "acked") << value;
        EXPECT_EQ(verdict_of(rule, 201, R"({"said":[)" + other + "]}"), "again") << other;
        EXPECT_EQ(verdict_of(rule, 201, R"({"said":[null]})"), "again");
        EXPECT_EQ(verdict_of(rule, 201, R"({"said":[]})"), "again");
    }
}

TEST(Backoff, DoublesUpToEightSecondsAndHonoursTheServer) {
    EXPECT_EQ(backoff_us(1, 0), 500'000);
    EXPECT_EQ(backoff_us(2, 0), 1'000'000);
    EXPECT_EQ(backoff_us(4, 0), 4'000'000);
    EXPECT_EQ(backoff_us(50, 0), 8'000'000);
    EXPECT_EQ(backoff_us(1, 3), 3'000'000);
}

TEST(ServerUsage, ReadsPrometheusText) {
    const auto usage = parse_usage(
        "# HELP x\nprocess_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 2.5e+06\n");
    ASSERT_TRUE(usage.has_value());
    EXPECT_DOUBLE_EQ(usage->cpu_seconds, 1.5);
    EXPECT_DOUBLE_EQ(usage->resident_bytes, 2.5e6);
    EXPECT_FALSE(parse_usage("process_cpu_seconds_total 1\n").has_value());
}

}  // namespace
}  // namespace cellmon::harness
