// Goal: any number of rows goes through a statement, each once and whole, on both engines; a list
// has the conditions that were asked for. Method: numbers of rows around the sizes of the groups,
// with nulls in every place; texts that mean something to an engine.
#include "sql/many_rows.hpp"

#include <gtest/gtest.h>

#include "sql/conditions.hpp"
#include "sql/test_database.hpp"

namespace cellmon::sql {
namespace {

class ManyRowsTest : public ::testing::TestWithParam<Engine> {
  protected:
    ManyRowsTest() : connection_(place_.connect()) {
        EXPECT_TRUE(connection_->script(
            "CREATE TABLE things (number BIGINT PRIMARY KEY, share DOUBLE PRECISION, name TEXT, "
            "is_good BOOLEAN, owner BIGINT)"));
    }
    static std::vector<Value> rows_of(std::int64_t count) {
        std::vector<Value> values;
        for (std::int64_t i = 0; i < count; ++i) {
            values.emplace_back(i);
            values.push_back(i % 3 == 0 ? Value() : Value(static_cast<double>(i) / 4));
            values.push_back(i % 5 == 0 ? Value() : Value("名" + std::to_string(i)));
            values.push_back(i % 7 == 0 ? Value() : Value(i % 2 == 0));
        }
        return values;
    }

    TestDatabase place_{GetParam()};
    std::unique_ptr<Connection> connection_;
    const ManyRows insert_{
        "INSERT INTO things (number, share, name, is_good, owner) SELECT v.column1, v.column2, "
        "v.column3, v.column4, $1 FROM (",
        {Type::integer, Type::real, Type::text, Type::boolean},
        ") AS v WHERE TRUE ON CONFLICT (number) DO NOTHING RETURNING number",
        1};
};

INSTANTIATE_TEST_SUITE_P(Engines, ManyRowsTest, kTestedEngines, engine_name);

TEST_P(ManyRowsTest, EachRowOnceAndWhole) {
    const std::array<Value, 1> owner = {Value(42)};
    for (const std::int64_t count : {0, 1, 15, 16, 17, 255, 1'023, 1'024, 1'025}) {
        ASSERT_TRUE(connection_->run("DELETE FROM things"));
        const auto values = rows_of(count);
        const auto inserted = insert_.run(*connection_, values, owner);
        ASSERT_TRUE(inserted) << inserted.error().message;
        EXPECT_EQ(inserted->changed, count);
        EXPECT_EQ(inserted->rows.size(), static_cast<std::size_t>(count));
        const auto stored = connection_->run("SELECT * FROM things ORDER BY number");
        ASSERT_EQ(stored->rows.size(), static_cast<std::size_t>(count));
        for (std::int64_t i = 0; i < count; ++i) {
            const Row& row = stored->rows[static_cast<std::size_t>(i)];
            EXPECT_EQ(row.integer(0), i);
            EXPECT_EQ(row.optional_real(1).has_value(), i % 3 != 0);
            EXPECT_EQ(row.optional_real(1).value_or(0), i % 3 == 0 ? 0 : double(i) / 4);
            EXPECT_EQ(row.optional_text(2).value_or(""),
                      i % 5 == 0 ? "" : "名" + std::to_string(i));
            EXPECT_EQ(row.is_null(3), i % 7 == 0);
            EXPECT_EQ(row.integer(4), 42);
            if (row.is_null(3)) continue;
            EXPECT_EQ(row.boolean(3), i % 2 == 0);
        }
        EXPECT_EQ(insert_.run(*connection_, values, owner)->changed, 0) << "each is there already";
    }
}

TEST_P(ManyRowsTest, TextsComeAsTheyAre) {
    const std::array<Value, 1> owner = {Value(42)};
    const std::vector<std::string> texts = {
        "",  "NULL", "null", "{}",   "{a,b}", ",",  "\"",         "\\",    "\\\"",
        "'", "''",   " a ",  "a\nb", "\t",    "$1", "); DROP --", "\\x41", "名\"前\\"};
    std::vector<Value> values;
    for (const std::string& text : texts) {
        values.emplace_back(static_cast<std::int64_t>(values.size()));
        values.emplace_back(1e-300);
        values.emplace_back(text);
        values.emplace_back(true);
    }
    ASSERT_TRUE(insert_.run(*connection_, values, owner));
    const auto stored = connection_->run("SELECT name, share FROM things ORDER BY number");
    ASSERT_EQ(stored->rows.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(stored->rows[i].optional_text(0), texts[i]);
        EXPECT_EQ(stored->rows[i].real(1), 1e-300);
    }
}

TEST_P(ManyRowsTest, ListsHaveTheConditionsThatWereAskedFor) {
    const std::array<Value, 1> owner = {Value(42)};
    ASSERT_TRUE(insert_.run(*connection_, rows_of(20), owner));
    const auto numbers = [&](const Conditions& conditions, Page page) {
        const auto rows =
            conditions.select(*connection_, "SELECT number FROM things", "ORDER BY number", page);
        EXPECT_TRUE(rows) << rows.error().message;
        std::vector<std::int64_t> found;
        for (const Row& row : rows->rows)
            found.push_back(row.integer(0));
        return found;
    };
    Conditions none;
    none.add_if("number = ?", std::optional<std::int64_t>());
    EXPECT_EQ(numbers(none, {}).size(), 20U);
    EXPECT_EQ(numbers(none, {.skip = 3, .limit = 2}), (std::vector<std::int64_t>{3, 4}));
    Conditions two;
    two.add_if("number >= ?", std::optional<std::int64_t>(5));
    two.add("(name = ? OR FALSE)", "名7");
    EXPECT_EQ(numbers(two, {}), std::vector<std::int64_t>{7});
}

TEST_P(ManyRowsTest, BytesOfAllKinds) {
    ASSERT_TRUE(connection_->script("CREATE TABLE packets (number BIGINT, packed BYTEA)"));
    const ManyRows insert("INSERT INTO packets SELECT column1, column2 FROM (",
                          {Type::integer, Type::bytes}, ") AS v");
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    std::vector<Value> values;
    for (std::int64_t i = 0; i < 20; ++i) {
        values.emplace_back(i);
        values.push_back(i % 3 == 0 ? Value() : Value(Bytes{i % 3 == 1 ? all : std::string("12")}));
    }
    const auto inserted = insert.run(*connection_, values);
    ASSERT_TRUE(inserted) << inserted.error().message;
    const auto stored = connection_->run("SELECT packed FROM packets ORDER BY number");
    ASSERT_EQ(stored->rows.size(), 20U);
    EXPECT_TRUE(stored->rows[0].is_null(0));
    EXPECT_EQ(stored->rows[1].bytes(0), all);
    EXPECT_EQ(stored->rows[2].bytes(0), "12") << "no number";
    EXPECT_EQ(stored->rows[19].bytes(0), all);
}

}  // namespace
}  // namespace cellmon::sql
