// Goal: events of tests are there for ten minutes, in their order, and never too many. Method: on
// both engines.
#include "classroom/test_events.hpp"

#include "classroom/class_testing.hpp"

namespace cellmon::classroom {
namespace {

class TestEventsTest : public ClassTest {
  protected:
    std::vector<std::string> events(std::string_view test_id, TimeUs now) {
        std::vector<std::string> list;
        for (const TestEvent& one : good(list_test_events(*connection_, test_id, now)))
            list.push_back(one.event);
        return list;
    }
    void store(std::string_view test_id, const std::vector<std::string>& list, TimeUs now) {
        good(store_test_events(*connection_, test_id, list, now));
    }
    using Texts = std::vector<std::string>;
};

INSTANTIATE_TEST_SUITE_P(Engines, TestEventsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(TestEventsTest, AreThereForTenMinutes) {
    store("a", {"1", "2"}, kHourUs);
    store("a", {"3"}, kHourUs + kMinuteUs);
    store("b", {}, kHourUs);
    store("c", {"4"}, kHourUs + kMinuteUs);
    EXPECT_EQ(events("a", kHourUs + 2 * kMinuteUs), (Texts{"1", "2", "3"}));
    EXPECT_EQ(good(list_test_ids(*connection_, kHourUs + kMinuteUs)), (Texts{"a", "c"}));
    EXPECT_EQ(events("a", kHourUs + kTestEventsKeptUs), (Texts{"3"}));
    EXPECT_TRUE(events("a", kHourUs + kTestEventsKeptUs + kMinuteUs).empty());
    EXPECT_TRUE(good(list_test_ids(*connection_, 2 * kHourUs)).empty());
    store("d", {"5"}, 2 * kHourUs);
    EXPECT_EQ(good(list_test_ids(*connection_, 0)), (Texts{"d"})) << "the others are gone";
    good(remove_test_events(*connection_, "d"));
    EXPECT_TRUE(events("d", 2 * kHourUs).empty());
}

TEST_P(TestEventsTest, TheOldestGo) {
    for (int i = 0; i < 6; ++i)
        store(i == 0 ? "first" : "many", Texts(200, std::to_string(i)), kHourUs);
    const auto kept = events("many", kHourUs);
    EXPECT_EQ(kept.size(), static_cast<std::size_t>(kMostTestEvents));
    EXPECT_TRUE(events("first", kHourUs).empty());
}

}  // namespace
}  // namespace cellmon::classroom
