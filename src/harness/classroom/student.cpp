#include "harness/classroom/student.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace cellmon::harness {
namespace {

constexpr std::int64_t kMs = 1'000;
constexpr std::int64_t kSecond = 1'000'000;
/// While help is on, the extension repeats it (§5.2).
constexpr std::int64_t kHelpRepeatUs = 10 * kSecond;
/// A better client reports that a cell has started when it has run this long.
constexpr std::int64_t kStartedAfterUs = 1 * kSecond;

std::int64_t spread_us_of(const Person& person, const Draft& draft) {
    std::uint64_t hash = mix64(static_cast<std::uint64_t>(draft.time_us / kSecond));
    for (const char c : person.email)
        hash = mix64(hash ^ static_cast<unsigned char>(c));
    for (const char c : draft.cell_id)
        hash = mix64(hash ^ static_cast<unsigned char>(c));
    return static_cast<std::int64_t>(200 + hash % 2000) * kMs;
}

}  // namespace

Student::Student(Person person, std::uint64_t seed, TimeUs start_us, TimeUs end_us,
                 ErrorBudget& budget, std::string_view class_code)
    : person_(std::move(person)),
      dice_(mix64(seed ^ mix64(person_.index + 1))),
      budget_(budget),
      end_us_(end_us),
      cursor_us_(start_us) {
    const std::int64_t length_us = end_us - start_us;
    episode_from_us_ =
        start_us + dice_.between(length_us * 15 / 100, length_us * 40 / 100) / kMs * kMs;
    episode_to_us_ =
        episode_from_us_ + dice_.between(length_us * 30 / 100, length_us * 50 / 100) / kMs * kMs;
    client_.session_id = dice_.id().to_string();
    client_.consent = "output";
    if (person_.better_client) {
        client_.stream_id = dice_.id().to_string();
        client_.class_code = class_code;
        const auto consent = dice_.below(20);
        if (consent < 2) client_.consent = "code";
        if (consent == 2) client_.consent = "status";
    }
    // A browser writes milliseconds, so every moment of the class is a whole one.
    cursor_us_ +=
        dice_.between(0, std::min<std::int64_t>(60 * kSecond, length_us / 10)) / kMs * kMs;
    truth_.push_back({person_.index, Behaviour::working, start_us, end_us});
}

std::optional<TimeUs> Student::next_time() {
    while (!left_ && (planned_.empty() || planned_.front().time_us > cursor_us_))
        plan();
    // What would happen after the bell does not happen.
    if (planned_.empty() || planned_.front().time_us >= end_us_) {
        truth_.back().to_us = end_us_;
        return std::nullopt;
    }
    return planned_.front().time_us;
}

ClassEvent Student::take() {
    CELLMON_ASSERT(!planned_.empty());
    const Draft draft = std::move(planned_.front());
    planned_.pop_front();
    ClassEvent event;
    event.student = person_.index;
    event.better_client = person_.better_client;
    event.time_us = draft.time_us;
    event.id = dice_.id();
    if (person_.better_client) {
        ++stream_sequence_;
    } else {
        event.spread_us = spread_us_of(person_, draft);
        client_.browser_ms = dice_.below(11);
    }
    event.json = render_event(draft, person_, client_, event.id, stream_sequence_);
    return event;
}

void Student::plan() {
    if (cursor_us_ >= end_us_) {
        left_ = true;
        return;
    }
    if (!arrived_) return plan_arrival();
    const bool episode = cursor_us_ >= episode_from_us_ && cursor_us_ < episode_to_us_;
    if (episode && !finished_) {
        switch (person_.behaviour) {
            case Behaviour::stuck:
                return plan_stuck();
            case Behaviour::idle:
                return plan_idle();
            case Behaviour::exploring:
                return plan_exploring();
            case Behaviour::endless_loop:
                return plan_endless_loop();
            case Behaviour::working:
            case Behaviour::finished:
                break;
        }
    }
    if (now_ != Behaviour::finished) change_to(Behaviour::working);
    if (cell_ >= lesson_cells().size()) {
        return person_.behaviour == Behaviour::finished ? plan_end_of_lesson()
                                                        : plan_next_notebook();
    }
    plan_work();
}

void Student::plan_arrival() {
    arrived_ = true;
    add("session_start", notebook()).environment = true;
    add("notebook_opened", notebook());
    add("kernel_status", notebook()).kernel_status = "starting";
    cursor_us_ += dice_.between(600, 2500) * kMs;
    add("kernel_status", notebook()).kernel_status = "idle";
}

void Student::plan_work() {
    cursor_us_ += think_us();
    const auto action = dice_.below(100);
    if (action < 4 && cell_ > 3) return run_all();
    if (action < 9) {
        add("notebook_saved", notebook());
        return;
    }
    if (action < 11) ask_for_help(dice_.between(15, 90) * kSecond);
    const auto& cell = lesson_cells()[cell_];
    if (run_cell(cell_, maybe_mistake(cell))) ++cell_;
}

void Student::plan_stuck() {
    if (now_ != Behaviour::stuck) {
        change_to(Behaviour::stuck);
        // A cell with a mistake to be stuck at, from where the student is.
        stuck_cell_ = std::min(cell_, lesson_cells().size() - 1);
        while (lesson_cells()[stuck_cell_].mistakes.empty())
            stuck_cell_ = (stuck_cell_ + 1) % lesson_cells().size();
        stuck_tries_ = 0;
    }
    cursor_us_ += dice_.between(6, 28) * kSecond;
    const auto mistakes = lesson_cells()[stuck_cell_].mistakes;
    run_cell(stuck_cell_, &mistakes[person_.index % mistakes.size()]);
    if (++stuck_tries_ == 4 && dice_.chance_per_mille(500))
        ask_for_help(dice_.between(60, 180) * kSecond);
}

void Student::plan_idle() {
    change_to(Behaviour::idle);
    add("presence", notebook()).presence = "idle";
    cursor_us_ = std::min(episode_to_us_, end_us_);
    add("presence", notebook()).presence = "present";
}

void Student::plan_exploring() {
    change_to(Behaviour::exploring);
    if (!scratch_open_) {
        scratch_open_ = true;
        add("notebook_opened", kScratchPath);
    }
    cursor_us_ += dice_.between(3, 18) * kSecond;
    const bool fails = dice_.chance_per_mille(budget_.chance_per_mille());
    const Mistake* mistake = fails ? &dice_.pick(scratch_mistakes()) : nullptr;
    const Snippet& snippet = dice_.pick(scratch_snippets());
    if (scratch_ids_.empty() || dice_.below(3) == 0) scratch_ids_.push_back(dice_.id().to_string());
    const LessonCell cell{"", "code", fails ? mistake->code : snippet.code, snippet.result, "",
                          5,  {}};
    Draft& draft = add("cell_executed", kScratchPath);
    add_cell(draft, cell, scratch_ids_.size() - 1);
    draft.cell_id = scratch_ids_.back();
    draft.execution_count = ++execution_count_;
    draft.started_us = cursor_us_ - 5 * kMs;
    draft.finished_us = cursor_us_;
    draft.status = fails ? "error" : "success";
    draft.has_error = fails;
    if (fails) {
        draft.error_name = mistake->error_name;
        draft.error_value = mistake->error_value;
        draft.error_line = mistake->line;
    }
    budget_.count(fails);
}

void Student::plan_endless_loop() {
    change_to(Behaviour::endless_loop);
    const std::size_t index = std::min(cell_, lesson_cells().size() - 1);
    cursor_us_ += kStartedAfterUs;
    Draft& started = add("cell_started", notebook());
    add_cell(started, lesson_cells()[index], index);
    started.cell_type = "code";
    started.code = endless_code();
    started.started_us = cursor_us_ - kStartedAfterUs;
    add("kernel_status", notebook()).kernel_status = "busy";
    // The cell never ends: the kernel is restarted, and no finish is ever reported.
    cursor_us_ = std::max(cursor_us_, std::min(episode_to_us_, end_us_));
    add("kernel_status", notebook()).kernel_status = "restarted";
    execution_count_ = 0;
}

void Student::plan_end_of_lesson() {
    finished_ = true;
    if (now_ != Behaviour::finished) {
        change_to(Behaviour::finished);
        cursor_us_ += dice_.between(2, 6) * kSecond;
        add("notebook_saved", notebook());
        return;
    }
    cursor_us_ += dice_.between(10, 40) * kSecond;
    add("notebook_closed", notebook());
    add("session_end", notebook());
    left_ = true;
}

void Student::plan_next_notebook() {
    cursor_us_ += think_us();
    add("notebook_saved", notebook());
    add("notebook_closed", notebook());
    ++round_;
    cell_ = 0;
    cursor_us_ += dice_.between(1500, 9000) * kMs;
    add("notebook_opened", notebook());
}

void Student::run_all() {
    bool aborted = false;
    for (std::size_t index = 0; index <= std::min(cell_, lesson_cells().size() - 1); ++index) {
        const auto& cell = lesson_cells()[index];
        if (aborted && cell.type == "code") {
            // The Run All trap (§5.1): not run, and yet signalled, without an execution count and
            // without an error.
            Draft& draft = add("cell_executed", notebook());
            add_cell(draft, cell, index);
            draft.status = cell.code.empty() ? "skipped" : "aborted";
            draft.result = "";
            draft.output = "";
        } else {
            aborted |= !run_cell(index, maybe_mistake(cell));
        }
        cursor_us_ += dice_.between(4, 30) * kMs;
    }
    if (!aborted) ++cell_;
}

void Student::ask_for_help(std::int64_t duration_us) {
    const TimeUs on_us = cursor_us_;
    for (std::int64_t at = 0; at < duration_us; at += kHelpRepeatUs) {
        cursor_us_ = on_us + at;
        Draft& draft = add("help", notebook());
        if (at == 0) draft.help_note = "エラーの意味が分かりません";
    }
    cursor_us_ = on_us + duration_us;
    add("help_stop", notebook());
    // The button stays on while the student goes on working.
    cursor_us_ = on_us;
}

bool Student::run_cell(std::size_t index, const Mistake* mistake) {
    const auto& cell = lesson_cells()[index];
    const bool runs = cell.type == "code" && !cell.code.empty();
    const TimeUs started_us = cursor_us_;
    const std::int64_t length_us =
        dice_.between(cell.typical_ms, cell.typical_ms + cell.typical_ms / 2 + 2) * kMs;
    if (runs && mistake == nullptr && length_us > kStartedAfterUs) {
        cursor_us_ = started_us + kStartedAfterUs;
        Draft& started = add("cell_started", notebook());
        add_cell(started, cell, index);
        started.started_us = started_us;
    }
    cursor_us_ = started_us + (mistake == nullptr ? length_us : dice_.between(1, 30) * kMs);
    Draft& draft = add("cell_executed", notebook());
    add_cell(draft, cell, index);
    if (!runs) {
        if (cell.type == "code") draft.status = "skipped";
        return true;
    }
    draft.execution_count = ++execution_count_;
    draft.started_us = started_us;
    draft.finished_us = cursor_us_;
    draft.status = mistake == nullptr ? "success" : "error";
    budget_.count(mistake != nullptr);
    if (mistake == nullptr) return true;
    draft.code = mistake->code;
    draft.output = "";
    draft.has_error = true;
    draft.error_name = mistake->error_name;
    draft.error_value = mistake->error_value;
    draft.error_line = mistake->line;
    return false;
}

Draft& Student::add(std::string_view type, std::string_view notebook) {
    Draft draft;
    draft.time_us = cursor_us_;
    draft.type = type;
    draft.notebook = notebook;
    if (!person_.better_client && draft.only_better_clients()) {
        discarded_ = std::move(draft);
        return discarded_;
    }
    const auto place =
        std::upper_bound(planned_.begin(), planned_.end(), cursor_us_,
                         [](TimeUs time, const Draft& other) { return time < other.time_us; });
    return *planned_.insert(place, std::move(draft));
}

void Student::add_cell(Draft& draft, const LessonCell& cell, std::size_t index) {
    draft.cell_id = cell.id;
    draft.cell_type = cell.type;
    draft.cell_index = static_cast<std::int64_t>(index);
    draft.code = cell.code;
    draft.result = cell.result;
    draft.output = cell.output;
}

std::int64_t Student::think_us() {
    if (person_.behaviour == Behaviour::finished) return dice_.between(1500, 5000) * kMs;
    const auto kind = dice_.below(100);
    if (kind < 60) return dice_.between(4000, 18'000) * kMs;
    if (kind < 90) return dice_.between(18'000, 50'000) * kMs;
    return dice_.between(50'000, 140'000) * kMs;
}

const Mistake* Student::maybe_mistake(const LessonCell& cell) {
    if (cell.mistakes.empty() || !dice_.chance_per_mille(budget_.chance_per_mille()))
        return nullptr;
    return &dice_.pick(cell.mistakes);
}

void Student::change_to(Behaviour behaviour) {
    if (now_ == behaviour) return;
    now_ = behaviour;
    truth_.back().to_us = cursor_us_;
    truth_.push_back({person_.index, behaviour, cursor_us_, end_us_});
}

}  // namespace cellmon::harness
