// Goal: each way in which the rows of a range can differ has a name and a place. Method: small
// tables of what is expected and what is stored.

#include "audit/row_comparison.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cellmon::audit {
namespace {

/// The row of an event `n`, at sequence `at`.
StoredRow row(std::uint8_t n, std::uint64_t at, std::uint64_t mark = 0) {
    StoredRow row;
    row.sequence = at;
    row.id.bytes.fill(n);
    row.mark = mark == 0 ? n * 1'000U : mark;
    return row;
}

std::string differences(const std::vector<StoredRow>& stored) {
    const std::vector<StoredRow> expected{row(1, 1), row(2, 2), row(3, 3), row(5, 5)};
    std::string text;
    for (const Difference& one : compare_rows(expected, stored)) {
        text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", name_of(one.kind),
                            one.sequence, one.id.bytes[0]);
    }
    return text;
}

TEST(RowComparison, NamesEachKind) {
    EXPECT_EQ(differences({row(1, 1), row(2, 2), row(3, 3), row(5, 5)}), "");
    EXPECT_EQ(differences({row(1, 1), row(3, 3)}), "missing 2 of 2, missing 5 of 5");
    EXPECT_EQ(
        differences({row(8, 0), row(1, 1), row(2, 2), row(3, 3), row(9, 4), row(5, 5), row(6, 6)}),
        "extra 0 of 8, extra 4 of 9, extra 6 of 6");
    EXPECT_EQ(differences({row(1, 1), row(2, 2, 7), row(3, 3), row(5, 5)}), "changed 2 of 2");
    EXPECT_EQ(differences({row(1, 1), row(9, 2), row(3, 3), row(5, 5)}),
              "changed 2 of 9, missing 2 of 2");
    EXPECT_EQ(differences({row(1, 1), row(2, 2), row(2, 2), row(3, 3), row(5, 5)}),
              "doubled 2 of 2");
    EXPECT_EQ(differences({row(1, 1), row(2, 2, 7), row(2, 2), row(3, 3), row(5, 5)}),
              "doubled 2 of 2");
    EXPECT_EQ(differences({row(1, 1), row(2, 2), row(2, 3), row(5, 5)}),
              "doubled 3 of 2, missing 3 of 3");
    EXPECT_EQ(differences({row(1, 1), row(2, 2), row(3, 3), row(3, 4), row(5, 5)}),
              "doubled 4 of 3");
    EXPECT_EQ(differences({row(1, 1), row(3, 2), row(2, 3), row(5, 5)}),
              "order 2 of 3, order 3 of 2");
    EXPECT_EQ(differences({row(1, 1), row(2, 2), row(3, 3), row(5, 6)}),
              "missing 5 of 5, order 6 of 5");
    EXPECT_EQ(differences({}), "missing 1 of 1, missing 2 of 2, missing 3 of 3, missing 5 of 5");
}

TEST(RowComparison, KnowsWhatIsLeftOfARowAndWhatHasNoId) {
    StoredRow left = row(0, 2);
    left.remains = true;
    EXPECT_EQ(differences({row(1, 1), left, row(3, 3), row(5, 5)}), "missing 2 of 2");
    EXPECT_EQ(differences({row(1, 1), row(0, 2, 2'000), row(3, 3), row(5, 5)}), "");
    EXPECT_EQ(differences({row(1, 1), row(0, 2, 7), row(3, 3), row(5, 5)}), "changed 2 of 0");
}

}  // namespace
}  // namespace cellmon::audit
