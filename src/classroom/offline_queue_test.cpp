// Goal: what waits for the journal is counted, ordered and bounded; refusals are remembered.
// Method: on both engines.
#include "classroom/offline_queue.hpp"

#include "base/random.hpp"
#include "classroom/class_testing.hpp"
#include "classroom/host_environments.hpp"

namespace cellmon::classroom {
namespace {

class OfflineQueueTest : public ClassTest {
  protected:
    QueuedEvent event(std::int64_t priority, const std::string& json = "{}") {
        QueuedEvent made;
        made.queue_id = random_.id().to_string();
        made.event = json;
        made.priority = priority;
        made.created_us = 1;
        return made;
    }
    std::vector<std::string> waiting(bool with_failed = false) {
        std::vector<std::string> list;
        for (const QueuedEvent& one : good(list_queued(*connection_, with_failed)))
            list.push_back(one.event);
        return list;
    }

    SeededRandom random_{3};
};

INSTANTIATE_TEST_SUITE_P(Engines, OfflineQueueTest, sql::kTestedEngines, sql::engine_name);

TEST_P(OfflineQueueTest, TheMostUrgentGoFirst) {
    good(enqueue(*connection_,
                 std::vector{event(1, "a"), event(3, "b"), event(2, "c"), event(3, "d")}));
    EXPECT_EQ(waiting(), (std::vector<std::string>{"b", "d", "c", "a"}));
    const QueueCounts counts = good(count_queue(*connection_));
    EXPECT_EQ(counts.waiting, (std::array<std::int64_t, 3>{1, 1, 2}));
    EXPECT_EQ(counts.all_waiting(), 4);
    const auto all = good(list_queued(*connection_, false));
    good(remove_queued(*connection_, std::vector{all[0].id, all[2].id}));
    EXPECT_EQ(waiting(), (std::vector<std::string>{"d", "a"}));
    const std::vector<std::string> ids{all[1].queue_id, all[0].queue_id};
    EXPECT_EQ(good(find_queued(*connection_, ids)).size(), 1U);
    good(clear_queue(*connection_));
    EXPECT_TRUE(waiting(true).empty());
}

TEST_P(OfflineQueueTest, RefusalsAreRemembered) {
    good(enqueue(*connection_, std::vector{event(1, "a"), event(1, "b")}));
    const auto all = good(list_queued(*connection_, false));
    good(note_retry(*connection_, all[0].id, "emailAddress: missing", 7));
    good(note_retry(*connection_, all[1].id, std::nullopt, 8));
    EXPECT_EQ(waiting(), std::vector<std::string>{"b"});
    EXPECT_EQ(waiting(true), (std::vector<std::string>{"a", "b"}));
    const auto failed = good(list_failed(*connection_));
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].error, "emailAddress: missing");
    EXPECT_EQ(failed[0].retry_count, 1);
    EXPECT_EQ(failed[0].last_retry_us, 7);
    EXPECT_EQ(good(count_queue(*connection_)).failed, 1);
}

TEST_P(OfflineQueueTest, ItIsBounded) {
    std::vector<QueuedEvent> events;
    for (std::int64_t i = 0; i < kMostQueued; ++i)
        events.push_back(event(1));
    good(enqueue(*connection_, events));
    EXPECT_EQ(code_of(enqueue(*connection_, std::vector{event(3)})), ErrorCode::limit);
    EXPECT_EQ(good(count_queue(*connection_)).all_waiting(), kMostQueued);
}

TEST_P(OfflineQueueTest, TheLastSyncIsKept) {
    EXPECT_EQ(good(last_sync(*connection_)), std::nullopt);
    good(note_sync(*connection_, 5));
    good(note_sync(*connection_, 9));
    EXPECT_EQ(good(last_sync(*connection_)), 9);
}

TEST_P(OfflineQueueTest, HostEnvironmentsAreFoundByIdAndTime) {
    for (std::int64_t i = 1; i <= kMostHostEnvironments + 2; ++i) {
        HostEnvironment row;
        row.snapshot_id = random_.id().to_string();
        row.captured_us = i * 10;
        row.report = std::to_string(i);
        good(add_host_environment(*connection_, row));
    }
    const auto newest = *good(newest_host_environment(*connection_));
    EXPECT_EQ(newest.captured_us, (kMostHostEnvironments + 2) * 10);
    EXPECT_EQ(good(find_host_environment(*connection_, newest.snapshot_id))->report, newest.report);
    EXPECT_EQ(good(first_host_environment(*connection_, 0))->report, "3") << "the oldest go";
    EXPECT_EQ(good(first_host_environment(*connection_, 101))->report, "11");
    EXPECT_EQ(good(host_environment_before(*connection_, 101))->report, "10");
    EXPECT_FALSE(good(host_environment_before(*connection_, 30)));
}

}  // namespace
}  // namespace cellmon::classroom
