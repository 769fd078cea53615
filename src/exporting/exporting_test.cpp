// Goal: an export says what is stored and, with pseudonyms, not who it is of. Method: pseudonyms
// and replacing against tables; lines of each format; folders that are there as a whole or not at
// all.
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporting/export.hpp"
#include "exporting/names.hpp"
#include "exporting/output_file.hpp"
#include "exporting/pseudonyms.hpp"

namespace cellmon::exporting {
namespace {

/// A folder of the test's own.
class Place {
  public:
    Place() {
        std::string name = (std::filesystem::temp_directory_path() / "exporting.XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    ~Place() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& one : std::filesystem::directory_iterator(path_))
            found.push_back(one.path().filename().string());
        return found;
    }

  private:
    std::filesystem::path path_;
};

Pseudonyms with_key(unsigned char byte) {
    Pseudonyms::Key key{};
    key.fill(byte);
    return Pseudonyms(key);
}

TEST(PseudonymsTest, TheSameWithinAClassOthersElsewhere) {
    const Pseudonyms one = with_key(1);
    const std::string taro = one.student("A", "taro@example.com");
    EXPECT_EQ(taro.size(), 18U);
    EXPECT_TRUE(taro.starts_with("S-"));
    EXPECT_EQ(one.student("A", " Taro@EXAMPLE.com"), taro);
    const std::set<std::string> all{taro,
                                    one.student("B", "taro@example.com"),
                                    one.student("A", "hanako@example.com"),
                                    one.student("At", "aro@example.com"),
                                    one.student("", "taro@example.com"),
                                    "S" + one.team("A", "taro@example.com").substr(1),
                                    "S" + one.id("A", "taro@example.com").substr(1),
                                    with_key(2).student("A", "taro@example.com")};
    EXPECT_EQ(all.size(), 8U);
}

TEST(PseudonymsTest, TheKeyIsMadeOnceAndItsOwnersAlone) {
    const Place place;
    const auto files = io::make_posix_file_system();
    SystemRandom random;
    const std::string path = place / "key";
    const auto made = Pseudonyms::open(path, *files, random);
    ASSERT_TRUE(made) << made.error().message;
    struct stat facts{};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    const auto again = Pseudonyms::open(path, *files, random);
    ASSERT_TRUE(again);
    EXPECT_EQ(made->student("A", "x"), again->student("A", "x"));
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    const auto open = Pseudonyms::open(path, *files, random);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, ErrorCode::permission);
    std::ofstream(place / "short") << "x";
    ASSERT_EQ(::chmod((place / "short").c_str(), 0600), 0);
    EXPECT_FALSE(Pseudonyms::open(place / "short", *files, random));
}

TEST(NameReplacerTest, WhatPeopleAreCalledIsReplaced) {
    NameReplacer names;
    names.add_address("Taro.Yamada@example.com", "S-1");
    names.add_name("山田　太郎", "S-1");
    names.add_address("hanako@example.com", "S-2");
    names.add_name("Hanako Sato", "S-2");
    names.add_name("佐藤 花子", "S-2");
    names.add_name("山田 次郎", "S-3");  // 山田 is two people
    names.add_name("李", "S-4");         // too short
    names.add_address("u042", "S-2");
    names.add_word("チーム青", "T-1");
    names.finish();
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", ""},
        {"print('hello')", "print('hello')"},
        {"taro.yamada@EXAMPLE.com です", "S-1 です"},
        {"/home/taro.yamada/x.ipynb", "/home/S-1/x.ipynb"},
        {"太郎は花子に", "S-1はS-2に"},
        {"山田太郎", "[name]S-1"},
        {"山田　太郎", "S-1"},
        {"hanako and HANAKO, not hanakos", "S-2 and S-2, not hanakos"},
        {"Hanako Sato wrote", "S-2 wrote"},
        {"satoshi", "satoshi"},
        {"u042.py u0421", "S-2.py u0421"},
        {"チーム青の李", "T-1の李"},
        {"mail to other@school.example.jp.", "mail to [address]."},
        {"a@b and x @ y.z", "a@b and x @ y.z"},
        {"@dataclass.field", "@dataclass.field"},
        {"A = B @ C.T", "A = B @ C.T"},
    };
    for (const auto& [text, expected] : cases)
        EXPECT_EQ(names.replace(text), expected) << text;
}

TEST(TableLinesTest, EachFormatSaysTheSame) {
    constexpr std::array kColumns = std::to_array<Column>({
        {"a", ColumnKind::text, false, "", ""},
        {"who", ColumnKind::text, true, "", ""},
        {"n", ColumnKind::integer, false, "", ""},
        {"r", ColumnKind::real, false, "", ""},
    });
    const Table table{"t", "", "", kColumns};
    const Row row{std::string("x,\"y\"\nz"), std::string("太郎"), std::int64_t{-3}, 0.5};
    std::string line;
    append_csv(line, table, row, false);
    EXPECT_EQ(line, "\"x,\"\"y\"\"\nz\",太郎,-3,0.5\n");
    line.clear();
    append_csv(line, table, row, true);
    EXPECT_EQ(line, "\"x,\"\"y\"\"\nz\",-3,0.5\n");
    line.clear();
    append_ndjson(line, table, {Cell(), std::string("太郎"), Cell(), Cell()}, true);
    EXPECT_EQ(line, "{\"a\":null,\"n\":null,\"r\":null}\n");
    line.clear();
    append_csv(line, table, {Cell(), Cell(), Cell(), Cell()}, true);
    EXPECT_EQ(line, ",,\n");
}

TEST(OutputFolderTest, ItIsThereAsAWholeOrNotAtAll) {
    const Place place;
    const auto files = io::make_posix_file_system();
    {
        auto folder = OutputFolder::create(*files, place / "out");
        ASSERT_TRUE(folder) << folder.error().message;
        ASSERT_TRUE(folder->write_file("x", "content"));
        EXPECT_FALSE(std::filesystem::exists(place / "out"));
        EXPECT_EQ(place.names().size(), 1U);
    }
    EXPECT_TRUE(place.names().empty()) << "given up";
    auto folder = OutputFolder::create(*files, place / "out/");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->write_file("x", "content"));
    ASSERT_TRUE(folder->finish());
    EXPECT_EQ(place.names(), std::vector<std::string>{"out"});
    const auto again = OutputFolder::create(*files, place / "out");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::already_exists);
}

TEST(DataDictionaryTest, EachColumnIsExplainedInBothLanguages) {
    for (const Table& one : tables()) {
        for (const Column& column : one.columns) {
            EXPECT_FALSE(column.en.empty()) << one.name << '.' << column.name;
            EXPECT_FALSE(column.ja.empty()) << one.name << '.' << column.name;
        }
    }
    ExportOptions options;
    options.pseudonyms = with_key(1);
    for (const bool japanese : {false, true}) {
        const std::string text = data_dictionary(options, {}, japanese);
        for (const Table& one : tables()) {
            for (const Column& column : one.columns) {
                const bool is_listed =
                    text.find("| `" + std::string(column.name) + "` |") != std::string::npos;
                EXPECT_TRUE(is_listed || column.is_personal) << column.name;
            }
        }
        EXPECT_EQ(text.find("event_id"), std::string::npos);
    }
}

}  // namespace
}  // namespace cellmon::exporting
