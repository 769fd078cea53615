#include "harness/chaos/chaos.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/chaos/handles.hpp"
#include "harness/chaos/small_disk.hpp"

namespace cellmon::harness::chaos {
namespace {

using namespace std::chrono_literals;  // NOLINT

ProcessSpec sleeper() {
    ProcessSpec spec;
    spec.name = "sleeper";
    // With a child, which must go with it.
    spec.command = {"sh", "-c", "sleep 1000 & wait"};
    spec.environment = environment_with({});
    return spec;
}

char state_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto at = text.rfind(')');
    return at == std::string::npos ? '-' : text.at(at + 2);
}

bool comes_to(pid_t pid, char state) {
    return wait_until([&] { return state_of(pid) == state; }, 5'000ms);
}

bool is_gone(pid_t pid) {
    return wait_until([&] { return family_of(pid).empty(); }, 5'000ms);
}

/// A started sleeper and its child.
struct Family {
    Family() {
        EXPECT_TRUE(process.start().has_value());
        wait_until([&] { return family_of(process.pid()).size() == 2; }, 5'000ms);
        pids = family_of(process.pid());
    }
    Process process{sleeper()};
    std::vector<pid_t> pids;
};

Step step_of(const char* text) {
    return *Timeline::parse_step(text);
}

TEST(Process, EndsWithAllThatItStarted) {
    std::vector<pid_t> pids;
    {
        const Family family;
        pids = family.pids;
        ASSERT_EQ(pids.size(), 2U);
        EXPECT_EQ(getpgid(pids[0]), pids[0]) << "a group of its own: Ctrl-C does not reach it";
    }
    EXPECT_TRUE(is_gone(pids[0]));
    EXPECT_TRUE(is_gone(pids[1]));
}

TEST(Process, EndsWhenItsParentIsKilled) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        Process process(sleeper());
        const bool started = process.start().has_value();
        const pid_t pid = started ? process.pid() : 0;
        [[maybe_unused]] const auto written = ::write(pipe_ends[1], &pid, sizeof pid);
        ::pause();
    }
    pid_t pid = 0;
    ASSERT_EQ(::read(pipe_ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    ASSERT_GT(pid, 0);
    ASSERT_FALSE(family_of(pid).empty());
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(is_gone(pid));
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

TEST(Process, SaysWhyItCannotStart) {
    ProcessSpec spec = sleeper();
    spec.command = {"/there/is/no/such/program"};
    Process process(std::move(spec));
    const auto started = process.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_NE(started.error().message.find("No such file"), std::string::npos)
        << started.error().message;
    EXPECT_FALSE(process.is_running());
}

TEST(Chaos, UndoesWhatItsEndLeaves) {
    Family family;
    const SystemClock clock;
    int starts = 0;
    {
        Chaos chaos(clock);
        chaos.add("server", std::make_unique<ProcessHandle>(family.process, [&]() -> Result<void> {
                      ++starts;
                      return {};
                  }));
        EXPECT_TRUE(chaos.act(step_of("0:stop:server")).done);
        for (const pid_t pid : family.pids)
            EXPECT_TRUE(comes_to(pid, 'T'));
    }
    for (const pid_t pid : family.pids)
        EXPECT_TRUE(comes_to(pid, 'S'));
    EXPECT_EQ(starts, 0);
    {
        Chaos chaos(clock);
        chaos.add("server", std::make_unique<ProcessHandle>(family.process, [&]() -> Result<void> {
                      ++starts;
                      return {};
                  }));
        EXPECT_TRUE(chaos.act(step_of("0:kill:server")).done);
        EXPECT_FALSE(family.process.is_running());
        EXPECT_TRUE(is_gone(family.pids[1]));
        EXPECT_FALSE(chaos.act(step_of("0:stop:server")).done);
    }
    EXPECT_TRUE(family.process.is_running());
    EXPECT_EQ(starts, 1);
}

TEST(Chaos, RestoresWhenItIsStoppedOnTheWay) {
    Family family;
    const SystemClock clock;
    Chaos chaos(clock);
    chaos.add("server",
              std::make_unique<ProcessHandle>(family.process, [] { return Result<void>(); }));
    Timeline timeline;
    timeline.add(step_of("0:kill:server"));
    timeline.add(step_of("1000:start:server"));
    ASSERT_TRUE(chaos.check(timeline).has_value());
    std::vector<Deed> deeds;
    const bool well = chaos.play(timeline, {[&] { return !deeds.empty(); },
                                            [&](const Deed& deed) { deeds.push_back(deed); }});
    EXPECT_TRUE(well);
    ASSERT_EQ(deeds.size(), 2U);
    EXPECT_EQ(deeds[0].action, "kill");
    EXPECT_EQ(deeds[1].action, "undo");
    EXPECT_TRUE(family.process.is_running());
}

TEST(Chaos, KnowsItsTargetsBeforeItBegins) {
    Family family;
    const SystemClock clock;
    Chaos chaos(clock);
    chaos.add("server",
              std::make_unique<ProcessHandle>(family.process, [] { return Result<void>(); }));
    for (const auto* const text : {"0:kill:redis", "0:refuse:server"}) {
        Timeline timeline;
        timeline.add(step_of(text));
        const auto checked = chaos.check(timeline);
        ASSERT_FALSE(checked.has_value()) << text;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    }
}

TEST(NamedProcess, IsStartedAgainAsItWas) {
    ProcessSpec spec = sleeper();
    spec.command = {"sleep", "1000"};
    spec.environment.emplace_back("CELLMON_MARK=here");
    Process process(std::move(spec));
    ASSERT_TRUE(process.start().has_value());
    const pid_t first = process.pid();
    auto named = NamedProcess::find("sleeper", first);
    ASSERT_TRUE(named.has_value()) << named.error().message;
    ASSERT_TRUE((*named)->act(step_of("0:kill:sleeper")).has_value());
    EXPECT_FALSE(process.is_running());
    ASSERT_TRUE((*named)->restore().has_value());
    const pid_t second = (*named)->pid();
    ASSERT_NE(second, first);
    std::ifstream file(fmt::format("/proc/{}/environ", second));
    const std::string environment(std::istreambuf_iterator<char>(file), {});
    EXPECT_NE(environment.find("CELLMON_MARK=here"), std::string::npos);
    named->reset();
    EXPECT_FALSE(family_of(second).empty()) << "it was ended with the program that hurt it";
    ::kill(second, SIGKILL);
    ::waitpid(second, nullptr, 0);
}

TEST(NamedProcess, IsNobodyWhoIsNotThere) {
    EXPECT_EQ(NamedProcess::find("x", 0x7ffffff0).error().code, ErrorCode::not_found);
    EXPECT_EQ(NamedProcess::find("x", ::getpid()).error().code, ErrorCode::invalid);
}

class DiskTest : public ::testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/cellmon-chaos-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string folder_;
};

TEST_F(DiskTest, FillsOnlyASmallOneOfItsOwn) {
    DiskHandle shared(folder_);
    const auto filled = shared.act(step_of("0:fill:server"));
    ASSERT_FALSE(filled.has_value());
    EXPECT_EQ(filled.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(DiskTest, FillsASmallDiskAndGivesItBack) {
    constexpr std::uint64_t kBytes = 4U << 20U;
    const auto disk = SmallDisk::create(folder_ + "/disk", kBytes);
    ASSERT_TRUE(disk.has_value()) << disk.error().message;
    const std::string seen = (*disk)->seen(folder_ + "/disk");
    const auto free = [&] { return std::filesystem::space(seen).available; };
    {
        DiskHandle handle(seen);
        ASSERT_TRUE(handle.act(step_of("0:fill:server")).has_value());
        EXPECT_EQ(free(), 0U);
        EXPECT_TRUE(handle.is_hurt());
    }
    EXPECT_GE(free(), kBytes - (64U << 10U));
    EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/disk")) << "nobody else sees it";
}

TEST_F(DiskTest, StepsAClockInItsFileOnly) {
    const std::string file = folder_ + "/clock";
    ClockHandle clock(file);
    const auto text = [&] {
        std::ifstream stream(file);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    EXPECT_EQ(text(), "+0\n");
    ASSERT_TRUE(clock.act(step_of("0:clock:server:seconds=-3600")).has_value());
    EXPECT_EQ(text(), "-3600\n");
    EXPECT_TRUE(clock.is_hurt());
    ASSERT_TRUE(clock.restore().has_value());
    EXPECT_EQ(text(), "+0\n");
}

}  // namespace
}  // namespace cellmon::harness::chaos
