#include "harness/classroom/classroom.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

/// Shares of a hundred students; the rest works through the lesson.
constexpr std::array<std::pair<Behaviour, std::uint32_t>, 5> kShares{
    {{Behaviour::stuck, 12},
     {Behaviour::idle, 8},
     {Behaviour::exploring, 8},
     {Behaviour::finished, 7},
     {Behaviour::endless_loop, 5}}};

std::vector<Behaviour> deal_behaviours(const ClassPlan& plan, Dice& dice) {
    const std::uint32_t students = plan.students;
    std::vector<Behaviour> dealt;
    dealt.reserve(students);
    for (const auto& [behaviour, share] : kShares) {
        // Whoever is stuck makes nothing but errors.
        const std::uint64_t parts =
            behaviour == Behaviour::stuck ? plan.errors_per_mille : ErrorBudget::kUsualPerMille;
        dealt.insert(dealt.end(), students * share * parts / (ErrorBudget::kUsualPerMille * 100),
                     behaviour);
    }
    dealt.resize(students, Behaviour::working);
    for (std::size_t i = dealt.size(); i > 1; --i)
        std::swap(dealt[i - 1], dealt[dice.below(i)]);
    return dealt;
}

}  // namespace

Result<void> ClassPlan::check() const {
    if (students < 1 || students > kMaxStudents) {
        return fail(ErrorCode::invalid, fmt::format("students must be 1 to {}", kMaxStudents));
    }
    if (minutes < 1 || minutes > kMaxMinutes) {
        return fail(ErrorCode::invalid, fmt::format("minutes must be 1 to {}", kMaxMinutes));
    }
    if (errors_per_mille > kMaxErrorsPerMille) {
        return fail(ErrorCode::invalid, fmt::format("the share of errors must be 0 to {:g}",
                                                    kMaxErrorsPerMille / 1000.0));
    }
    return {};
}

Classroom::Classroom(const ClassPlan& plan) : plan_(plan) {
    CELLMON_ASSERT(plan.check().has_value());
    // A browser writes milliseconds. The start is part of the seed: the same class on another day
    // has other event ids.
    plan_.start_us -= plan_.start_us % 1000;
    const std::uint64_t seed =
        mix64(plan_.seed) ^ mix64(static_cast<std::uint64_t>(plan_.start_us));
    Dice dice(seed);
    budget_.target_per_mille = plan_.errors_per_mille;
    const auto behaviours = deal_behaviours(plan_, dice);
    students_.reserve(plan_.students);
    for (std::uint32_t index = 0; index < plan_.students; ++index) {
        students_.emplace_back(make_person(index, behaviours[index], dice), seed, plan_.start_us,
                               plan_.end_us(), budget_, plan_.class_code);
    }
    for (std::uint32_t index = 0; index < plan_.students; ++index) {
        if (const auto time = students_[index].next_time()) turns_.push({*time, index});
    }
}

std::optional<ClassEvent> Classroom::next() {
    if (turns_.empty()) return std::nullopt;
    const Turn turn = turns_.top();
    turns_.pop();
    ClassEvent event = students_[turn.student].take();
    if (const auto time = students_[turn.student].next_time()) turns_.push({*time, turn.student});
    return event;
}

std::string Classroom::truth_ndjson() const {
    std::string text;
    for (const Student& student : students_) {
        for (const TruthInterval& interval : student.truth()) {
            JsonObject object(text);
            object.text("emailAddress", student.person().email);
            object.text("behaviour", name_of(interval.behaviour));
            object.text("from", format_time(interval.from_us));
            object.text("to", format_time(interval.to_us));
            object.boolean("betterClient", student.person().better_client);
            object.close();
            text += '\n';
        }
    }
    return text;
}

}  // namespace cellmon::harness
