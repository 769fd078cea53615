#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/classroom/student.hpp"

namespace cellmon::harness {

struct ClassPlan {
    std::uint32_t students = 100;
    std::int64_t minutes = 10;
    std::uint64_t seed = 1;
    TimeUs start_us = 0;
    std::string class_code = "PY-2026-03";  ///< That newer clients name; empty: none.
    /// Share of failed executions in thousandths. More of it means more stuck students, too.
    std::uint32_t errors_per_mille = ErrorBudget::kUsualPerMille;

    static constexpr std::uint32_t kMaxErrorsPerMille = 500;
    static constexpr std::uint32_t kMaxStudents = 10'000;
    static constexpr std::int64_t kMaxMinutes = 24 * 60;

    /// ErrorCode::invalid when a number is out of bounds.
    [[nodiscard]] Result<void> check() const;
    [[nodiscard]] TimeUs end_us() const { return start_us + minutes * 60'000'000; }
};

/// A class: the events of all its students in the order of their time, made as they are asked for.
/// The same plan gives the same bytes on every machine. One thread.
class Classroom {
  public:
    /// `plan` must have passed check().
    explicit Classroom(const ClassPlan& plan);
    Classroom(const Classroom&) = delete;
    Classroom& operator=(const Classroom&) = delete;

    /// nullopt at the end of the class.
    std::optional<ClassEvent> next();

    [[nodiscard]] const Person& person(std::uint32_t student) const {
        return students_[student].person();
    }
    [[nodiscard]] const ClassPlan& plan() const { return plan_; }

    /// NDJSON, one line for each student and behaviour: emailAddress, behaviour, from, to,
    /// betterClient. Complete once next() has returned nullopt.
    [[nodiscard]] std::string truth_ndjson() const;

  private:
    struct Turn {
        TimeUs time_us;
        std::uint32_t student;
        bool operator>(const Turn& other) const {
            return time_us != other.time_us ? time_us > other.time_us : student > other.student;
        }
    };

    ClassPlan plan_;
    ErrorBudget budget_;
    std::vector<Student> students_;
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
};

}  // namespace cellmon::harness
