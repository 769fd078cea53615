// Goal: a diff names what happened to each cell and to its lines, no more moves than there were,
// and two thousand cells are no burden. Method: small notebooks; random shuffles against a plain
// count of what can stay; a large one.
#include "notebook/cell_diff.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <rapidcheck.h>

#include "notebook/testing.hpp"

namespace cellmon::notebook {
namespace {

NotebookDiff diff(const Sample& before, const Sample& after) {
    Contents needed;
    for (const std::string& hash : contents_to_compare(before.ref.cells, after.ref.cells))
        needed.emplace(hash, Sample::all().at(hash));
    return diff_notebooks(before.ref.cells, after.ref.cells, needed);
}

const Sample kThree({{"a", "x = 1\ny = 2\nz = 3"}, {"b", "print(x)"}, {"c", "# 終"}});

TEST(CellDiff, TheSameIsNoChange) {
    const auto result = diff(kThree, kThree);
    EXPECT_TRUE(result.cells.empty());
    EXPECT_EQ(result.similarity, 1);
    EXPECT_EQ(significance_of(result), "minor");
}

TEST(CellDiff, EveryKindOfChangeIsNamed) {
    const Sample after(
        {{"new", "n = 1\nm = 2"}, {"renamed", "# 終"}, {"a", "x = 1\ny = 22\nz = 3"}});
    const auto result = diff(kThree, after);
    ASSERT_EQ(result.cells.size(), 4U);
    EXPECT_EQ(result.cells[0].type, ChangeType::added);
    EXPECT_EQ(result.cells[0].new_content, "n = 1\nm = 2");
    EXPECT_FALSE(result.cells[0].old_index);
    EXPECT_EQ(result.cells[1].type, ChangeType::renamed);
    EXPECT_EQ(result.cells[1].cell_id, "renamed");
    EXPECT_EQ(result.cells[1].old_index, 2);
    EXPECT_EQ(result.cells[2].type, ChangeType::modified);
    EXPECT_EQ(result.cells[2].line_diffs,
              (std::vector<std::string>{"--- \n", "+++ \n", "@@ -1,3 +1,3 @@\n", " x = 1\n",
                                        "-y = 2\n", "+y = 22\n", " z = 3"}));
    EXPECT_EQ(result.cells[3].type, ChangeType::deleted);
    EXPECT_EQ(result.cells[3].old_content, "print(x)");
    EXPECT_EQ(result.cells[3].old_index, 1);
    const ChangeCounts& counts = result.counts;
    EXPECT_EQ(counts.total_changes, 4);
    EXPECT_EQ(counts.cells_added, 1);
    EXPECT_EQ(counts.cells_deleted, 1);
    EXPECT_EQ(counts.cells_modified, 1);
    EXPECT_EQ(counts.cells_renamed, 1);
    EXPECT_EQ(counts.cells_moved, 1) << "either of the two that changed places";
    EXPECT_EQ(counts.lines_added, 3);
    EXPECT_EQ(counts.lines_deleted, 2);
    EXPECT_EQ(counts.lines_modified, 1);
    // 3 of 3 cells, 5 of 6 lines, 11 lines of which 5 are not shared.
    EXPECT_DOUBLE_EQ(result.similarity, 0.2 + 0.3 * 5 / 6 + 0.5 * 6 / 11);
    EXPECT_EQ(significance_of(result), "major");
}

TEST(CellDiff, ATextIsToldOfAMovedCell) {
    const auto result =
        diff(kThree, Sample({{"c", "# 終"}, {"a", "x = 1\ny = 2\nz = 3"}, {"b", "print(x)"}}));
    ASSERT_EQ(result.cells.size(), 1U);
    EXPECT_EQ(result.cells[0].type, ChangeType::moved);
    EXPECT_EQ(result.cells[0].new_content, "# 終");
    EXPECT_EQ(result.cells[0].old_index, 2);
    EXPECT_EQ(result.cells[0].new_index, 0);
}

TEST(CellDiff, MetadataThatNobodySeesIsNoChange) {
    const auto cell = [](const std::string& metadata) {
        const Content content = content_of("code", "x", metadata, "");
        Sample::all()[content.hash] = parse_content(content.json);
        return CellRef{"a", content.hash, "", 1};
    };
    const std::vector plain{cell("{}")};
    const std::vector hidden{cell(R"({"execution":{"t":1}})")};
    const std::vector tagged{cell(R"({"tags":["x"]})")};
    EXPECT_TRUE(diff_notebooks(plain, hidden, Sample::all()).cells.empty());
    EXPECT_EQ(diff_notebooks(plain, tagged, Sample::all()).counts.cells_modified, 1);
}

TEST(CellDiff, NoMoreCellsMoveThanMust) {
    EXPECT_TRUE(rc::check([] {
        const auto size = *rc::gen::inRange<std::size_t>(0, 9);
        std::vector<int> order(size);
        std::iota(order.begin(), order.end(), 0);
        Sample::Cells before;
        for (const int i : order)
            before.emplace_back(std::to_string(i), "same");
        // A shuffle that rapidcheck can repeat.
        for (std::size_t i = size; i > 1; --i)
            std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
        Sample::Cells after;
        for (const int i : order)
            after.emplace_back(std::to_string(i), "same");
        // The longest ascending part, by trying all of them.
        std::size_t stay = 0;
        for (unsigned subset = 0; subset < 1U << size; ++subset) {
            std::vector<int> chosen;
            for (std::size_t i = 0; i < size; ++i) {
                if ((subset >> i & 1U) != 0) chosen.push_back(order[i]);
            }
            if (std::is_sorted(chosen.begin(), chosen.end())) stay = std::max(stay, chosen.size());
        }
        const auto result = diff(Sample(before), Sample(after));
        RC_ASSERT(result.counts.cells_moved == static_cast<std::int64_t>(size - stay));
        RC_ASSERT(result.counts.total_changes == result.counts.cells_moved);
    }));
}

TEST(CellDiff, CellsUnderNewIdsAreRenamedInTheirOrder) {
    Sample::Cells before;
    Sample::Cells after;
    for (int i = 0; i < 20; ++i) {
        const std::string text = "x = " + std::to_string(i % 3);
        before.emplace_back("old" + std::to_string(i), text);
        after.emplace_back("new" + std::to_string(i), text);
    }
    const auto result = diff(Sample(before), Sample(after));
    EXPECT_EQ(result.counts.cells_renamed, 20);
    EXPECT_EQ(result.counts.total_changes, 20);
    EXPECT_EQ(result.counts.cells_moved, 0);
}

TEST(CellDiff, AnythingBecomesAnything) {
    using Cells = std::vector<std::pair<int, int>>;
    EXPECT_TRUE(rc::check([](const Cells& old_cells, const Cells& new_cells) {
        const auto sample = [](const Cells& cells) {
            Sample::Cells unique;
            for (const auto& [id, source] : cells) {
                const std::string text = std::to_string(id % 7);
                const bool known = std::any_of(unique.begin(), unique.end(),
                                               [&](const auto& one) { return one.first == text; });
                if (!known)
                    unique.emplace_back(
                        text, std::string(static_cast<std::size_t>(std::abs(source % 3)), 's'));
            }
            return Sample(unique);
        };
        const Sample before = sample(old_cells);
        const Sample after = sample(new_cells);
        const auto result = diff(before, after);
        const auto& counts = result.counts;
        RC_ASSERT(static_cast<std::int64_t>(after.ref.cells.size()) - counts.cells_added ==
                  static_cast<std::int64_t>(before.ref.cells.size()) - counts.cells_deleted);
        RC_ASSERT(result.similarity >= 0 && result.similarity <= 1);
        RC_ASSERT(result.cells.empty() == (before.ref.cells == after.ref.cells));
    }));
}

TEST(CellDiff, TheSignificanceFollowsTheSizeOfTheChange) {
    Sample::Cells cells;
    for (int i = 0; i < 40; ++i)
        cells.emplace_back(std::to_string(i), "a\nb\nc\nd\ne\nf\n");
    const auto changed = [&](std::size_t count, const std::string& source) {
        auto after = cells;
        for (std::size_t i = 0; i < count; ++i)
            after[i].second = source;
        return std::string(significance_of(diff(Sample(cells), Sample(after))));
    };
    EXPECT_EQ(changed(3, "a\n"), "minor");
    EXPECT_EQ(changed(4, "a\n"), "major");
    EXPECT_EQ(changed(10, "a\n"), "major");
    EXPECT_EQ(changed(11, "a\n"), "breaking");
    std::string long_text;
    for (int i = 0; i < 21; ++i)
        long_text += "new\n";
    EXPECT_EQ(changed(1, long_text), "major");
}

TEST(CellDiff, TwoThousandCellsAreNoBurden) {
    Sample::Cells before;
    for (int i = 0; i < 2'000; ++i)
        before.emplace_back(std::to_string(i), "x = " + std::to_string(i) + "\nprint(x)\n");
    auto after = before;
    std::reverse(after.begin(), after.end());
    for (auto& [id, source] : after)
        source += "# 後\n";
    const Sample a(before);
    const Sample b(after);
    const auto began = std::chrono::steady_clock::now();
    const auto result = diff(a, b);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_EQ(result.counts.cells_modified, 2'000);
    EXPECT_EQ(result.counts.cells_moved, 1'999);
    EXPECT_EQ(result.counts.lines_added, 2'000);
    EXPECT_LT(took, std::chrono::seconds(5));
}

}  // namespace
}  // namespace cellmon::notebook
