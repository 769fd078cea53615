// Goal: the picture that an unchanged dashboard shows equals the truth, within stated tolerances,
// in spite of its own rules: it fetches every 15 s (5 s with a card open), not when its store
// changed less than 5 s ago, and counts every push as a change (contract 11.1, 11.3). Method: ten
// minutes of a class on a simulated clock; the real fold and rules make the pictures, the real
// pacer and the real texts tell them; dashboards of several phases play the rules of the contract;
// twice a second what they show is compared with what was true.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "api/dashboard_json.hpp"
#include "api/legacy_pacer.hpp"
#include "live/class_state.hpp"
#include "live/class_testing.hpp"
#include "live/rules.hpp"

namespace cellmon::api {
namespace {

using live::testing::kStartUs;

constexpr std::int64_t kStepUs = kSecondUs / 20;  // As live.conflation.
constexpr std::int64_t kLessonUs = 600 * kSecondUs;
constexpr std::int64_t kLatencyUs = kSecondUs / 10;  // Of an answer to a dashboard.

/// What a dashboard shows of a student, and what is true of him.
struct Shown {
    std::string status;
    std::string notebook;
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;

    bool operator==(const Shown&) const = default;
};

Shown shown_of(const live::StudentView& view) {
    return {std::string(name_of(view.status)), view.notebook, view.executions, view.errors};
}

/// The class: events by the time at which they are durable, and pictures of them.
class Lesson {
  public:
    void post(std::int64_t at_us, std::string json) { events_.emplace(at_us, std::move(json)); }

    live::Tick step(std::int64_t now_us) {
        const TimeUs now = kStartUs + now_us;
        for (; !events_.empty() && events_.begin()->first <= now_us;
             events_.erase(events_.begin())) {
            state_.fold(entries_.post(events_.begin()->second, now));
        }
        auto picture = std::make_shared<live::Picture>();
        live::Tick tick;
        shown_.resize(state_.students().size());
        for (std::size_t i = 0; i < shown_.size(); ++i) {
            boost::intrusive_ptr made(new live::StudentPicture());
            made->view = live::judge(state_.students()[i], thresholds_, now).view;
            if (!shown_[i] || shown_[i]->view != made->view) {
                tick.changes.push_back({shown_[i], made, i});
                shown_[i] = std::move(made);
            }
            picture->all.add(shown_[i]->view);
        }
        picture->students = shown_;
        tick.picture = std::move(picture);
        return tick;
    }

  private:
    std::multimap<std::int64_t, std::string> events_;
    live::testing::Entries entries_;
    live::ClassState state_;
    live::Thresholds thresholds_;
    std::vector<live::StudentPicturePtr> shown_;
};

/// What was true when.
class Truth {
  public:
    void take(const live::Tick& tick, std::int64_t now_us) {
        for (const live::Change& change : tick.changes) {
            Student& student = students_[change.now->view.email];
            student.facts.add(shown_of(change.now->view), now_us);
            student.help.add(change.now->view.asks_help, now_us);
        }
        help_count_.add(tick.picture->all.help, now_us);
    }

    /// The values that something had, each from a moment on.
    template <typename Value>
    struct History {
        std::vector<std::pair<std::int64_t, Value>> values;

        void add(const Value& value, std::int64_t now_us) {
            if (values.empty() || values.back().second != value) values.emplace_back(now_us, value);
        }
        /// Whether it had this value at or after `since_us`.
        [[nodiscard]] bool had(const Value& value, std::int64_t since_us) const {
            std::int64_t end_us = LegacyPacer::kNever;
            for (auto one = values.rbegin(); one != values.rend() && end_us >= since_us; ++one) {
                if (one->second == value) return true;
                end_us = one->first;
            }
            return false;
        }
        [[nodiscard]] std::int64_t began_us() const { return values.front().first; }
        [[nodiscard]] const Value& now() const { return values.back().second; }
    };
    struct Student {
        History<Shown> facts;
        History<bool> help;
    };

    [[nodiscard]] const std::map<std::string, Student>& students() const { return students_; }
    [[nodiscard]] const History<std::uint64_t>& help_count() const { return help_count_; }

  private:
    std::map<std::string, Student> students_;
    History<std::uint64_t> help_count_;
};

struct Habits {
    std::int64_t loaded_us = 0;
    std::int64_t card_open_us = LegacyPacer::kNever;  // From then on it fetches every 5 s.
    bool help_sets_status = false;  // The contract says "marks" and "clears": either is right.
};

/// An unchanged dashboard: contract 11.1 and 11.3.
class Dashboard {
  public:
    struct Student {
        Shown facts;
        bool asks_help = false;
    };

    explicit Dashboard(const Habits& habits) : habits_(habits), next_fetch_us_(habits.loaded_us) {}

    /// Whether it fetches now. The page load always does.
    bool wants_to_fetch(std::int64_t now_us) {
        bool wants = false;
        if (now_us >= next_fetch_us_) {
            next_fetch_us_ += (now_us >= habits_.card_open_us ? 5 : 15) * kSecondUs;
            wants = true;
        }
        if (now_us >= refetch_us_) {
            refetch_us_ = LegacyPacer::kNever;
            wants = true;
        }
        return wants && (!loaded() || now_us - changed_us_ >= 5 * kSecondUs);
    }

    void answered(const std::string& overview, std::int64_t now_us) {
        changed_us_ = now_us;
        ++fetches;
        longest_us = std::max(longest_us, now_us - last_fetch_us_.value_or(now_us));
        last_fetch_us_ = now_us;
        students.clear();
        simdjson::dom::parser parser;
        const simdjson::dom::element answer = parser.parse(overview);
        help_count = std::uint64_t(answer["metrics"]["helpCount"]);
        for (const simdjson::dom::element one : answer["students"]) {
            Student& student = students[std::string(std::string_view(one["emailAddress"]))];
            take(student, one);
            student.asks_help = bool(one["isRequestingHelp"]);
        }
    }

    void received(const std::string& message, std::int64_t now_us) {
        if (!loaded()) return;
        simdjson::dom::parser parser;
        const simdjson::dom::element frame = parser.parse(message);
        const std::string_view type = frame["type"];
        changed_us_ = now_us;  // Also for one whom it does not know: the worse case.
        const auto known =
            students.find(std::string(std::string_view(frame["data"]["emailAddress"])));
        if (type == "progress_update") {
            if (known != students.end()) take(known->second, frame["data"]);
            return;
        }
        ASSERT_TRUE(type == "help_request" || type == "help_resolved") << message;
        const bool asks = type == "help_request";
        refetch_us_ = now_us + kSecondUs / 10;
        if (known == students.end()) return;
        known->second.asks_help = asks;
        if (habits_.help_sets_status) known->second.facts.status = asks ? "help" : "active";
    }

    [[nodiscard]] bool loaded() const { return last_fetch_us_.has_value(); }

    std::map<std::string, Student> students;
    std::uint64_t help_count = 0;
    std::size_t fetches = 0;
    std::int64_t longest_us = 0;  // Between two fetches.

  private:
    static void take(Student& student, const simdjson::dom::element& from) {
        student.facts = {std::string(std::string_view(from["status"])),
                         std::string(std::string_view(from["currentNotebook"])),
                         std::uint64_t(from["cellExecutions"]), std::uint64_t(from["errorCount"])};
    }

    const Habits habits_;
    std::int64_t next_fetch_us_;
    std::int64_t refetch_us_ = LegacyPacer::kNever;
    std::int64_t changed_us_ = 0;
    std::optional<std::int64_t> last_fetch_us_;
};

struct Tolerances {
    std::int64_t facts_us;       // Counts and status of a student whom it shows.
    std::int64_t help_us;        // Who asks.
    std::int64_t unseen_us;      // Until a new student is shown.
    std::int64_t help_count_us;  // The number in the header.
};

/// Plays the lesson before dashboards of many phases.
class Play {
  public:
    Play(Lesson& lesson, const Tolerances& tolerances,
         std::chrono::milliseconds burst = std::chrono::seconds(12))
        : lesson_(lesson), tolerances_(tolerances), pacer_(burst) {
        for (int i = 0; i < 12; ++i) {
            const std::int64_t loaded_us = i * 13 * kSecondUs / 10;
            seats_.emplace_back(
                Habits{loaded_us, i % 4 == 3 ? 200 * kSecondUs : LegacyPacer::kNever, i % 2 == 1});
        }
    }

    void run() {
        for (std::int64_t now_us = 0; now_us < kLessonUs; now_us += kStepUs) {
            const live::Tick tick = lesson_.step(now_us);
            truth_.take(tick, now_us);
            pacer_.take(tick, now_us);
            const auto messages =
                legacy_messages(pacer_.push(now_us, *tick.picture), kStartUs + now_us);
            if (!messages.empty()) ++pushes;
            for (Seat& seat : seats_) {
                for (const std::string& message : messages)
                    seat.dashboard.received(message, now_us);
                fetch(seat, *tick.picture, now_us);
                if (now_us % (kSecondUs / 2) == 0) compare(seat.dashboard, now_us);
                if (::testing::Test::HasFailure()) return;
            }
        }
        for (const Seat& seat : seats_)
            longest_us = std::max(longest_us, seat.dashboard.longest_us);
    }

    std::size_t pushes = 0;
    std::int64_t longest_us = 0;  // Between two fetches of any dashboard.

  private:
    struct Seat {
        explicit Seat(const Habits& habits) : dashboard(habits) {}
        Dashboard dashboard;
        std::optional<std::string> answer;  // On its way.
        std::int64_t arrives_us = 0;
    };

    void fetch(Seat& seat, const live::Picture& picture, std::int64_t now_us) {
        if (seat.answer && now_us >= seat.arrives_us) {
            seat.dashboard.answered(*seat.answer, now_us);
            seat.answer.reset();
            check_fetched(seat.dashboard, now_us);
        }
        if (seat.answer || !seat.dashboard.wants_to_fetch(now_us)) return;
        seat.answer = overview_json({picture, {}, "[]", kStartUs + now_us});
        seat.arrives_us = now_us + kLatencyUs;
    }

    /// Behind a fetch nothing is older than the fetch.
    void check_fetched(const Dashboard& dashboard, std::int64_t now_us) {
        for (const auto& [email, student] : truth_.students()) {
            if (student.facts.began_us() > now_us - kLatencyUs) continue;
            const auto shown = dashboard.students.find(email);
            ASSERT_NE(shown, dashboard.students.end()) << email;
            EXPECT_TRUE(student.facts.had(shown->second.facts, now_us - kLatencyUs)) << email;
            EXPECT_TRUE(student.help.had(shown->second.asks_help, now_us - kLatencyUs)) << email;
        }
        EXPECT_TRUE(truth_.help_count().had(dashboard.help_count, now_us - kLatencyUs));
    }

    void compare(const Dashboard& dashboard, std::int64_t now_us) {
        if (!dashboard.loaded()) return;
        const auto where = [&](const std::string& email) {
            return fmt::format("{} after {:.2f} s", email, static_cast<double>(now_us) / kSecondUs);
        };
        for (const auto& [email, student] : truth_.students()) {
            const auto shown = dashboard.students.find(email);
            if (shown == dashboard.students.end()) {
                EXPECT_LE(now_us - student.facts.began_us(), tolerances_.unseen_us) << where(email);
                continue;
            }
            const Dashboard::Student& seen = shown->second;
            EXPECT_TRUE(student.facts.had(seen.facts, now_us - tolerances_.facts_us))
                << where(email) << " is shown as " << seen.facts.status << ' '
                << seen.facts.executions << ", is " << student.facts.now().status << ' '
                << student.facts.now().executions;
            EXPECT_TRUE(student.help.had(seen.asks_help, now_us - tolerances_.help_us))
                << where(email) << (seen.asks_help ? " is shown as asking" : " is not shown");
        }
        EXPECT_TRUE(
            truth_.help_count().had(dashboard.help_count, now_us - tolerances_.help_count_us))
            << where("helpCount");
    }

    Lesson& lesson_;
    const Tolerances tolerances_;
    LegacyPacer pacer_;
    Truth truth_;
    std::vector<Seat> seats_;
};

/// What the students of a lesson do.
struct Plan {
    int students = 40;
    std::int64_t arrive_through_us = 150 * kSecondUs;
    std::int64_t help_from_us = kLessonUs;  // Nobody asks before.
    int help_gap_s = 240;                   // The mean between two requests of a student.
};

class Student {
  public:
    Student(Lesson& lesson, std::mt19937& random, std::string email, const Plan& plan)
        : lesson_(lesson), random_(random), email_(std::move(email)), plan_(plan) {}

    void attend(std::int64_t from_us) {
        post(from_us, R"("eventType":"notebook_opened")");
        // Some leave early and become idle.
        const std::int64_t until_us = chance(20) ? from_us + between(60, 300) : kLessonUs;
        int failures_left = 0;
        for (std::int64_t at = from_us + between(1, 20); at < until_us; at += between(3, 25)) {
            if (failures_left == 0 && chance(10)) failures_left = 4;  // Stuck for a while.
            const bool failed = failures_left > 0 ? --failures_left > 0 : chance(15);
            post(at, fmt::format(R"("eventType":"cell_executed","executionCount":1,"hasError":{},)"
                                 R"("cellId":"c{}")",
                                 failed, failures_left > 0 ? 0 : 1));
        }
        for (std::int64_t at = std::max(from_us, plan_.help_from_us) + help_gap(); at < kLessonUs;
             at += help_gap()) {
            post(at, R"("eventType":"help")");
            at += between(2, 60);
            post(at, R"("eventType":"help_stop")");
        }
    }

  private:
    bool chance(int percent) { return std::uniform_int_distribution(1, 100)(random_) <= percent; }
    std::int64_t between(int least_s, int most_s) {
        return std::uniform_int_distribution<std::int64_t>(least_s * kSecondUs,
                                                           most_s * kSecondUs)(random_);
    }
    std::int64_t help_gap() { return between(plan_.help_gap_s / 2, plan_.help_gap_s * 3 / 2); }
    void post(std::int64_t at_us, std::string_view what) {
        lesson_.post(at_us, fmt::format(R"({{{},"emailAddress":"{}","notebookPath":"n.ipynb",)"
                                        R"("eventTime":"{}"}})",
                                        what, email_, format_time(kStartUs + at_us)));
    }

    Lesson& lesson_;
    std::mt19937& random_;
    const std::string email_;
    const Plan& plan_;
};

void write(Lesson& lesson, const Plan& plan, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int64_t> arrival(0, plan.arrive_through_us);
    for (int i = 0; i < plan.students; ++i) {
        Student(lesson, random, fmt::format("s{:03}@x", i), plan).attend(arrival(random));
    }
}

constexpr std::int64_t kSlackUs = kSecondUs;  // Steps, latency, and the half second of a look.
constexpr std::int64_t kHelpUs = LegacyPacer::kSpacingUs + kStepUs + kLatencyUs;
constexpr std::int64_t kFactsUs = LegacyPacer::kPauseUs + kSlackUs;

TEST(DashboardRhythm, ShowsTheTruthOfAnOrdinaryLesson) {
    for (const unsigned seed : {1U, 2U, 3U}) {
        SCOPED_TRACE(seed);
        Lesson lesson;
        const Plan plan{.help_from_us = 200 * kSecondUs};
        write(lesson, plan, seed);
        Play play(lesson,
                  {kFactsUs, kHelpUs, 2 * LegacyPacer::kPauseUs - LegacyPacer::kQuietUs + kSlackUs,
                   kLessonUs});
        play.run();
        EXPECT_GT(play.pushes, 40U);
        if (HasFailure()) return;
    }
}

TEST(DashboardRhythm, ShowsNewcomersAllThroughAStormOfHelp) {
    for (const unsigned seed : {4U, 5U}) {
        SCOPED_TRACE(seed);
        Lesson lesson;
        const Plan plan{
            .students = 120, .arrive_through_us = kLessonUs, .help_from_us = 0, .help_gap_s = 40};
        write(lesson, plan, seed);
        const std::int64_t unseen_us =
            LegacyPacer::kStarvedUs + LegacyPacer::kSpacingUs + LegacyPacer::kPauseUs + kSlackUs;
        Play play(lesson, {kFactsUs, kFactsUs, unseen_us, kLessonUs});
        play.run();
        if (HasFailure()) return;
    }
}

/// A burst each 15 s, as often as a dashboard fetches, would keep some of them from fetching for
/// ever; each 12 s they miss at most two fetches in a row.
TEST(DashboardRhythm, FetchesComeThroughBurstsOfAnyPeriod) {
    for (const auto& [burst, longest_s] : {std::pair{12'000, 46}, {13'000, 76}, {15'000, 76}}) {
        SCOPED_TRACE(burst);
        Lesson lesson;
        const Plan plan{.arrive_through_us = 10 * kSecondUs};
        write(lesson, plan, 6);
        Play play(lesson,
                  {kFactsUs, kHelpUs, 2 * LegacyPacer::kPauseUs - LegacyPacer::kQuietUs + kSlackUs,
                   longest_s * kSecondUs},
                  std::chrono::milliseconds(burst));
        play.run();
        EXPECT_LE(play.longest_us, longest_s * kSecondUs);
        EXPECT_GT(play.pushes, 30U);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace cellmon::api
