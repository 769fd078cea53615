// Goal: a table comes back as it went out, whatever is in it; no cell of it is a formula to a
// spreadsheet; what is no table is refused with its line. Method: examples of RFC 4180, and random
// tables of the characters that matter.
#include "api/csv.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::api {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string written(const Rows& rows) {
    CsvWriter writer;
    for (const auto& row : rows) {
        for (const std::string& cell : row)
            writer.cell(cell);
        writer.end_row();
    }
    return writer.take();
}

Rows read(std::string_view text, const CsvLimits& limits = {}) {
    const auto table = read_csv(text, limits);
    EXPECT_TRUE(table) << table.error().message;
    return table ? table->rows : Rows();
}

Error fault_of(std::string_view text, const CsvLimits& limits = {}) {
    const auto table = read_csv(text, limits);
    EXPECT_FALSE(table) << text;
    return table ? Error{} : table.error();
}

TEST(Csv, IsReadAsRfc4180HasIt) {
    EXPECT_EQ(read("a,b\r\nc,d\r\n"), (Rows{{"a", "b"}, {"c", "d"}}));
    EXPECT_EQ(read("a,b\nc,d"), (Rows{{"a", "b"}, {"c", "d"}})) << "no end of the last line";
    EXPECT_EQ(read("\xEF\xBB\xBF"
                   "a\r\n"),
              Rows{{"a"}});
    EXPECT_EQ(read("\"a,\"\"b\"\"\r\nc\",d\r\n"), (Rows{{"a,\"b\"\r\nc", "d"}}));
    EXPECT_EQ(read("a,,\r\n"), (Rows{{"a", "", ""}}));
    EXPECT_EQ(read("a\n\n,,\nb\n"), (Rows{{"a"}, {"b"}})) << "empty rows say nothing";
    EXPECT_EQ(read(""), Rows{});
    EXPECT_EQ(read("山田 太郎,\"赤, 班\"\n"), (Rows{{"山田 太郎", "赤, 班"}}));
}

TEST(Csv, SaysWhereItIsWrong) {
    EXPECT_EQ(fault_of("a\n\"b\nc").message, "line 2: a quote that is not closed");
    EXPECT_EQ(fault_of("a\nb\"c\n").message, "line 2: a quote within a cell without quotes");
    EXPECT_EQ(fault_of("\"x\ny\"\n\"a\"b\n").message,
              "line 3: text behind the end of a quoted cell");
    // "表" in the code page of Japanese Windows.
    EXPECT_NE(fault_of("\x95\x5c,b\n").message.find("CSV UTF-8"), std::string::npos);
    EXPECT_EQ(fault_of(std::string("a\0b", 3)).message, "the text holds a NUL");
    const auto table = read_csv("a\n\"b\nc\"\nd\n", {});
    ASSERT_TRUE(table);
    EXPECT_EQ(table->lines, (std::vector<std::size_t>{1, 2, 4}));
}

TEST(Csv, HasLimits) {
    const CsvLimits limits{.rows = 2, .columns = 3};
    EXPECT_EQ(read("1,2,3\n4\n", limits).size(), 2U);
    EXPECT_EQ(fault_of("1\n2\n3\n", limits).code, ErrorCode::limit);
    EXPECT_EQ(fault_of("1,2,3,4\n", limits).code, ErrorCode::limit);
}

TEST(Csv, NoCellIsAFormula) {
    EXPECT_EQ(written({{"=1+1", "+1", "-1", "@x", "a=1", "'=1"}}),
              "\xEF\xBB\xBF'=1+1,'+1,'-1,'@x,a=1,''=1\r\n");
    EXPECT_EQ(written({{"\tx", "\rx"}}), "\xEF\xBB\xBF'\tx,\"'\rx\"\r\n");
    EXPECT_EQ(written({{"＝1", "＠x", "名＝"}}), "\xEF\xBB\xBF'＝1,'＠x,名＝\r\n");
    CsvWriter writer;
    writer.cell(std::optional<double>(72.5));
    writer.cell(std::optional<double>());
    writer.end_row();
    EXPECT_EQ(writer.take(),
              "\xEF\xBB\xBF"
              "72.5,\r\n");
}

TEST(Csv, ComesBackAsItWentOut) {
    EXPECT_TRUE(rc::check([] {
        const auto cell = rc::gen::map(
            rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                "a", "'", "=", "+", "-", "@", "\"", ",", "\r", "\n", "\t", " ", "名", "＝", "🎓")),
            [](const std::vector<std::string>& parts) {
                std::string text;
                for (const std::string& part : parts)
                    text += part;
                return text;
            });
        auto rows = *rc::gen::container<Rows>(
            rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(cell)));
        for (auto& row : rows)
            row.insert(row.begin(), "x");  // A row of nothing is left out.
        const std::string text = written(rows);
        const auto table = read_csv(text, {.rows = 1'000, .columns = 1'000});
        RC_ASSERT(table.has_value());
        RC_ASSERT(table->rows == rows);
    }));
}

}  // namespace
}  // namespace cellmon::api
