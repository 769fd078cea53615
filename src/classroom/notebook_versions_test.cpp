// Goal: what notebooks hold is stored once; versions, branches and tags are counted as they are;
// the version that two come from is found; nothing of a removed history is left. Method: on both
// engines.
#include "classroom/notebook_versions.hpp"

#include <simdjson.h>

#include "classroom/class_testing.hpp"
#include "classroom/notebook_histories.hpp"
#include "classroom/rosters.hpp"
#include "classroom/staff.hpp"

namespace cellmon::classroom {
namespace {

class VersionsTest : public ClassTest {
  protected:
    static notebook::Notebook notebook_of(const std::string& json) {
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        EXPECT_EQ(parser.parse(json).get(root), simdjson::SUCCESS);
        return notebook::read_notebook(root).value();
    }
    static notebook::Notebook cells(const std::vector<std::string>& sources) {
        std::string json = R"({"cells":[)";
        for (std::size_t i = 0; i < sources.size(); ++i) {
            if (i > 0) json += ',';
            json += R"({"id":")" + std::to_string(i) + R"(","source":")" + sources[i] + R"("})";
        }
        return notebook_of(json + "]}");
    }
    NotebookHistory history(const std::string& owner, const std::string& path = "a.ipynb") {
        return good(history_for(*connection_, owner, path, 1));
    }
    Snapshot take(const NotebookHistory& of, const notebook::Notebook& notebook) {
        return good(take_snapshot(*connection_, of.id, notebook, {"a", "学生"}, 2));
    }
    Branch branch(const NotebookHistory& of, const std::string& name,
                  std::optional<std::int64_t> from = {}) {
        Branch added;
        added.history_id = of.id;
        added.name = name;
        added.created_by = "a";
        added.branched_from = from;
        return good(add_branch(*connection_, added, random_));
    }
    /// The next version of a branch, with nothing in it.
    Version version(const Branch& on, std::optional<std::int64_t> merged = {}) {
        const Branch now = *good(find_branch(*connection_, on.id));
        Version added;
        added.history_id = on.history_id;
        added.branch_id = on.id;
        added.parent_id = now.head;
        added.merged_id = merged;
        NotebookHistory of = *good(find_history(*connection_, on.history_id));
        added.snapshot_id = take(of, cells({})).id;
        added.author = {"a", "学生"};
        added.created_us = ++now_;
        return good(add_version(*connection_, added, random_));
    }
    std::int64_t count(const std::string& table) {
        return good(connection_->run("SELECT count(*) FROM " + table)).front().integer(0);
    }

    SeededRandom random_{7};
    TimeUs now_ = 10;
};

INSTANTIATE_TEST_SUITE_P(Engines, VersionsTest, sql::kTestedEngines, sql::engine_name);

TEST_P(VersionsTest, WhatNotebooksHoldIsStoredOnce) {
    const auto mine = history("a@example.com");
    const auto theirs = history("b@example.com");
    const auto first = take(mine, cells({"x = 1", "y = 2", "x = 1"}));
    EXPECT_EQ(count("notebook_contents"), 2);
    EXPECT_EQ(take(mine, cells({"x = 1", "y = 2", "x = 1"})).id, first.id) << "the same again";
    const auto other = take(theirs, cells({"x = 1", "y = 2", "x = 1"}));
    EXPECT_NE(other.snapshot_id, first.snapshot_id) << "another's is another one";
    EXPECT_EQ(count("notebook_contents"), 2);
    take(mine, cells({"x = 1", "y = 3"}));
    EXPECT_EQ(count("notebook_contents"), 3);
    EXPECT_EQ(good(find_snapshot(*connection_, first.snapshot_id))->id, first.id);
    EXPECT_EQ(good(cells_of(*connection_, other))[1].content,
              R"({"cell_type":"code","source":["y = 2"],"metadata":{}})");
}

TEST_P(VersionsTest, LongContentsArePackedAndReadAsTheyWere) {
    const auto written = cells({std::string(20'000, 'x'), "short"});
    const auto taken = take(history(""), written);
    const auto rows =
        good(connection_->run("SELECT length(content), length(packed), byte_count "
                              "FROM notebook_contents ORDER BY byte_count DESC"));
    ASSERT_EQ(rows.rows.size(), 2U);
    EXPECT_EQ(rows.front().integer(0), 0);
    EXPECT_LT(rows.front().integer(1), 1'000);
    EXPECT_GT(rows.front().integer(2), 20'000);
    EXPECT_TRUE(rows.rows[1].is_null(1)) << "nothing is gained by a short one";
    EXPECT_EQ(good(bytes_of(*connection_, taken)),
              static_cast<std::int64_t>(notebook::bytes_of(written)));
    const std::string& text = written.cells[0].content.json;
    const auto expect_read = [&] {
        EXPECT_EQ(good(cells_of(*connection_, taken))[0].content, text);
        const std::vector<std::string> hashes{written.cells[0].content.hash};
        EXPECT_EQ(good(contents_of(*connection_, hashes)).begin()->second.source,
                  std::string(20'000, 'x'));
    };
    expect_read();

    good(
        connection_->run("UPDATE notebook_contents SET content = $1, packed = NULL, byte_count = "
                         "NULL WHERE packed IS NOT NULL",
                         text));
    expect_read();
    EXPECT_GT(good(bytes_of(*connection_, taken)), 20'000) << "as a program of before wrote it";

    good(connection_->run("UPDATE notebook_contents SET packed = $1 WHERE byte_count IS NULL",
                          sql::Bytes{"damaged"}));
    EXPECT_EQ(code_of(cells_of(*connection_, taken)), ErrorCode::corrupt);
}

TEST_P(VersionsTest, TotalsAreThoseOfTheCells) {
    const auto one =
        take(history(""), notebook_of(R"({"metadata":{"kernelspec":{"name":"python3"}},"cells":[
        {"cell_type":"code","source":"あ\nb\n","execution_count":3,"outputs":[{"text":"1"}],
         "metadata":{"execution":{"shell.execute_reply":"2026-11-23T01:00:00Z"}}},
        {"cell_type":"markdown","source":"# 見出し"},{"cell_type":"raw","source":""},
        {"cell_type":"code","source":"c","execution_count":9}]})"));
    EXPECT_EQ(one.total_cells, 4);
    EXPECT_EQ(one.total_lines, 4);
    EXPECT_EQ(one.total_characters, 10);
    EXPECT_EQ(one.code_cells, 2);
    EXPECT_EQ(one.markdown_cells, 1);
    EXPECT_EQ(one.execution_count, 9);
    EXPECT_EQ(one.last_execution_us, parse_time("2026-11-23T01:00:00Z"));
    const auto none = take(history(""), cells({}));
    EXPECT_EQ(none.total_cells, 0);
    EXPECT_EQ(none.execution_count, 0);
    EXPECT_EQ(none.last_execution_us, std::nullopt);
}

TEST_P(VersionsTest, NumbersCountInTheirBranch) {
    const auto of = history("");
    const auto main = branch(of, "main");
    const auto first = version(main);
    const auto second = version(main);
    const auto side = branch(of, "試", first.id);
    EXPECT_EQ(side.head, first.id) << "where it began";
    EXPECT_EQ(side.head_number_text, "v1.0.0");
    const auto third = version(side);
    EXPECT_EQ(number_text(third.branch_name, third.number), "試-v1.0.0");
    EXPECT_EQ(third.parent_version_id, first.version_id);
    EXPECT_EQ(third.parent_number_text, "v1.0.0");
    EXPECT_EQ(second.number, 2);
    const auto branches = good(list_branches(*connection_, of.id));
    ASSERT_EQ(branches.size(), 2U);
    EXPECT_EQ(branches[0].total_versions, 2);
    EXPECT_EQ(branches[0].head_version_id, second.version_id);
    EXPECT_EQ(branches[1].total_versions, 1);
    EXPECT_EQ(branches[1].from_version_id, first.version_id);
    EXPECT_EQ(branches[1].from_branch_name, "main");
    EXPECT_EQ(branches[1].merged_us, std::nullopt);
    const auto merged = version(main, third.id);
    EXPECT_EQ(good(find_branch(*connection_, side.id))->merged_us, merged.created_us);
    EXPECT_EQ(good(find_branch(*connection_, side.id))->merged_into_branch_id, main.branch_id);
    version(side);
    EXPECT_EQ(good(find_branch(*connection_, side.id))->merged_us, std::nullopt) << "went on";
    EXPECT_EQ(code_of(add_branch(*connection_, side, random_)), ErrorCode::already_exists);
    const auto totals = good(version_totals(*connection_, of.id));
    EXPECT_EQ(totals.versions, 5);
    EXPECT_EQ(totals.contributors, std::vector<std::string>{"a"});
    EXPECT_EQ(good(list_versions(*connection_, of.id, {1, 2}))[0].version_id, merged.version_id);
}

TEST_P(VersionsTest, TheVersionThatTwoComeFromIsFound) {
    const auto of = history("");
    const auto main = branch(of, "main");
    const auto root = version(main);
    const auto side = branch(of, "side", root.id);
    const auto ours = version(main);
    const auto theirs = version(side);
    const auto base = [&](const Version& a, const Version& b) {
        return good(merge_base(*connection_, of.id, a.id, b.id));
    };
    EXPECT_EQ(base(ours, theirs), root.id);
    EXPECT_EQ(base(ours, root), root.id);
    EXPECT_EQ(base(ours, ours), ours.id);
    const auto merged = version(main, theirs.id);
    const auto later = version(side);
    EXPECT_EQ(base(merged, later), theirs.id) << "over the merge";
    const auto apart = version(branch(of, "apart"));
    EXPECT_EQ(base(apart, later), std::nullopt);
}

TEST_P(VersionsTest, ATagNamesOneVersion) {
    const auto of = history("");
    const auto main = branch(of, "main");
    const auto first = version(main);
    const auto second = version(main);
    good(add_tag(*connection_, second, "提出", 5));
    good(add_tag(*connection_, second, "a", 5));
    EXPECT_EQ(good(find_version(*connection_, second.version_id))->tags,
              (std::vector<std::string>{"a", "提出"}));
    EXPECT_EQ(good(list_versions(*connection_, of.id, {}))[0].tags.size(), 2U);
    EXPECT_EQ(good(list_tags(*connection_, of.id))[1].version_id, second.version_id);
    EXPECT_FALSE(good(remove_tag(*connection_, first, "a")));
    EXPECT_TRUE(good(remove_tag(*connection_, second, "a")));
    EXPECT_EQ(code_of(add_tag(*connection_, first, "提出", 5)), ErrorCode::already_exists);
}

TEST_P(VersionsTest, NothingOfARemovedHistoryIsLeft) {
    const auto mine = history("a@example.com");
    const auto other = history("b@example.com");
    take(other, cells({"shared"}));
    const auto main = branch(mine, "main");
    good(add_tag(*connection_, version(main), "t", 1));
    version(main);
    take(mine, cells({"shared", "own"}));
    EXPECT_TRUE(good(remove_history(*connection_, mine)));
    EXPECT_FALSE(good(remove_history(*connection_, mine)));
    EXPECT_EQ(count("notebook_histories"), 1);
    EXPECT_EQ(count("notebook_versions"), 0);
    EXPECT_EQ(count("notebook_branches"), 0);
    EXPECT_EQ(count("notebook_tags"), 0);
    EXPECT_EQ(count("notebook_snapshots"), 1);
    EXPECT_EQ(count("notebook_contents"), 1) << "what another one holds stays";
}

TEST_P(VersionsTest, WhoseHistoriesAreSeen) {
    const auto teacher = account("teacher@example.com");
    const auto class_id = class_row("1");
    good(put_staff(*connection_, class_id, teacher, Role::instructor, 1));
    good(enrol(*connection_, class_id, student("Pupil@example.com"), 1));
    branch(history("pupil@example.com"), "main");
    history("teacher@example.com");
    history("other@example.com");
    history("");
    const auto owners = [&](const HistoryScope& scope) {
        std::vector<std::string> list;
        for (const auto& line : good(list_histories(*connection_, scope, {})))
            list.push_back(line.history.owner);
        return list;
    };
    using List = std::vector<std::string>;
    const HistoryScope staff{.owner = "teacher@example.com", .staff_id = teacher};
    EXPECT_EQ(owners({.all = true}),
              (List{"", "other@example.com", "pupil@example.com", "teacher@example.com"}));
    EXPECT_EQ(owners(staff), (List{"pupil@example.com", "teacher@example.com"}));
    EXPECT_EQ(owners({.owner = "other@example.com"}), List{"other@example.com"});
    EXPECT_EQ(good(history_totals(*connection_, staff)).notebooks, 2);
    EXPECT_EQ(good(history_totals(*connection_, staff)).branches, 1);
    EXPECT_EQ(good(history_totals(*connection_, {.all = true})).notebooks, 4);
}

}  // namespace
}  // namespace cellmon::classroom
