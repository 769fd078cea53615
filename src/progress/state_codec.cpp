// ProgressState as bytes, for the checkpoint.
#include <bit>

#include "live/key_codec.hpp"
#include "progress/progress_state.hpp"

namespace cellmon::progress {
namespace {

using live::get_key;
using live::get_text;
using live::put;

// The least that one item of a list takes, so that a damaged count asks for no memory.
constexpr std::size_t kLeastBytes = 24;

void put(ByteWriter& out, const Latest<std::int64_t>& latest) {
    out.put(latest.value);
    put(out, latest.key);
}

Latest<std::int64_t> get_number(ByteReader& in) {
    Latest<std::int64_t> latest;
    latest.value = in.get<std::int64_t>();
    latest.key = get_key(in);
    return latest;
}

void put(ByteWriter& out, const Latest<Run>& latest) {
    const Run& run = latest.value;
    out.put(static_cast<std::uint8_t>(run.outcome));
    out.put(run.duration_us);
    out.put(std::string_view(run.error_message));
    out.put(std::string_view(run.error_type));
    out.put(run.output_length);
    out.put(static_cast<std::uint8_t>(run.memory_mb.has_value()));
    out.put(std::bit_cast<std::uint64_t>(run.memory_mb.value_or(0)));
    put(out, latest.key);
}

Latest<Run> get_run(ByteReader& in) {
    Latest<Run> latest;
    Run& run = latest.value;
    run.outcome = static_cast<CellStatus>(in.get<std::uint8_t>());
    run.duration_us = in.get<std::int64_t>();
    run.error_message = in.text();
    run.error_type = in.text();
    run.output_length = in.get<std::int64_t>();
    const bool has_memory = in.get<std::uint8_t>() != 0;
    const auto memory = std::bit_cast<double>(in.get<std::uint64_t>());
    if (has_memory) run.memory_mb = memory;
    latest.key = get_key(in);
    return latest;
}

void put(ByteWriter& out, const Cell& cell) {
    out.put(std::string_view(cell.id));
    put(out, cell.index);
    put(out, cell.type);
    put(out, cell.code_lines);
    out.put(static_cast<std::uint8_t>(cell.status.value));
    put(out, cell.status.key);
    put(out, cell.run);
    out.put(cell.runs);
    out.put(static_cast<std::uint8_t>(cell.is_completed));
}

Cell get_cell(ByteReader& in) {
    Cell cell;
    cell.id = in.text();
    cell.index = get_number(in);
    cell.type = get_text(in);
    cell.code_lines = get_number(in);
    cell.status.value = static_cast<CellStatus>(in.get<std::uint8_t>());
    cell.status.key = get_key(in);
    cell.run = get_run(in);
    cell.runs = in.get<std::uint64_t>();
    cell.is_completed = in.get<std::uint8_t>() != 0;
    return cell;
}

void put(ByteWriter& out, const Assignment& assignment) {
    out.put(std::string_view(assignment.id));
    put(out, assignment.name);
    put(out, assignment.notebook);
    put(out, assignment.first);
    put(out, assignment.last);
    out.put(assignment.told);
    out.put(static_cast<std::uint64_t>(assignment.cells.size()));
    for (const Cell& cell : assignment.cells)
        put(out, cell);
}

Assignment get_assignment(ByteReader& in) {
    Assignment assignment;
    assignment.id = in.text();
    assignment.name = get_text(in);
    assignment.notebook = get_text(in);
    assignment.first = get_key(in);
    assignment.last = get_key(in);
    assignment.told = in.get<std::uint8_t>();
    assignment.cells.resize(in.count(kLeastBytes));
    for (Cell& cell : assignment.cells)
        cell = get_cell(in);
    return assignment;
}

void put(ByteWriter& out, const Notes& notes) {
    out.put(static_cast<std::uint64_t>(notes.size()));
    for (const NotePtr& note : notes) {
        out.put(std::string_view(note->id));
        out.put(static_cast<std::uint8_t>(note->kind));
        out.put(static_cast<std::uint8_t>(note->to_instructors));
        out.put(std::string_view(note->user_id));
        out.put(std::string_view(note->assignment_id));
        out.put(std::string_view(note->cell_id));
        out.put(std::string_view(note->error));
        out.put(static_cast<std::uint32_t>(note->percentage));
        out.put(note->created_us);
        out.put(static_cast<std::uint8_t>(note->is_read));
    }
}

Notes get_notes(ByteReader& in) {
    Notes notes(in.count(kLeastBytes));
    for (NotePtr& place : notes) {
        auto note = std::make_shared<Note>();
        note->id = in.text();
        note->kind = static_cast<NoteKind>(in.get<std::uint8_t>());
        note->to_instructors = in.get<std::uint8_t>() != 0;
        note->user_id = in.text();
        note->assignment_id = in.text();
        note->cell_id = in.text();
        note->error = in.text();
        note->percentage = in.get<std::uint32_t>();
        note->created_us = in.get<TimeUs>();
        note->is_read = in.get<std::uint8_t>() != 0;
        place = std::move(note);
    }
    return notes;
}

}  // namespace

void ProgressState::write(ByteWriter& out) const {
    out.put(unreadable_);
    put(out, *notes_);
    out.put(static_cast<std::uint64_t>(students_.size()));
    for (const auto& [email, student] : students_) {
        out.put(std::string_view(email));
        put(out, student->name);
        put(out, student->session);
        put(out, student->first);
        put(out, student->last);
        out.put(student->events);
        out.put(student->notes_made);
        put(out, student->notes);
        out.put(static_cast<std::uint64_t>(student->assignments.size()));
        for (const Assignment& assignment : student->assignments)
            put(out, assignment);
    }
}

Result<void> ProgressState::read(ByteReader& in) {
    unreadable_ = in.get<std::uint64_t>();
    *notes_ = get_notes(in);
    const std::size_t count = in.count(kLeastBytes);
    for (std::size_t i = 0; i < count; ++i) {
        auto student = std::make_shared<Student>();
        student->email = in.text();
        student->name = get_text(in);
        student->session = get_text(in);
        student->first = get_key(in);
        student->last = get_key(in);
        student->events = in.get<std::uint64_t>();
        student->notes_made = in.get<std::uint64_t>();
        student->notes = get_notes(in);
        student->assignments.resize(in.count(kLeastBytes));
        for (Assignment& assignment : student->assignments)
            assignment = get_assignment(in);
        changes_.students.emplace(student->email);
        students_.emplace(student->email, std::move(student));
    }
    if (!in.ok() || students_.size() != count) {
        return fail(ErrorCode::corrupt, "the progress is not what was written");
    }
    return {};
}

}  // namespace cellmon::progress
