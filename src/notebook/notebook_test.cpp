// Goal: both forms of `source` are the same notebook; the same content has one hash, whatever its
// spelling; cells keep their ids; what is no notebook is named by its place. Method: small
// notebooks, and a table of bad ones.
#include "notebook/notebook.hpp"

#include <fmt/format.h>

#include "notebook/testing.hpp"

namespace cellmon::notebook {
namespace {

std::vector<std::string> ids_of(const Notebook& notebook) {
    std::vector<std::string> ids;
    for (const Cell& cell : notebook.cells)
        ids.push_back(cell.id);
    return ids;
}

TEST(Notebook, BothFormsOfASourceAreTheSame) {
    const auto text = read_text(R"({"cells":[{"id":"a","source":"x = 1\nprint(x)\n\n# 終"}]})");
    const auto list =
        read_text(R"({"cells":[{"id":"a","source":["x = 1\n","print","(x)\n\n","# 終"]}]})");
    ASSERT_TRUE(text && list);
    EXPECT_EQ(text->cells[0].content.hash, list->cells[0].content.hash);
    EXPECT_EQ(
        text->cells[0].content.json,
        R"({"cell_type":"code","source":["x = 1\n","print(x)\n","\n","# 終"],"metadata":{}})");
    EXPECT_EQ(text->cells[0].content.line_count, 4);
    EXPECT_EQ(text->cells[0].content.character_count, 19);
    EXPECT_EQ(parse_content(text->cells[0].content.json).source, "x = 1\nprint(x)\n\n# 終");
}

TEST(Notebook, TheSpellingDoesNotMatter) {
    const auto a = read_text(
        R"({"metadata":{"b":1,"a":{"d":[1,2.5,null],"c":"\u3042"}},"nbformat":4,"nbformat_minor":5,"cells":[
            {"id":"1","cell_type":"code","metadata":{"y":1,"x":2,"x":3},"source":[],"outputs":[{"text":"t","name":"n"}],"execution_count":7}]})");
    const auto b = read_text(
        R"({"nbformat_minor":5,"cells":[{"outputs":[{"name":"n","text":"t"}],"execution_count":7,"source":"","metadata":{"x":3,"y":1},"id":"1"}],
            "metadata":{"a":{"c":"あ","d":[1,2.5,null]},"b":1},"nbformat":4})");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->header, b->header);
    EXPECT_EQ(
        a->header,
        R"({"metadata":{"a":{"c":"あ","d":[1,2.5,null]},"b":1},"nbformat":4,"nbformat_minor":5})");
    EXPECT_EQ(a->cells[0].content.json, b->cells[0].content.json);
    EXPECT_EQ(a->cells[0].result->hash, b->cells[0].result->hash);
    EXPECT_EQ(a->cells[0].result->json,
              R"({"execution_count":7,"outputs":[{"name":"n","text":"t"}]})");
    EXPECT_EQ(a->cells[0].result->execution_count, 7);
    EXPECT_FALSE(a->cells[0].content.executed_us);
}

TEST(Notebook, ACellWithoutAnIdKeepsTheOneItGets) {
    const auto before = read_text(
        R"({"cells":[{"source":"a"},{"source":"b"},{"source":"b"},{"id":"x","source":"1"},{"id":"x","source":"2"}]})");
    const auto after = read_text(
        R"({"cells":[{"source":"new"},{"source":"a"},{"source":"b"},{"source":"b"},{"id":"x","source":"1"},{"id":"x","source":"2"}]})");
    ASSERT_TRUE(before && after);
    const auto old_ids = ids_of(*before);
    auto new_ids = ids_of(*after);
    new_ids.erase(new_ids.begin());
    EXPECT_EQ(old_ids, new_ids);
    EXPECT_EQ(old_ids[2], old_ids[1] + "-2");
    EXPECT_EQ(old_ids[3], "x");
    EXPECT_NE(old_ids[4], "x");
}

TEST(Notebook, TenThousandEqualCellsGetAnIdEach) {
    const std::string base = ids_of(*read_text(R"({"cells":[{"source":"a"}]})")).at(0);
    std::string many = R"({"cells":[{"id":")" + base + R"(-3"})";
    for (std::size_t i = 1; i < kMostCells; ++i)
        many += R"(,{"source":"a"})";
    const auto notebook = read_text(many + "]}");
    ASSERT_TRUE(notebook);
    const auto ids = ids_of(*notebook);
    EXPECT_EQ(ids.at(1), base);
    EXPECT_EQ(ids.at(2), base + "-2");
    for (std::size_t i = 3; i < kMostCells; ++i)
        ASSERT_EQ(ids.at(i), fmt::format("{}-{}", base, i + 1));
}

TEST(Notebook, TheEndOfARunIsFound) {
    const auto notebook = read_text(
        R"({"cells":[{"source":"a","metadata":{"execution":{"shell.execute_reply":"2026-11-23T01:00:00Z"}}},
                     {"source":"b","metadata":{"execution":{"iopub.status.idle":"2026-11-23T02:00:00.5Z"}}},
                     {"source":"c","metadata":{"execution":{"shell.execute_reply":"no time"}}}]})");
    ASSERT_TRUE(notebook);
    const auto executed = [&](std::size_t place) {
        return notebook->cells.at(place).content.executed_us;
    };
    EXPECT_EQ(executed(0), parse_time("2026-11-23T01:00:00Z"));
    EXPECT_EQ(executed(1), parse_time("2026-11-23T02:00:00.5Z"));
    EXPECT_EQ(executed(2), std::nullopt);
}

TEST(Notebook, AnEmptyObjectIsANotebookWithoutCells) {
    const auto notebook = read_text("{}");
    ASSERT_TRUE(notebook);
    EXPECT_TRUE(notebook->cells.empty());
    EXPECT_EQ(notebook->header, R"({"metadata":{},"nbformat":null,"nbformat_minor":null})");
}

TEST(Notebook, WholeNumbersAreReadHoweverTheyAreWritten) {
    const auto plain = read_text(
        R"({"nbformat":4,"nbformat_minor":-9223372036854775808,"cells":[{"execution_count":1000}]})");
    const auto other = read_text(
        R"({"nbformat":4.0,"nbformat_minor":-9223372036854775808.0,"cells":[{"execution_count":1e3}]})");
    ASSERT_TRUE(plain && other);
    EXPECT_EQ(other->header, plain->header);
    EXPECT_EQ(other->cells.at(0).result->execution_count, 1000);
    EXPECT_EQ(other->cells.at(0).result->hash, plain->cells.at(0).result->hash);
}

TEST(Notebook, WhatIsNoneIsNamedByItsPlace) {
    struct Bad {
        const char* json;
        const char* place;
        const char* type;
    };
    const std::string long_id(kMostIdCharacters + 1, 'x');
    const std::string with_long_id = R"({"cells":[{"id":")" + long_id + R"("}]})";
    for (const Bad& bad : std::initializer_list<Bad>{
             {"[]", "", "dict_type"},
             {R"({"metadata":7})", R"("metadata")", "dict_type"},
             {R"({"nbformat":"4"})", R"("nbformat")", "int_type"},
             {R"({"nbformat":4.5})", R"("nbformat")", "int_type"},
             {R"({"nbformat_minor":9223372036854775808})", R"("nbformat_minor")", "int_type"},
             {R"({"nbformat_minor":-1e19})", R"("nbformat_minor")", "int_type"},
             {R"({"cells":{}})", R"("cells")", "list_type"},
             {R"({"cells":[{},7]})", R"("cells",1)", "model_attributes_type"},
             {R"({"cells":[{"cell_type":"sql"}]})", R"("cells",0,"cell_type")", "enum"},
             {R"({"cells":[{"id":7}]})", R"("cells",0,"id")", "string_type"},
             {R"({"cells":[{"id":""}]})", R"("cells",0,"id")", "value_error"},
             {R"({"cells":[{"id":"a\u0000"}]})", R"("cells",0,"id")", "value_error"},
             {with_long_id.c_str(), R"("cells",0,"id")", "value_error"},
             {R"({"cells":[{"source":7}]})", R"("cells",0,"source")", "string_type"},
             {R"({"cells":[{"source":["a",7]}]})", R"("cells",0,"source",1)", "string_type"},
             {R"({"cells":[{"metadata":[]}]})", R"("cells",0,"metadata")", "dict_type"},
             {R"({"cells":[{"outputs":{}}]})", R"("cells",0,"outputs")", "list_type"},
             {R"({"cells":[{"execution_count":"1"}]})", R"("cells",0,"execution_count")",
              "int_type"},
         }) {
        const auto notebook = read_text(bad.json);
        ASSERT_FALSE(notebook) << bad.json;
        EXPECT_EQ(notebook.error().place, bad.place) << bad.json;
        EXPECT_EQ(notebook.error().type, bad.type) << bad.json;
    }
    std::string many = R"({"cells":[{})";
    for (std::size_t i = 0; i < kMostCells; ++i)
        many += ",{}";
    const auto too_many = read_text(many + "]}");
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().type, "too_long");
}

}  // namespace
}  // namespace cellmon::notebook
