#include "progress/progress_state.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "event/execution_status.hpp"
#include "event/text.hpp"
#include "progress/figures.hpp"
#include "progress/limits.hpp"

namespace cellmon::progress {
namespace {

/// Of those sorted by id, the one with it. Where there is none it is made, and when there are
/// `most` then the one goes whose `touched` is least; nullptr when that would be the new one.
template <typename Item, typename Touched>
Item* place(std::vector<Item>& items, std::string_view id, std::size_t most, const OrderKey& at,
            Touched touched) {
    auto found = std::ranges::lower_bound(items, id, {}, &Item::id);
    if (found != items.end() && found->id == id) return &*found;
    if (items.size() >= most) {
        const auto oldest = std::ranges::min_element(items, {}, touched);
        if (at < touched(*oldest)) return nullptr;
        items.erase(oldest);
        found = std::ranges::lower_bound(items, id, {}, &Item::id);
    }
    found = items.insert(found, Item{});
    found->id = id;
    return &*found;
}

void widen(OrderKey& first, OrderKey& last, const OrderKey& at) {
    if (!first.set() || at < first) first = at;
    last = std::max(last, at);
}

void take_text(Latest<std::string>& latest, const std::optional<std::string_view>& text,
               const OrderKey& at) {
    if (text && !text->empty()) latest.take(*text, at);
}

std::int64_t lines_of(std::string_view code) {
    if (code.empty()) return 0;
    const auto breaks = std::ranges::count(code, '\n');
    return code.back() == '\n' ? breaks : breaks + 1;
}

std::int64_t characters_of(std::string_view text) {
    return std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

Run run_of(CellStatus outcome, const event::Event& event, const Signal& signal) {
    Run run;
    run.outcome = outcome;
    run.duration_us = event::duration_us_of(event).value_or(0);
    run.memory_mb = signal.memory_mb;
    run.output_length = characters_of(event.result.value_or(""));
    if (outcome == CellStatus::completed) return run;
    const std::string_view message = event.error_message.value_or("");
    run.error_message = event::cut_utf8(message, kMostErrorBytes);
    // The unchanged extension tells the class of an error in front of the message alone.
    const auto colon = message.find(':');
    const std::string_view before = colon == std::string_view::npos ? "" : message.substr(0, colon);
    const bool is_name = before.find_first_of(" \t\n") == std::string_view::npos;
    run.error_type = event::cut_utf8(event.error_name.value_or(is_name ? before : ""), 256);
    return run;
}

void trim_notes(Notes& notes, std::size_t most) {
    if (notes.size() > most) notes.erase(notes.begin(), notes.end() - static_cast<long>(most));
}

}  // namespace

StudentPtr ProgressState::find(std::string_view email) const {
    const auto found = students_.find(email);
    return found == students_.end() ? nullptr : found->second;
}

ProgressState::Changes ProgressState::take_changes() {
    return std::exchange(changes_, {});
}

void ProgressState::fold(const journal::Entry& entry) {
    if (entry.redacted) return;
    if (entry.header.kind == journal::EntryKind::server) return fold_server_entry(entry);
    const bool is_event = entry.header.kind == journal::EntryKind::event;
    if (is_event && may_name_assignment(entry.payload)) fold_event(entry);
}

Student& ProgressState::student(std::string_view email) {
    auto found = students_.find(email);
    if (found == students_.end()) {
        found = students_.emplace(std::string(email), std::make_shared<Student>()).first;
        found->second->email = email;
    } else if (found->second.use_count() > 1) {
        found->second = std::make_shared<Student>(*found->second);
    }
    changes_.students.emplace(email);
    return *found->second;
}

Notes& ProgressState::instructor_notes_to_change() {
    if (notes_.use_count() > 1) notes_ = std::make_shared<Notes>(*notes_);
    return *notes_;
}

void ProgressState::tell(Student& student, Note note) {
    ++student.notes_made;
    const bool to_instructors = note.to_instructors;
    Notes& notes = to_instructors ? instructor_notes_to_change() : student.notes;
    notes.push_back(std::make_shared<const Note>(std::move(note)));
    changes_.made.push_back(notes.back());
    trim_notes(notes, to_instructors ? kMostInstructorNotes : kMostNotes);
}

void ProgressState::fold_event(const journal::Entry& entry) {
    const auto read = reader_.read(entry.payload);
    if (!read) {
        ++unreadable_;
        return;
    }
    const event::Event& event = **read;
    const auto signal = signal_of(event);
    if (!signal) return;
    const OrderKey at{std::min(event.event_time_us, entry.header.received_us),
                      event.stream_id ? event.stream_sequence.value_or(0) : 0,
                      entry.header.sequence};
    Student& one = student(event.email_address);
    Assignment* assignment = place(one.assignments, signal->assignment_id, kMostAssignments, at,
                                   [](const Assignment& a) { return a.last; });
    if (assignment == nullptr) return;
    ++one.events;
    widen(one.first, one.last, at);
    take_text(one.name, event.user_name, at);
    take_text(one.session, event.session_id, at);
    widen(assignment->first, assignment->last, at);
    take_text(assignment->name, signal->assignment_name, at);
    take_text(assignment->notebook, event.notebook_path, at);
    if (signal->status) fold_cell(one, *assignment, *signal, event, entry, at);
}

void ProgressState::fold_cell(Student& student, Assignment& assignment, const Signal& signal,
                              const event::Event& event, const journal::Entry& entry,
                              const OrderKey& at) {
    const AssignmentFigures before = figures_of(assignment);
    Cell* cell = place(assignment.cells, *event.cell_id, kMostCells, at,
                       [](const Cell& c) { return c.status.key; });
    if (cell == nullptr) return;
    const bool had_error = cell->has_error();
    cell->status.take(*signal.status, at);
    if (event.cell_index) cell->index.take(*event.cell_index, at);
    take_text(cell->type, event.cell_type, at);
    if (event.code) cell->code_lines.take(lines_of(*event.code), at);
    if (*signal.status != CellStatus::running) {
        ++cell->runs;
        cell->run.take(run_of(*signal.status, event, signal), at);
        if (*signal.status == CellStatus::completed) cell->is_completed = true;
    }

    const AssignmentFigures after = figures_of(assignment);
    const auto note = [&](NoteKind kind, std::string_view name) {
        Note made;
        made.id = fmt::format("{}-{}", entry.header.id.to_string(), name);
        made.kind = kind;
        made.user_id = student.email;
        made.assignment_id = assignment.id;
        made.created_us = entry.header.received_us;
        return made;
    };
    if (!had_error && cell->has_error()) {
        Note made = note(NoteKind::error, "error");
        made.cell_id = cell->id;
        made.error = event::cut_utf8(cell->run.value.error_message, 200);
        tell(student, std::move(made));
    }
    if (after.status == AssignmentStatus::completed) {
        if (before.status == AssignmentStatus::completed) return;
        tell(student, note(NoteKind::completion, "completion"));
        Note made = note(NoteKind::completion, "completion-instructor");
        made.to_instructors = true;
        return tell(student, std::move(made));
    }
    for (std::size_t i = 0; i < kMilestones.size(); ++i) {
        const auto bit = static_cast<std::uint8_t>(1U << i);
        const unsigned percent = kMilestones.at(i);
        const bool is_told = (assignment.told & bit) != 0;
        if (is_told || before.reaches(percent) || !after.reaches(percent)) continue;
        assignment.told |= bit;
        Note made = note(NoteKind::milestone, fmt::format("{}", percent));
        made.percentage = percent;
        tell(student, std::move(made));
    }
}

void ProgressState::fold_server_entry(const journal::Entry& entry) {
    const auto read = read_progress_entry(entry.payload);
    if (!read) {
        ++unreadable_;
        return;
    }
    if (read->type == ProgressEntry::Type::reset) reset(read->email);
    if (read->type == ProgressEntry::Type::notification_read) mark_read(*read);
}

void ProgressState::reset(std::string_view email) {
    const auto found = students_.find(email);
    if (found == students_.end()) return;
    students_.erase(found);
    changes_.students.emplace(email);
    std::erase_if(instructor_notes_to_change(),
                  [&](const NotePtr& note) { return note->user_id == email; });
}

void ProgressState::forget(std::string_view email) {
    const std::string key = small_letters(email);
    std::vector<std::string> addresses;
    for (const auto& [address, one] : students_)
        if (small_letters(address) == key) addresses.push_back(address);
    for (const std::string& address : addresses)
        reset(address);
    // Of somebody who was reset before.
    std::erase_if(instructor_notes_to_change(),
                  [&](const NotePtr& note) { return small_letters(note->user_id) == key; });
}

void ProgressState::mark_read(const ProgressEntry& entry) {
    const auto mark = [&](Notes& notes) {
        for (NotePtr& note : notes) {
            if (note->id != entry.notification || note->is_read) continue;
            auto changed = std::make_shared<Note>(*note);
            changed->is_read = true;
            note = std::move(changed);
        }
    };
    if (!students_.contains(entry.email)) return;
    mark(student(entry.email).notes);
    mark(instructor_notes_to_change());
}

}  // namespace cellmon::progress
