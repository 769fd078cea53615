// Goal: the service shows what is durable and nothing else, once a student and step; it comes back
// from its checkpoint with the same picture and tells what changed since; time alone changes what
// is shown; a step with many changes is followed by a longer pause. Method: entries, clock and
// journal in memory, files in a folder of their own; every wait is for a condition, and pauses are
// told by the test's clock, which goes on with each look at it.

#include "live/live_service.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/fragment.hpp"
#include "live/journal_testing.hpp"

namespace cellmon::live {
namespace {

using namespace std::chrono_literals;
using testing::kStartUs;
using testing::MemoryJournal;
using testing::MemorySource;

class HandClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return now_.load(); }
    [[nodiscard]] std::int64_t steady_us() const override { return steady_.fetch_add(look_us_); }
    void set(TimeUs now) { now_ = now; }
    void set_look(std::int64_t us) { look_us_ = us; }

  private:
    std::atomic<TimeUs> now_{kStartUs};
    mutable std::atomic<std::int64_t> steady_{0};
    std::atomic<std::int64_t> look_us_{1'000'000};  // So each is behind every conflation.
};

/// The sums and the index of a picture are those of its students.
void expect_whole(const Picture& picture) {
    Picture sums;
    for (std::size_t place = 0; place < picture.students.size(); ++place) {
        const StudentView& view = picture.students[place]->view;
        EXPECT_EQ(picture.find(view.email), picture.students[place]);
        sums.all.add(view);
    }
    EXPECT_EQ(picture.all, sums.all);
}

class Listener final : public PictureListener {
  public:
    void pictured(const Tick& tick) override {
        expect_whole(*tick.picture);
        const std::lock_guard lock(mutex_);
        ticks_.push_back(tick);
        news_.notify_all();
    }
    /// The ticks so far, once one of them satisfies `condition`.
    template <typename Condition>
    std::vector<Tick> wait(Condition condition) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(news_.wait_for(
            lock, 30s, [&] { return std::any_of(ticks_.begin(), ticks_.end(), condition); }));
        return ticks_;
    }
    std::vector<Tick> wait_through(std::uint64_t sequence) {
        return wait([&](const Tick& tick) { return tick.picture->sequence >= sequence; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable news_;
    std::vector<Tick> ticks_;
};

class LiveServiceTest : public ::testing::Test {
  protected:
    LiveServiceTest() {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::path(::testing::TempDir()) /
                  fmt::format("cellmon-live-{}-{}", info->name(), SystemRandom().u64());
        std::filesystem::create_directories(folder_);
        path_ = (folder_ / "live.checkpoint").string();
    }
    ~LiveServiceTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<LiveService> open() {
        LiveOptions options;
        options.idle_wait = 1ms;  // The clock of the test moves without waking anyone.
        auto service = LiveService::open(options, std::make_unique<MemorySource>(journal_), path_,
                                         {*files_, clock_, log_});
        EXPECT_TRUE(service.has_value()) << service.error().message;
        return std::move(*service);
    }

    void run(std::string_view email, bool failed, TimeUs at) {
        journal_.post(
            fmt::format(R"({{"eventType":"cell_executed","emailAddress":"{}","executionCount":1,)"
                        R"("hasError":{},"cellId":"c","classCode":"A","eventTime":"{}"}})",
                        email, failed, format_time(at)),
            at);
    }

    /// One of the texts is another one than before, or none.
    void open_notebook(std::string_view email, SeededRandom& random, TimeUs at) {
        const std::array<std::uint64_t, 4> texts{random.u64() % 2, random.u64() % 2,
                                                 random.u64() % 2, random.u64() % 2};
        journal_.post(fmt::format(R"({{"eventType":"notebook_opened","emailAddress":"{}",)"
                                  R"("userName":"N{}","teamName":"T{}","classCode":"C{}",)"
                                  R"("notebookPath":"a notebook in some folder {}.ipynb",)"
                                  R"("eventTime":"{}"}})",
                                  email, texts[0], texts[1], texts[2], texts[3], format_time(at)),
                      at);
    }

    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    telemetry::Log log_{telemetry::LogOptions{}};
    HandClock clock_;
    MemoryJournal journal_;
    std::filesystem::path folder_;
    std::string path_;
};

TEST_F(LiveServiceTest, ShowsWhatIsDurableAndNothingElse) {
    Listener listener;
    const auto service = open();
    service->start(&listener);
    run("a@x", false, kStartUs);
    run("b@x", true, kStartUs);
    journal_.sync();
    run("c@x", false, kStartUs);  // Written, not synced.
    const auto ticks = listener.wait_through(2);
    const PicturePtr picture = service->picture();
    EXPECT_EQ(picture->sequence, 2U);
    ASSERT_EQ(picture->students.size(), 2U);
    EXPECT_EQ(picture->find("b@x")->view.status, Status::error);
    EXPECT_EQ(picture->find("c@x"), nullptr);
    EXPECT_EQ(picture->all.students, 2U);
    EXPECT_EQ(picture->all.errors, 1U);
    for (const Tick& tick : ticks) {
        std::set<std::string> seen;
        for (const Change& change : tick.changes)
            EXPECT_TRUE(seen.insert(change.now->view.email).second);
    }
}

TEST_F(LiveServiceTest, ThePictureStaysWholeWhileStudentsMove) {
    Listener listener;  // Looks at every picture.
    const auto service = open();
    service->start(&listener);
    SeededRandom random(5);
    std::uint64_t sent = 0;
    for (int step = 0; step < 60; ++step) {
        for (std::uint64_t events = 1 + random.u64() % 4; events > 0; --events) {
            const TimeUs at = kStartUs + static_cast<TimeUs>(++sent) * kSecondUs;
            journal_.post(
                fmt::format(R"({{"eventType":"cell_executed","emailAddress":"s{}@x","cellId":"c",)"
                            R"("executionCount":1,"hasError":{},"classCode":"C{}",)"
                            R"("teamName":"T{}","eventTime":"{}"}})",
                            random.u64() % 7, random.u64() % 2 == 0, random.u64() % 3,
                            random.u64() % 3, format_time(at)),
                at);
        }
        clock_.set(kStartUs + static_cast<TimeUs>(sent) * kSecondUs);
        journal_.sync();
        if (step % 3 == 0) listener.wait_through(sent);
    }
    listener.wait_through(sent);
    EXPECT_EQ(service->picture()->all.executions, sent);
    EXPECT_EQ(service->picture()->students.size(), 7U);
}

/// What a picture shows, to the byte.
std::vector<std::string> fragments_of(const Picture& picture) {
    std::vector<std::string> fragments;
    fragments.reserve(picture.students.size());
    for (const StudentPicturePtr& student : picture.students)
        fragments.push_back(student->fragment());
    return fragments;
}

/// The same by a fold from the beginning and a look at each student.
std::vector<std::string> recomputed(MemoryJournal& journal, const Picture& picture) {
    ClassState state;
    {
        const std::lock_guard lock(journal.mutex);
        for (std::size_t i = 0; i < picture.sequence; ++i)
            state.fold(journal.entries.all()[i]);
    }
    std::vector<std::string> fragments;
    for (const StudentFacts& facts : state.students())
        fragments.push_back(fragment_of(judge(facts, Thresholds{}, picture.at_us).view));
    return fragments;
}

/// Compares every picture with a recomputation, and reads some of them for a while.
class SlowReader final : public PictureListener {
  public:
    explicit SlowReader(MemoryJournal& journal) : journal_(journal) {}
    ~SlowReader() override { look_again(); }

    void pictured(const Tick& tick) override {
        expect_whole(*tick.picture);
        EXPECT_EQ(fragments_of(*tick.picture), recomputed(journal_, *tick.picture));
        look_again();
        if (random_.u64() % 3 == 0) read_.emplace_back(tick.picture, fragments_of(*tick.picture));
        if (!read_.empty() && random_.u64() % 3 == 0)
            read_.erase(read_.begin() + static_cast<std::ptrdiff_t>(random_.u64() % read_.size()));
        const std::lock_guard lock(mutex_);
        sequence_ = tick.picture->sequence;
        news_.notify_all();
    }
    void wait_through(std::uint64_t sequence) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(news_.wait_for(lock, 30s, [&] { return sequence_ >= sequence; }));
    }

  private:
    void look_again() const {
        for (const auto& [picture, shown] : read_)
            EXPECT_EQ(fragments_of(*picture), shown) << "a picture changed while it was read";
    }

    MemoryJournal& journal_;
    SeededRandom random_{3};
    std::vector<std::pair<PicturePtr, std::vector<std::string>>> read_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::uint64_t sequence_ = 0;
};

TEST_F(LiveServiceTest, EveryPictureIsARecomputationAndStaysWhatItIs) {
    SlowReader reader(journal_);
    const auto service = open();
    service->start(&reader);
    SeededRandom random(9);
    TimeUs now = kStartUs;
    std::uint64_t sent = 0;
    for (int step = 0; step < 200; ++step) {
        // From steps of milliseconds to silences in which students go idle and errors fade.
        now += static_cast<TimeUs>(1 + random.u64() % 100) *
               (random.u64() % 8 == 0 ? 5 * kSecondUs : kSecondUs / 100);
        clock_.set(now);
        for (std::uint64_t events = random.u64() % 4; events > 0; --events) {
            const std::string email = fmt::format("s{}@x", random.u64() % (1 + sent / 8));
            if (random.u64() % 3 == 0) {
                open_notebook(email, random, now);
            } else {
                run(email, random.u64() % 3 == 0, now);
            }
            ++sent;
        }
        journal_.sync();
        reader.wait_through(sent);
    }
    service->stop();
    EXPECT_GT(service->picture()->students.size(), 20U);
}

/// Posts what comes next as soon as the last is shown, and notes when that was.
class Pauses final : public PictureListener {
  public:
    Pauses(const HandClock& clock, std::function<void(std::size_t students)> post,
           std::vector<std::size_t> students)
        : clock_(clock), post_(std::move(post)), students_(std::move(students)) {}

    void pictured(const Tick& tick) override {
        EXPECT_EQ(tick.changes.size(), shown_us_.empty() ? 1 : students_[shown_us_.size() - 1]);
        shown_us_.push_back(clock_.steady_us());
        if (shown_us_.size() <= students_.size()) return post_(students_[shown_us_.size() - 1]);
        done_ = true;
        done_.notify_all();
    }
    /// In front of each of `students`.
    std::vector<std::int64_t> wait() {
        done_.wait(false);
        std::vector<std::int64_t> pauses;
        for (std::size_t i = 1; i < shown_us_.size(); ++i)
            pauses.push_back(shown_us_[i] - shown_us_[i - 1]);
        return pauses;
    }

  private:
    const HandClock& clock_;
    std::function<void(std::size_t students)> post_;
    std::vector<std::size_t> students_;
    std::vector<std::int64_t> shown_us_;
    std::atomic<bool> done_ = false;
};

TEST_F(LiveServiceTest, WaitsTwiceAsLongBehindManyChanges) {
    clock_.set_look(kSecondUs / 100);
    TimeUs at = kStartUs;
    const auto post = [&](std::size_t students) {
        at += kSecondUs;
        for (std::size_t i = 0; i < students; ++i)
            run(fmt::format("s{}@x", i), false, at);
        journal_.sync();
    };
    Pauses listener(clock_, post, {15, 16, 1, 1});
    const auto service = open();
    service->start(&listener);
    post(1);
    const auto pauses = listener.wait();
    const auto is_long = [](std::int64_t us) { return us >= 100 * kSecondUs / 1'000; };
    ASSERT_EQ(pauses.size(), 4U);
    EXPECT_FALSE(is_long(pauses[0]));
    EXPECT_FALSE(is_long(pauses[1])) << "15 students changed";
    EXPECT_TRUE(is_long(pauses[2])) << "16 students changed";
    EXPECT_FALSE(is_long(pauses[3]));
    for (const std::int64_t pause : pauses)
        EXPECT_GE(pause, 50 * kSecondUs / 1'000);
}

TEST_F(LiveServiceTest, ChangesWithTimeAlone) {
    run("a@x", true, kStartUs);
    journal_.sync();
    Listener listener;
    const auto service = open();
    EXPECT_EQ(service->picture()->find("a@x")->view.status, Status::error);
    service->start(&listener);
    clock_.set(kStartUs + 300 * kSecondUs);
    const auto ticks = listener.wait([](const Tick& tick) {
        return !tick.changes.empty() && tick.changes[0].now->view.status == Status::idle;
    });
    EXPECT_EQ(ticks.back().changes.at(0).before->view.status, Status::error);
    EXPECT_EQ(service->picture()->all.idle, 1U);
}

TEST_F(LiveServiceTest, OtherThresholdsShowEverybodyAnew) {
    for (int failure = 0; failure < 2; ++failure) {
        run("a@x", true, kStartUs + failure);
        run("b@x", false, kStartUs + failure);
    }
    journal_.sync();
    clock_.set(kStartUs + kSecondUs);
    Listener listener;
    const auto service = open();
    service->start(&listener);
    const auto wait_for = [&](Status status) {
        listener.wait(
            [&](const Tick& tick) { return tick.picture->find("a@x")->view.status == status; });
        return service->picture();
    };
    Thresholds thresholds;
    thresholds.significant_errors = 2;
    service->set_thresholds(thresholds);
    EXPECT_TRUE(
        wait_for(Status::significant_error)->find("a@x")->view.error_cells[0].is_significant);
    thresholds.significant_errors = kNoErrors;
    thresholds.active_window = 0ms;
    service->set_thresholds(thresholds);
    EXPECT_FALSE(wait_for(Status::error)->find("a@x")->view.error_cells[0].is_significant);
    listener.wait([](const Tick& tick) { return tick.picture->all.idle == 1; });
    EXPECT_EQ(service->picture()->sequence, 4U) << "nothing was folded for it";
}

TEST_F(LiveServiceTest, BeginsWithTheFirstEventWhoseContentIsThere) {
    for (int i = 0; i < 10; ++i)
        run(fmt::format("s{}@x", i), false, kStartUs + i);
    journal_.sync();
    {
        const auto service = open();
        ASSERT_TRUE(service->checkpoint(*files_, path_).has_value());
    }
    journal_.kept = 8;
    EXPECT_EQ(open()->picture()->students.size(), 10U) << "the checkpoint has them";
    std::filesystem::remove(path_);
    const auto anew = open();
    EXPECT_EQ(anew->picture()->students.size(), 3U);
    EXPECT_EQ(anew->picture()->sequence, 10U);
}

TEST_F(LiveServiceTest, ComesBackWithTheSamePicture) {
    for (int i = 0; i < 50; ++i)
        run(fmt::format("s{}@x", i % 7), i % 3 == 0, kStartUs + i);
    journal_.sync();
    auto service = open();
    ASSERT_TRUE(service->checkpoint(*files_, path_).has_value());
    const PicturePtr before = service->picture();
    service.reset();
    run("s3@x", true, kStartUs + kSecondUs);
    run("new@x", true, kStartUs + kSecondUs);
    journal_.sync();

    service = open();
    const PicturePtr restored = service->picture();
    EXPECT_EQ(restored->sequence, 52U);
    // Without the checkpoint the picture is the same, but all of it counts as changed.
    std::filesystem::remove(path_);
    const auto anew = open();
    ASSERT_EQ(restored->students.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(restored->students[i]->fragment(), anew->picture()->students[i]->fragment());
        const std::string& email = restored->students[i]->view.email;
        const bool changed = email == "s3@x" || email == "new@x";
        EXPECT_EQ(restored->students[i]->changed_sequence, changed ? 52U : 50U) << email;
        EXPECT_EQ(anew->picture()->students[i]->changed_sequence, 52U);
    }
    EXPECT_EQ(restored->all, anew->picture()->all);
}

TEST_F(LiveServiceTest, WhatTimeChangedSinceTheCheckpointCountsAsChanged) {
    run("a@x", false, kStartUs);
    run("b@x", false, kStartUs + 100 * kSecondUs);
    journal_.sync();
    clock_.set(kStartUs + 110 * kSecondUs);
    auto service = open();
    ASSERT_TRUE(service->checkpoint(*files_, path_).has_value());
    service.reset();
    journal_.post(R"({"eventType":"help","emailAddress":"c@x"})", kStartUs + 130 * kSecondUs);
    journal_.sync();
    clock_.set(kStartUs + 130 * kSecondUs);
    service = open();
    EXPECT_EQ(service->picture()->find("a@x")->view.status, Status::idle);
    EXPECT_EQ(service->picture()->find("a@x")->changed_sequence, 3U);
    EXPECT_EQ(service->picture()->find("b@x")->changed_sequence, 2U);
}

TEST_F(LiveServiceTest, FoldsAnewWhatItCannotTrust) {
    run("a@x", false, kStartUs);
    journal_.sync();
    ASSERT_TRUE(open()->checkpoint(*files_, path_).has_value());
    const auto size = std::filesystem::file_size(path_);
    std::filesystem::resize_file(path_, size - 1);
    EXPECT_EQ(open()->picture()->students.size(), 1U);
    ASSERT_TRUE(open()->checkpoint(*files_, path_).has_value());
    journal_.epoch = 2;  // Restored from a backup: the checkpoint is of another history.
    run("b@x", false, kStartUs);
    journal_.sync();
    EXPECT_EQ(open()->picture()->epoch, 2U);
    EXPECT_EQ(open()->picture()->all.executions, 2U);
}

TEST_F(LiveServiceTest, GoesOnWhenTheJournalCanBeReadAgain) {
    Listener listener;
    const auto service = open();
    journal_.broken = true;
    service->start(&listener);
    while (service->status().failures == 0)
        std::this_thread::yield();
    EXPECT_EQ(service->status().last_error, "the disk is gone");
    run("a@x", false, kStartUs);
    journal_.sync();
    journal_.broken = false;
    listener.wait_through(1);
    EXPECT_EQ(service->status().last_error, "");
}

TEST(Fragment, IsTheObjectOfTheReference) {
    StudentView view;
    view.email = "a\"\n@x";
    view.status = Status::help;
    view.status_since_us = view.help_since_us = kStartUs;
    view.asks_help = true;
    view.executions = 3;
    view.errors = 2;
    view.consecutive_errors = 2;
    view.error_cells = {{"c\\1", 2, kStartUs}};
    const std::string time = "\"" + format_time(kStartUs) + "\"";
    EXPECT_EQ(
        fragment_of(view),
        R"({"email":"a\"\n@x","name":null,"team":null,"classCode":null,"status":"help","since":)" +
            time + R"(,"help":{"asking":true,"since":)" + time +
            R"(},"executions":3,"errors":2,"consecutiveErrors":2,"errorCells":[{"cellId":"c\\1",)"
            R"("count":2,"lastErrorAt":)" +
            time +
            R"(}],"notebook":null,"cellId":null,"cellIndex":null,"runningSince":null,"lastActivityAt":null})");
}

}  // namespace
}  // namespace cellmon::live
