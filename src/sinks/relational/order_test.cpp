// Goal: the rows depend on which events there are, not on the order they came in or how they were
// cut into batches. Method: random classes with late, repeated and interleaved streams; the store's
// error streaks, help requests and digests are compared with a fold over the sorted list, and
// between batch sizes.

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <rapidcheck.h>

#include "sinks/relational/help.hpp"
#include "sinks/relational/test_class.hpp"
#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

using OrderTest = StoreTest;

/// The events of one student and key in their order, by the definition in stream_order.hpp.
std::vector<Made> in_order(const std::vector<Made>& all, auto&& belongs) {
    std::vector<Made> chosen;
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), belongs);
    std::sort(chosen.begin(), chosen.end(), [](const Made& a, const Made& b) {
        return std::tuple(a.stream, a.number, a.sequence) <
               std::tuple(b.stream, b.number, b.sequence);
    });
    std::map<int, TimeUs> ends;
    for (Made& event : chosen) {
        event.order_us = kStartUs + event.offset_us;
        if (event.stream == 0) continue;
        const auto end = ends.find(event.stream);
        if (end != ends.end()) event.order_us = std::max(event.order_us, end->second + 1);
        ends[event.stream] = event.order_us;
    }
    std::sort(chosen.begin(), chosen.end(), [](const Made& a, const Made& b) {
        return std::pair(a.order_us, a.sequence) < std::pair(b.order_us, b.sequence);
    });
    return chosen;
}

std::map<std::int64_t, std::int64_t> expected_streaks(const std::vector<Made>& all) {
    std::map<std::int64_t, std::int64_t> streaks;
    for (const int student : {0, 1}) {
        for (const int cell : {0, 1}) {
            std::int64_t streak = 0;
            for (const Made& event : in_order(all, [&](const Made& e) {
                     return e.student == student && e.cell == cell && e.kind <= 1;
                 })) {
                streak = event.kind == 1 ? streak + 1 : 0;
                streaks[static_cast<std::int64_t>(event.sequence)] = streak;
            }
        }
    }
    return streaks;
}

/// opened_sequence → "opened last_seen closed by signals".
std::map<std::int64_t, std::string> expected_help(const std::vector<Made>& all) {
    std::map<std::int64_t, std::string> requests;
    for (const int student : {0, 1}) {
        std::int64_t opened = 0;
        TimeUs opened_us = 0;
        TimeUs seen_us = 0;
        int signals = 0;
        const auto note = [&](TimeUs closed_us, std::string_view by) {
            requests[opened] =
                fmt::format("{} {} {} {} {}", opened_us, seen_us, closed_us, by, signals);
        };
        for (const Made& event : in_order(all, [&](const Made& e) {
                 return e.student == student && (e.kind == 3 || e.kind == 4);
             })) {
            if (opened != 0 && event.order_us > seen_us + kHelpExpiresUs) {
                note(seen_us + kHelpExpiresUs, "expired");
                opened = 0;
            }
            if (event.kind == 4) {
                if (opened != 0) note(event.order_us, "student");
                opened = 0;
                continue;
            }
            if (opened == 0) {
                opened = static_cast<std::int64_t>(event.sequence);
                opened_us = event.order_us;
                signals = 0;
            }
            seen_us = event.order_us;
            ++signals;
            note(0, "");
        }
    }
    return requests;
}

TEST_F(OrderTest, StreaksAndHelpAreThoseOfTheSortedEvents) {
    const bool holds = rc::check("fold over sorted events", [&](std::uint32_t seed) {
        SeededRandom random(seed);
        auto made = make_class(random, 10 + random.u32() % 120);
        const TestJournal journal = post_class(made);
        const std::string name = fmt::format("{}.db", seed);
        {
            RelationalSink sink(store(name), SinkOptions{});
            apply_all(sink, journal, 1 + random.u32() % 30);
        }
        const auto database = connect(name);
        std::map<std::int64_t, std::int64_t> streaks;
        auto select = database->prepare(
            "SELECT sequence, consecutive_error_count FROM cell_executions WHERE status IN "
            "('success', 'error')");
        RC_ASSERT(select.has_value());
        RC_ASSERT(
            select->each([&](const Statement& row) { streaks[row.integer(0)] = row.integer(1); })
                .has_value());
        RC_ASSERT(streaks == expected_streaks(made));

        std::map<std::int64_t, std::string> requests;
        auto help = database->prepare(
            "SELECT opened_sequence, opened_us, last_seen_us, ifnull(closed_us, 0), "
            "ifnull(closed_by, ''), signals FROM help_requests");
        RC_ASSERT(help.has_value());
        RC_ASSERT(help->each([&](const Statement& row) {
                          requests[row.integer(0)] =
                              fmt::format("{} {} {} {} {}", row.integer(1), row.integer(2),
                                          row.integer(3), row.text(4), row.integer(5));
                      })
                      .has_value());
        RC_ASSERT(requests == expected_help(made));

        // The state of each cell is that of its last run.
        const auto wrong = database->integer(
            "SELECT count(*) FROM cell_states t JOIN cell_executions e ON e.sequence = "
            "t.last_sequence WHERE e.consecutive_error_count <> t.consecutive_error_count OR "
            "e.order_us <> t.last_order_us OR EXISTS (SELECT 1 FROM cell_executions f WHERE "
            "f.student_id = t.student_id AND f.cell_key = t.cell_key AND f.status IN ('success', "
            "'error') AND (f.order_us, f.sequence) > (e.order_us, e.sequence))");
        RC_ASSERT(wrong.has_value() && wrong->value_or(-1) == 0);
    });
    EXPECT_TRUE(holds);
}

TEST_F(OrderTest, BatchesOf1And7And10000GiveEqualDigests) {
    SeededRandom random(5);
    auto made = make_class(random, 3'000);
    TestJournal journal = post_class(made);
    journal.append(journal::EntryKind::quarantine, "{}", kStartUs);
    journal.append(journal::EntryKind::event, "unreadable", kStartUs);
    std::optional<Digest> first;
    for (const std::size_t batch_entries : {1U, 7U, 10'000U}) {
        const std::string name = fmt::format("batch-{}.db", batch_entries);
        RelationalSink sink(store(name), SinkOptions{});
        apply_all(sink, journal, batch_entries);
        const Digest found = digest_of(name);
        if (!first) first = found;
        EXPECT_EQ(found.differences(*first), "") << "batches of " << batch_entries;
    }
    EXPECT_EQ(first->tables.at("events").rows, 3'000);
    EXPECT_EQ(first->tables.at("quarantine").rows, 1);
    EXPECT_EQ(first->tables.at("dead_letters").rows, 1);
    EXPECT_GT(first->tables.at("help_requests").rows, 10);
}

TEST_F(OrderTest, TheDigestSeesOneChangedField) {
    SeededRandom random(6);
    auto made = make_class(random, 50);
    const TestJournal journal = post_class(made);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 50);
    const Digest before = digest_of();
    alter(
        "UPDATE cell_executions SET result = 'other' WHERE sequence = (SELECT min(sequence) FROM "
        "cell_executions)");
    EXPECT_EQ(before.differences(digest_of()), "cell_executions");
}

TEST_F(OrderTest, NameAndTeamAreOfTheLatestEventThatNamesOne) {
    TestJournal journal;
    journal.post(event_json("a", "s@example.com", 10 * kSecondUs, R"("userName":"new")"),
                 kStartUs + 100 * kSecondUs);
    journal.post(
        event_json("a", "s@example.com", 5 * kSecondUs, R"("userName":"old","teamName":"A")"),
        kStartUs + 100 * kSecondUs);
    journal.post(event_json("a", "s@example.com", 20 * kSecondUs), kStartUs + 100 * kSecondUs);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal, 1);
    EXPECT_EQ(integer("SELECT count(*) FROM students JOIN teams ON teams.id = team_id WHERE "
                      "students.name = 'new' AND team_name = 'A'"),
              1);
}

}  // namespace
}  // namespace cellmon::relational
