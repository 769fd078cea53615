// Goal: applying a diff to the one text gives the other, whatever the two are; it is the shortest;
// no text makes it last. Method: properties over random texts of few different lines, against a
// plain longest common subsequence; texts without anything in common.
#include "notebook/line_diff.hpp"

#include <algorithm>
#include <charconv>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::notebook {
namespace {

using TextLines = std::vector<std::string_view>;

/// What a person would do with a unified diff, knowing nothing of how it was made.
std::string patched(const TextLines& before, const std::vector<std::string>& diff) {
    std::string after;
    std::size_t at = 0;
    for (std::size_t i = 2; i < diff.size(); ++i) {
        const std::string& line = diff[i];
        if (line.starts_with("@@ -")) {
            std::size_t begin = 0;
            std::size_t count = 1;
            const char* end = line.data() + line.size();
            const auto [comma, error] = std::from_chars(line.data() + 4, end, begin);
            EXPECT_EQ(error, std::errc());
            if (*comma == ',') std::from_chars(comma + 1, end, count);
            for (const std::size_t stop = count == 0 ? begin : begin - 1; at < stop; ++at)
                after += before.at(at);
            continue;
        }
        if (line[0] != '+') {
            EXPECT_EQ(before.at(at), std::string_view(line).substr(1));
            ++at;
        }
        if (line[0] != '-') after += line.substr(1);
    }
    for (; at < before.size(); ++at)
        after += before[at];
    return after;
}

std::size_t common_lines(const TextLines& a, const TextLines& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (const std::string_view line : a) {
        std::size_t diagonal = 0;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t above = row[j + 1];
            row[j + 1] = line == b[j] ? diagonal + 1 : std::max(above, row[j]);
            diagonal = above;
        }
    }
    return row.back();
}

std::size_t size_of(const std::vector<Change>& changes) {
    std::size_t size = 0;
    for (const Change& change : changes)
        size += change.old_count + change.new_count;
    return size;
}

/// Lines of an alphabet so small that they repeat, the last with or without an end.
rc::Gen<std::string> texts() {
    return rc::gen::map(
        rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4)), [](std::vector<int> numbers) {
            std::string text;
            for (const int number : numbers)
                text += number == 0 ? "\n" : std::string(1, static_cast<char>('a' + number)) + "\n";
            if (!numbers.empty() && numbers.back() == 3) text.pop_back();
            return text;
        });
}

TEST(LineDiff, AppliedToTheOneTextItGivesTheOther) {
    EXPECT_TRUE(rc::check([] {
        const std::string before = *texts();
        const std::string after = *texts();
        const TextLines a = lines_of(before);
        const TextLines b = lines_of(after);
        Effort effort;
        const auto changes = diff_lines(a, b, effort);
        const auto diff = unified_diff(a, b, changes);
        RC_ASSERT(diff.empty() == (before == after));
        RC_ASSERT(diff.empty() || patched(a, diff) == after);
        RC_ASSERT(size_of(changes) == a.size() + b.size() - 2 * common_lines(a, b));
        for (std::size_t i = 1; i < changes.size(); ++i)
            RC_ASSERT(changes[i - 1].old_at + changes[i - 1].old_count < changes[i].old_at);
    }));
}

TEST(LineDiff, IsRightWhenTheEffortIsSpent) {
    EXPECT_TRUE(rc::check([] {
        const std::string before = *texts();
        const std::string after = *texts();
        const TextLines a = lines_of(before);
        const TextLines b = lines_of(after);
        Effort effort{static_cast<std::uint64_t>(*rc::gen::inRange(0, 40))};
        const auto changes = diff_lines(a, b, effort);
        const auto diff = unified_diff(a, b, changes);
        RC_ASSERT(diff.empty() || patched(a, diff) == after);
    }));
}

TEST(LineDiff, IsWrittenAsPythonWritesIt) {
    const std::string before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl";
    const std::string after = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm";
    const TextLines a = lines_of(before);
    const TextLines b = lines_of(after);
    Effort effort;
    // list(difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    const std::vector<std::string> expected{
        "--- \n", "+++ \n", "@@ -1,5 +1,5 @@\n", " a\n", "-b\n", "+B\n", " c\n",
        " d\n",   " e\n",   "@@ -9,4 +9,5 @@\n", " i\n", " j\n", " k\n", "-l",
        "+l\n",   "+m"};
    EXPECT_EQ(unified_diff(a, b, diff_lines(a, b, effort)), expected);
    const TextLines none;
    EXPECT_EQ(
        unified_diff(none, std::span(b).first(1), diff_lines(none, std::span(b).first(1), effort)),
        (std::vector<std::string>{"--- \n", "+++ \n", "@@ -0,0 +1 @@\n", "+a\n"}));
}

TEST(LineDiff, AHugeTextTakesNoMoreThanItsEffort) {
    std::string before;
    std::string after;
    for (int i = 0; i < 1'000'000; ++i) {
        before += std::to_string(i) + "\n";
        after += std::to_string(-1 - i) + "\n";
    }
    const TextLines a = lines_of(before);
    const TextLines b = lines_of(after);
    Effort effort{10'000'000};
    const auto changes = diff_lines(a, b, effort);
    EXPECT_EQ(effort.steps_left, 0U);
    EXPECT_EQ(changes, (std::vector<Change>{{0, a.size(), 0, b.size()}}));
}

}  // namespace
}  // namespace cellmon::notebook
