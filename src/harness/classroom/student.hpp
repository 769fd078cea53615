#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "harness/classroom/dice.hpp"
#include "harness/classroom/draft.hpp"
#include "harness/classroom/lesson.hpp"
#include "harness/classroom/people.hpp"

namespace cellmon::harness {

/// Keeps the share of failed executions of the whole class at a target, 15 % unless it is told
/// otherwise (requirements §3.2), however many of its students are stuck: the others make the fewer
/// mistakes.
struct ErrorBudget {
    static constexpr std::uint32_t kUsualPerMille = 150;

    std::uint64_t target_per_mille = kUsualPerMille;
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;

    /// The chance of a mistake in the next execution of a student who is not stuck, in thousandths.
    [[nodiscard]] std::uint64_t chance_per_mille() const {
        // Twice the target and a little; cells that cannot fail leave the less of it the more it
        // is.
        const std::uint64_t often = target_per_mille * 26 / 15;
        const std::uint64_t seldom = target_per_mille * 2 / 15;
        return errors * 1000 < executions * target_per_mille ? often : seldom;
    }
    void count(bool error) {
        ++executions;
        errors += error ? 1 : 0;
    }
};

/// What a student truly did between two times.
struct TruthInterval {
    std::uint32_t student = 0;
    Behaviour behaviour = Behaviour::working;
    TimeUs from_us = 0;
    TimeUs to_us = 0;
};

/// One event as it goes over the wire.
struct ClassEvent {
    std::uint32_t student = 0;
    bool better_client = true;
    TimeUs time_us = 0;  ///< eventTime.
    /// How long the client waits before it sends: the unchanged extension spreads its posts over
    /// 200–2199 ms (§5.3).
    std::int64_t spread_us = 0;
    Id128 id;
    std::string json;
};

/// One student's lesson as a seeded state machine: plans an action at its cursor, whose events come
/// out in the order of their time.
class Student {
  public:
    /// `class_code`: what a newer client names; empty: nothing. It must outlive the student.
    Student(Person person, std::uint64_t seed, TimeUs start_us, TimeUs end_us, ErrorBudget& budget,
            std::string_view class_code);

    /// The next event's time; nullopt when the lesson is over for this student.
    [[nodiscard]] std::optional<TimeUs> next_time();
    ClassEvent take();

    [[nodiscard]] const Person& person() const { return person_; }
    /// Complete once next_time() has returned nullopt.
    [[nodiscard]] const std::vector<TruthInterval>& truth() const { return truth_; }

  private:
    void plan();
    void plan_arrival();
    void plan_work();
    void plan_stuck();
    void plan_idle();
    void plan_exploring();
    void plan_endless_loop();
    void plan_end_of_lesson();
    void plan_next_notebook();
    void run_all();
    void ask_for_help(std::int64_t duration_us);

    /// Runs a cell from the cursor on and moves the cursor to its end. True when it did not fail.
    bool run_cell(std::size_t index, const Mistake* mistake);
    Draft& add(std::string_view type, std::string_view notebook);
    void add_cell(Draft& draft, const LessonCell& cell, std::size_t index);
    [[nodiscard]] std::int64_t think_us();
    [[nodiscard]] const Mistake* maybe_mistake(const LessonCell& cell);
    [[nodiscard]] std::string_view notebook() const {
        return kLessonPaths[round_ % kLessonPaths.size()];
    }
    void change_to(Behaviour behaviour);

    Person person_;
    Dice dice_;
    ErrorBudget& budget_;
    ClientIdentity client_;
    TimeUs end_us_;
    TimeUs cursor_us_;
    TimeUs episode_from_us_;  ///< When the student's own behaviour begins and ends.
    TimeUs episode_to_us_;

    Draft discarded_;  ///< What the unchanged extension does not report.
    std::deque<Draft>
        planned_;  ///< In the order of time; only what lies before the cursor may leave.
    std::vector<TruthInterval> truth_;
    std::vector<std::string> scratch_ids_;
    Behaviour now_ = Behaviour::working;
    std::size_t cell_ = 0;   ///< The next cell of the lesson.
    std::size_t round_ = 0;  ///< Which notebook of the course.
    std::size_t stuck_cell_ = 0;
    std::uint64_t stuck_tries_ = 0;
    std::int64_t execution_count_ = 0;
    std::uint64_t stream_sequence_ = 0;
    bool arrived_ = false;
    bool finished_ = false;
    bool scratch_open_ = false;
    bool left_ = false;
};

}  // namespace cellmon::harness
