// Goal: a service that hangs holds nothing up and is called silent, and what it counted is taken
// once. Method: a probe that the test lets answer, and a clock that the test turns.
#include "harness/monitor/probe.hpp"

#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

namespace cellmon::harness::monitor {
namespace {

class TurnedClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return now_us_; }
    [[nodiscard]] std::int64_t steady_us() const override { return now_us_; }
    void turn(std::int64_t us) { now_us_ += us; }

  private:
    std::atomic<std::int64_t> now_us_ = 1;
};

struct Script {
    std::counting_semaphore<> may_answer{0};
    std::atomic<int> looks = 0;
    std::int64_t look_lasts_us = 0;
    int rest = 0;
};

class ScriptedProbe final : public Probe {
  public:
    ScriptedProbe(Script& script, TurnedClock& clock) : script_(script), clock_(clock) {}
    Findings look() override {
        script_.may_answer.acquire();
        clock_.turn(script_.look_lasts_us);
        Findings findings;
        findings.readings.emplace_back(Metric::websockets, Reading::of(++script_.looks));
        findings.readings.emplace_back(Metric::throughput, Reading::of(500));
        findings.answers = 10;
        findings.failures = 1;
        return findings;
    }
    [[nodiscard]] std::vector<Metric> metrics() const override { return {Metric::websockets}; }
    [[nodiscard]] Trouble silence() const override { return {Status::critical, "silent"}; }
    [[nodiscard]] std::chrono::milliseconds patience() const override {
        return std::chrono::milliseconds(3'000);
    }
    [[nodiscard]] int rest() const override { return script_.rest; }

  private:
    Script& script_;
    TurnedClock& clock_;
};

class ProbeThreadTest : public testing::Test {
  protected:
    ProbeThreadTest() : thread_(std::make_unique<ScriptedProbe>(script_, clock_), clock_) {}
    // Lets a look that still goes on come to its end.
    ~ProbeThreadTest() override { script_.may_answer.release(); }

    void answer() {
        thread_.ask();
        script_.may_answer.release();
        thread_.wait(std::chrono::steady_clock::time_point::max());
    }
    Sample read() {
        Sample sample;
        thread_.put_into(sample);
        return sample;
    }

    TurnedClock clock_;
    Script script_;
    ProbeThread thread_;
};

TEST_F(ProbeThreadTest, ReadsWhatALookSaysAndCountsItOnce) {
    EXPECT_EQ(read()[Metric::websockets].reason, "no answer yet");
    answer();
    const Sample first = read();
    EXPECT_EQ(first[Metric::websockets].value, 1);
    EXPECT_EQ(first[Metric::throughput].value, 500);
    EXPECT_EQ(first.answers, 10);
    EXPECT_EQ(first.failures, 1);
    const Sample again = read();
    EXPECT_EQ(again[Metric::websockets].value, 1);
    EXPECT_EQ(again.answers, 0);
    EXPECT_EQ(again[Metric::throughput].reason, "no newer answer yet");
    answer();
    answer();
    EXPECT_EQ(read().answers, 20) << "nobody had read the one before";
}

TEST_F(ProbeThreadTest, WhoHangsHoldsNothingUpAndIsSilent) {
    answer();
    thread_.ask();
    thread_.wait(std::chrono::steady_clock::now());
    clock_.turn(3'000'000);
    EXPECT_EQ(read()[Metric::websockets].value, 1) << "still within its patience";
    clock_.turn(1);
    const Sample sample = read();
    EXPECT_FALSE(sample[Metric::websockets].value.has_value());
    EXPECT_EQ(sample[Metric::websockets].reason, "no answer for 3.0 s");
    ASSERT_EQ(sample.troubles.size(), 1U);
    EXPECT_EQ(sample.troubles[0].text, "silent");
    thread_.ask();
    EXPECT_EQ(script_.looks, 1) << "one look at a time";
}

TEST_F(ProbeThreadTest, RestsBehindADearLook) {
    script_.look_lasts_us = 100;
    script_.rest = 9;
    answer();
    clock_.turn(899);
    thread_.ask();
    thread_.wait(std::chrono::steady_clock::time_point::max());
    EXPECT_EQ(script_.looks, 1);
    clock_.turn(1);
    answer();
    EXPECT_EQ(script_.looks, 2);
}

}  // namespace
}  // namespace cellmon::harness::monitor
