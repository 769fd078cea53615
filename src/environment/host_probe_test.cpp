// Goal: the host's Python tells what it is; one that is not there, fails, hangs or talks too much
// costs a bounded time and is an error that says so. Method: the real Python; scripts in its place.
#include "environment/host_probe.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace cellmon::environment {
namespace {

class HostProbeTest : public ::testing::Test {
  protected:
    HostProbeTest() {
        std::string path = (std::filesystem::temp_directory_path() / "probe.XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
    }
    ~HostProbeTest() override { std::filesystem::remove_all(folder_); }

    std::string script(const std::string& text) {
        const std::string path = folder_ + "/python";
        std::ofstream(path) << "#!/bin/sh\n" << text << '\n';
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    ErrorCode code_of(const std::string& python) {
        HostProbe probe({python, std::chrono::milliseconds(500), std::chrono::seconds(60)}, clock_);
        const auto answer = probe.ask(false);
        EXPECT_FALSE(answer);
        return answer ? ErrorCode::cancelled : answer.error().code;
    }

    SystemClock clock_;
    std::string folder_;
};

TEST_F(HostProbeTest, ThePythonOfThisMachineTellsWhatItIs) {
    HostProbe probe({"/usr/bin/python3", std::chrono::seconds(60), std::chrono::seconds(60)},
                    clock_);
    const auto answer = probe.ask(false);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(python_version(answer->report.python_version).major, 3);
    EXPECT_EQ(answer->report.os_name, "Linux");
    EXPECT_GT(answer->report.cpu_count, 0);
    EXPECT_GT(answer->report.memory_usage_mb, 1);
    EXPECT_GT(answer->collection_ms, 0);
    const auto again = probe.ask(false);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->captured_us, answer->captured_us) << "kept";
    const auto anew = probe.ask(true);
    ASSERT_TRUE(anew);
    EXPECT_GT(anew->captured_us, answer->captured_us);
}

TEST_F(HostProbeTest, NoneIsAnError) {
    EXPECT_EQ(code_of("/nowhere/python3"), ErrorCode::unavailable);
    EXPECT_EQ(code_of("no-such-python"), ErrorCode::unavailable);
    EXPECT_EQ(code_of(script("exit 3")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(script("echo '{}'")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(script("kill -9 $$")), ErrorCode::unavailable);
    EXPECT_EQ(code_of(script("exec sleep 60")), ErrorCode::limit);
    EXPECT_EQ(code_of(script("exec cat /dev/zero")), ErrorCode::limit);
}

TEST_F(HostProbeTest, ItGetsNoneOfTheServersSecrets) {
    ::setenv("CELLMON_AUTH_SECRET", "secret", 1);  // NOLINT(concurrency-mt-unsafe)
    const std::string python =
        script(R"(printf '{"python":"3.1","platform":"%s %s"}' "$CELLMON_AUTH_SECRET" "$PWD")");
    HostProbe probe({python, std::chrono::seconds(60), std::chrono::seconds(60)}, clock_);
    const auto answer = probe.ask(false);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->report.platform, " /");
}

}  // namespace
}  // namespace cellmon::environment
