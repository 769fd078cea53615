#include "harness/report/report_files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/report/bottleneck.hpp"
#include "harness/report/report_json.hpp"
#include "harness/report/test_reports.hpp"

namespace cellmon::harness::report {
namespace {

namespace fs = std::filesystem;

class ReportFiles : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "cellmon-report-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    static std::string bytes_of(const fs::path& file) {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    }

    fs::path folder_;
};

TEST_F(ReportFiles, AreReadFromTheirFolderOrByName) {
    RunReport run = realistic_run();
    const auto written = write_report(run, folder_ / "new" / "run");
    ASSERT_TRUE(written) << written.error().message;
    judge_bottleneck(run);
    EXPECT_EQ(run.bottleneck, "none");
    for (const auto& path : {folder_ / "new" / "run", folder_ / "new" / "run" / "report.json"}) {
        const auto read = read_report(path);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(report_json(*read), report_json(run));
    }
    EXPECT_TRUE(bytes_of(folder_ / "new" / "run" / "junit.xml").starts_with("<?xml"));
    EXPECT_TRUE(bytes_of(folder_ / "new" / "run" / "report.html").starts_with("<!doctype html>"));
}

TEST_F(ReportFiles, ReplaceOlderOnesAndLeaveNothingElse) {
    RunReport run = realistic_run();
    ASSERT_TRUE(write_report(run, folder_));
    const std::size_t files = static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    run.phases.pop_back();
    ASSERT_TRUE(write_report(run, folder_));
    EXPECT_EQ(read_report(folder_)->phases.size(), run.phases.size());
    EXPECT_EQ(static_cast<std::size_t>(
                  std::distance(fs::directory_iterator(folder_), fs::directory_iterator())),
              files);
}

TEST_F(ReportFiles, KeepTheOlderFileWhenItCannotBeReplaced) {
    const fs::path taken = folder_ / "taken";
    fs::create_directories(taken / "by a folder");
    EXPECT_FALSE(replace_file(taken, "bytes"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1)
        << "what was written aside is gone";
}

TEST_F(ReportFiles, AnotherOneIsReadWhole) {
    // A reader that has the older file open goes on reading that.
    const fs::path file = folder_ / "file";
    ASSERT_TRUE(replace_file(file, "older"));
    std::ifstream reader(file);
    ASSERT_TRUE(replace_file(file, "the newer one"));
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), std::istreambuf_iterator<char>()),
              "older");
    EXPECT_EQ(bytes_of(file), "the newer one");
}

TEST_F(ReportFiles, ErrorsNameTheFile) {
    const auto missing = read_report(folder_ / "nothing");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    std::ofstream(folder_ / "report.json") << "{}";
    const auto broken = read_report(folder_);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::corrupt);
    EXPECT_NE(broken.error().message.find("report.json: format: is missing"), std::string::npos)
        << broken.error().message;
}

}  // namespace
}  // namespace cellmon::harness::report
