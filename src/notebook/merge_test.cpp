// Goal: what two people did apart comes together, and nothing of either is lost in silence: what
// cannot be joined is named. Method: texts changed in halves of their own, at random; a table of
// cells that both changed.
#include "notebook/merge.hpp"

#include <rapidcheck.h>

#include "notebook/testing.hpp"

namespace cellmon::notebook {
namespace {

using Strings = std::vector<std::string>;

Merge merge(const Sample& base, const Sample& ours, const Sample& theirs,
            const Resolutions& resolutions = {}) {
    Contents needed;
    for (const std::string& hash : contents_to_merge(base.ref, ours.ref, theirs.ref))
        needed.emplace(hash, Sample::all().at(hash));
    Merge result = merge_notebooks(base.ref, ours.ref, theirs.ref, needed, resolutions);
    for (const MergedCell& cell : result.cells) {
        if (cell.made) Sample::all()[cell.made->hash] = parse_content(cell.made->json);
    }
    return result;
}

/// `id:source` of each cell.
Strings cells_of(const Merge& merged) {
    Strings cells;
    for (const MergedCell& cell : merged.cells)
        cells.push_back(cell.ref.id + ":" + Sample::all().at(cell.ref.content).source);
    return cells;
}

Strings kinds_of(const Merge& merged) {
    Strings kinds;
    for (const Conflict& conflict : merged.conflicts)
        kinds.push_back(conflict.cell_id + ":" + std::string(conflict.kind));
    return kinds;
}

TEST(MergeText, WhatIsDoneInOtherPlacesComesTogether) {
    EXPECT_TRUE(rc::check([] {
        const auto half = [](const Strings& from) {
            std::string text;
            for (const std::string& line : from) {
                const int what = *rc::gen::inRange(0, 6);
                if (what == 0) continue;
                if (what == 1) text += "new\n";
                text += what == 2 ? "changed\n" : line;
            }
            return text;
        };
        Strings first;
        Strings second;
        for (int i = 0; i < 8; ++i) {
            first.push_back("first " + std::to_string(i) + "\n");
            second.push_back("second " + std::to_string(i) + "\n");
        }
        const std::string between = "one\ntwo\n";
        const auto text = [](const Strings& lines) {
            std::string whole;
            for (const std::string& line : lines)
                whole += line;
            return whole;
        };
        const std::string our_half = half(first);
        const std::string their_half = half(second);
        const auto merged =
            merge_text(text(first) + between + text(second), our_half + between + text(second),
                       text(first) + between + their_half);
        RC_ASSERT(merged == our_half + between + their_half);
    }));
}

TEST(MergeText, NothingIsLostInSilence) {
    EXPECT_TRUE(rc::check([] {
        const auto text = [] {
            std::string lines;
            for (const int number : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3)))
                lines += std::string(1, static_cast<char>('a' + number)) + "\n";
            return lines;
        };
        const std::string base = text();
        const std::string ours = text();
        const std::string theirs = text();
        RC_ASSERT(merge_text(base, ours, base) == ours);
        RC_ASSERT(merge_text(base, base, theirs) == theirs);
        RC_ASSERT(merge_text(base, ours, ours) == ours);
        const auto one = merge_text(base, ours, theirs);
        RC_ASSERT(one == merge_text(base, theirs, ours));
    }));
    EXPECT_EQ(merge_text("a\nb\n", "a\nx\n", "a\ny\n"), std::nullopt);
    EXPECT_EQ(merge_text("a\n", "a\nx\n", "a\ny\n"), std::nullopt);
    EXPECT_EQ(merge_text("a\nb\nc", "a\nc", "a\nB\nc"), std::nullopt);
    EXPECT_EQ(merge_text("a\nb\nc\n", "a\nx\nc\n", "a\nx\nc\nd\n"), "a\nx\nc\nd\n");
}

const Sample kBase({{"a", "1\n2\n3\n4\n5"}, {"b", "b"}, {"c", "c"}, {"d", "d"}});

TEST(Merge, WhatOneSideDidIsTaken) {
    const Sample theirs({{"a", "1\n2\n3\n4\n五"}, {"c", "c"}, {"new", "n"}, {"d", "d"}});
    const Sample ours(
        {{"ours", "o"}, {"a", "一\n2\n3\n4\n5"}, {"b", "b"}, {"c", "c!"}, {"d", "d"}});
    const auto merged = merge(kBase, ours, theirs);
    EXPECT_EQ(kinds_of(merged), Strings{});
    EXPECT_EQ(cells_of(merged), (Strings{"ours:o", "a:一\n2\n3\n4\n五", "c:c!", "new:n", "d:d"}));
    EXPECT_TRUE(merged.cells[1].made);
    EXPECT_FALSE(merged.cells[2].made);
    EXPECT_EQ(cells_of(merge(kBase, theirs, ours)), cells_of(merged));
}

TEST(Merge, WhatBothDidIsNamedAndSettled) {
    const Sample ours({{"a", "ours"}, {"c", "c"}, {"d", "d ours"}, {"both", "ours"}});
    const Sample theirs({{"a", "theirs"}, {"b", "b!"}, {"c", "c"}, {"both", "theirs"}});
    const auto merged = merge(kBase, ours, theirs);
    EXPECT_EQ(kinds_of(merged),
              (Strings{"a:modified", "b:deleted_by_us", "d:deleted_by_them", "both:added"}));
    EXPECT_EQ(merged.conflicts[1].base, "b");
    EXPECT_EQ(merged.conflicts[1].ours, std::nullopt);
    EXPECT_EQ(merged.conflicts[1].theirs, "b!");
    const auto settled =
        merge(kBase, ours, theirs,
              {{"a", Side::theirs}, {"b", Side::ours}, {"d", Side::ours}, {"both", Side::theirs}});
    EXPECT_EQ(kinds_of(settled), Strings{});
    EXPECT_EQ(cells_of(settled), (Strings{"a:theirs", "c:c", "d:d ours", "both:theirs"}));
}

TEST(Merge, TheOrderOfWhoeverChangedItHolds) {
    const Sample turned({{"d", "d"}, {"c", "c"}, {"b", "b"}, {"a", "1\n2\n3\n4\n5"}});
    const Sample edited({{"a", "1\n2\n3\n4\n5"}, {"b", "b!"}, {"x", "x"}, {"c", "c"}, {"d", "d"}});
    const Strings expected{"d:d", "c:c", "b:b!", "x:x", "a:1\n2\n3\n4\n5"};
    EXPECT_EQ(cells_of(merge(kBase, turned, edited)), expected);
    EXPECT_EQ(cells_of(merge(kBase, edited, turned)), expected);
    const Sample otherwise({{"b", "b"}, {"a", "1\n2\n3\n4\n5"}, {"c", "c"}, {"d", "d"}});
    EXPECT_EQ(kinds_of(merge(kBase, turned, otherwise)), Strings{":order"});
    EXPECT_EQ(cells_of(merge(kBase, turned, otherwise, {{std::string(kOrder), Side::theirs}}))[0],
              "b:b");
}

TEST(Merge, TheHeaderIsMergedAsAWhole) {
    const Sample base({}, "1");
    EXPECT_EQ(merge(base, Sample({}, "2"), base).header, "2");
    EXPECT_EQ(merge(base, base, Sample({}, "2")).header, "2");
    EXPECT_EQ(kinds_of(merge(base, Sample({}, "2"), Sample({}, "3"))), Strings{":header"});
    EXPECT_EQ(merge(base, Sample({}, "2"), Sample({}, "3"), {{std::string(kHeader), Side::theirs}})
                  .header,
              "3");
}

TEST(Merge, ResultsFollowTheTextsThatTheyBelongTo) {
    Sample base({{"a", "a"}, {"b", "b"}, {"c", "1\n2\n3"}});
    Sample ours = base;
    Sample theirs({{"a", "a"}, {"b", "b!"}, {"c", "1\n2\n三"}});
    ours.ref.cells[2] = Sample(Sample::Cells{{"c", "一\n2\n3"}}).ref.cells[0];
    theirs.ref.cells[0].result = "they ran it";
    ours.ref.cells[1].result = "we ran it";
    theirs.ref.cells[1].result = "they ran theirs";
    theirs.ref.cells[2].result = "old text";
    const auto merged = merge(base, ours, theirs);
    EXPECT_EQ(merged.cells[0].ref.result, "they ran it");
    EXPECT_EQ(merged.cells[1].ref.result, "they ran theirs");
    EXPECT_EQ(merged.cells[2].ref.result, "") << "nobody ran the text of both";
}

}  // namespace
}  // namespace cellmon::notebook
