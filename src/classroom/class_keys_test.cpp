// Goal: the keys of a class are rows of which none can be read back, some good and some not.
// Method: a few classes with keys of each kind, on both engines.
#include "classroom/class_keys.hpp"

#include "classroom/class_testing.hpp"

namespace cellmon::classroom {
namespace {

std::string hash(unsigned number) {
    std::string text = std::to_string(number);
    return std::string(64 - text.size(), '0') + text;
}

class ClassKeysTest : public ClassTest {
  protected:
    static ClassKey key(std::int64_t class_id, unsigned number,
                        std::optional<TimeUs> expires_us = {}) {
        return {.class_id = class_id,
                .hash = hash(number),
                .ending = "wxyz",
                .label = "教室",
                .expires_us = expires_us};
    }
    std::int64_t add(std::int64_t class_id, unsigned number,
                     std::optional<TimeUs> expires_us = {}) {
        return good(add_class_key(*connection_, key(class_id, number, expires_us), 1));
    }
    std::vector<GoodKey> good_at(TimeUs now) { return good(good_class_keys(*connection_, now)); }
};

INSTANTIATE_TEST_SUITE_P(Engines, ClassKeysTest, sql::kTestedEngines, sql::engine_name);

TEST_P(ClassKeysTest, AKeyIsGoodUntilItExpiresOrIsRevoked) {
    const auto first = class_row("A");
    const auto second = class_row("B");
    add(first, 3);
    const auto revoked = add(first, 1);
    add(second, 2, 100);
    EXPECT_EQ(good_at(99), (std::vector<GoodKey>{{hash(1), "A", std::nullopt},
                                                 {hash(2), "B", 100},
                                                 {hash(3), "A", std::nullopt}}));
    EXPECT_EQ(good_at(100).size(), 2U);
    EXPECT_TRUE(good(revoke_class_key(*connection_, revoked, 50)));
    EXPECT_FALSE(good(revoke_class_key(*connection_, revoked, 60))) << "it was none any more";
    EXPECT_FALSE(good(revoke_class_key(*connection_, 999, 60)));
    EXPECT_EQ(good_at(100), (std::vector<GoodKey>{{hash(3), "A", std::nullopt}}));
    const auto row = good(find_class_key(*connection_, revoked));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->revoked_us, 50);
    EXPECT_EQ(row->label, "教室");
    EXPECT_EQ(row->ending, "wxyz");
    EXPECT_EQ(good(list_class_keys(*connection_, first, {})).size(), 2U) << "good or not";
    EXPECT_EQ(good(list_class_keys(*connection_, first, {1, 1})).front().id, revoked);
}

TEST_P(ClassKeysTest, AKeyFollowsItsClass) {
    const auto id = class_row("A");
    add(id, 1);
    auto row = good(find_class(*connection_, id));
    row->class_code = "B";
    good(store_class(*connection_, *row, 2));
    EXPECT_EQ(good_at(2), (std::vector<GoodKey>{{hash(1), "B", std::nullopt}}));
    good(remove_class(*connection_, id));
    EXPECT_TRUE(good_at(2).empty());
}

TEST_P(ClassKeysTest, OnlySoManyAreGoodAtATime) {
    const auto id = class_row("A");
    for (unsigned number = 0; number + 1 < kMostClassKeys; ++number)
        add(id, number);
    add(id, 100, 50);
    EXPECT_EQ(code_of(add_class_key(*connection_, key(id, 101), 49)), ErrorCode::limit);
    EXPECT_TRUE(add_class_key(*connection_, key(id, 101), 50)) << "one has expired";
    EXPECT_EQ(code_of(add_class_key(*connection_, key(id, 102), 50)), ErrorCode::limit);
    EXPECT_TRUE(add_class_key(*connection_, key(class_row("B"), 102), 50));
}

TEST_P(ClassKeysTest, TheDatabaseRefusesWhatIsNoKey) {
    const auto id = class_row("A");
    add(id, 1);
    EXPECT_EQ(code_of(add_class_key(*connection_, key(class_row("B"), 1), 1)),
              ErrorCode::already_exists)
        << "one key is of one class";
    EXPECT_EQ(code_of(add_class_key(*connection_, key(999, 2), 1)), ErrorCode::reference);
    auto bad = key(id, 2);
    bad.hash = "short";
    EXPECT_EQ(code_of(add_class_key(*connection_, bad, 1)), ErrorCode::invalid);
    bad = key(id, 2);
    bad.label = std::string(201, 'x');
    EXPECT_EQ(code_of(add_class_key(*connection_, bad, 1)), ErrorCode::invalid);
}

}  // namespace
}  // namespace cellmon::classroom
