#include "exporting/event_rows.hpp"

#include <algorithm>
#include <utility>

#include "event/execution_status.hpp"

namespace cellmon::exporting {
namespace {

constexpr double kUsPerMs = 1'000;

Cell text_or_none(std::optional<std::string_view> text) {
    if (!text || text->empty()) return {};
    return std::string(*text);
}

Cell raw(std::string_view text) {
    return std::string(text);
}

Cell number(std::optional<std::int64_t> value) {
    if (!value) return {};
    return *value;
}

Cell real(std::optional<double> value) {
    if (!value) return {};
    return *value;
}

Cell time_cell(std::optional<TimeUs> time) {
    if (!time) return {};
    return format_time(*time);
}

Cell sequence_of(const journal::Entry& entry) {
    return static_cast<std::int64_t>(entry.header.sequence);
}

}  // namespace

Cell EventRows::student(std::string_view class_code, std::string_view email) const {
    if (email.empty()) return {};
    return pseudonyms_ == nullptr ? std::string(email) : pseudonyms_->student(class_code, email);
}

Cell EventRows::team(std::string_view class_code, Text name) const {
    if (!name || name->empty()) return {};
    return pseudonyms_ == nullptr ? std::string(*name) : pseudonyms_->team(class_code, *name);
}

Cell EventRows::id(std::string_view class_code, Text what) const {
    if (!what || what->empty()) return {};
    return pseudonyms_ == nullptr ? std::string(*what) : pseudonyms_->id(class_code, *what);
}

Cell EventRows::free(std::string_view class_code, Text text) const {
    if (!text) return {};
    if (pseudonyms_ == nullptr) return std::string(*text);
    return people_.names_in(class_code, *pseudonyms_).replace(*text);
}

EventRows::Marks EventRows::marks_of(std::string_view payload) {
    Marks marks;
    // Few events have any.
    if (payload.find(R"("server":{)") == std::string_view::npos) return marks;
    simdjson::dom::element document;
    simdjson::dom::object server;
    if (parser_.parse(payload.data(), payload.size()).get(document) != simdjson::SUCCESS ||
        document["server"].get(server) != simdjson::SUCCESS) {
        return marks;
    }
    std::string_view text;
    if (server["consent"].get(text) == simdjson::SUCCESS) marks.consent = std::string(text);
    std::int64_t masked = 0;
    if (server["masked"].get(masked) == simdjson::SUCCESS) marks.masked = masked;
    simdjson::dom::array withheld;
    if (server["withheld"].get(withheld) != simdjson::SUCCESS) return marks;
    std::string names;
    for (const auto name : withheld) {
        if (name.get(text) != simdjson::SUCCESS) continue;
        if (!names.empty()) names += ' ';
        names += text;
    }
    marks.withheld = std::move(names);
    return marks;
}

void EventRows::count(const event::Event& event, std::string_view class_code, bool is_run,
                      bool is_error) {
    Student& row = students_[{std::string(class_code), person_key(event.email_address)}];
    if (row.events == 0) {
        row.class_code = class_code;
        row.email = event.email_address;
        row.first_us = row.last_us = event.event_time_us;
    }
    row.first_us = std::min(row.first_us, event.event_time_us);
    row.last_us = std::max(row.last_us, event.event_time_us);
    if (event.user_name) row.name = *event.user_name;
    if (event.user_id) row.user_id = *event.user_id;
    if (event.team_name) row.team = *event.team_name;
    ++row.events;
    if (is_run) ++row.executions;
    if (is_error) ++row.errors;
}

Result<void> EventRows::write(const journal::Entry& entry, const event::Event& event,
                              std::string_view class_code) {
    const auto status = event::execution_status_of(event);
    const bool is_run = status != event::ExecutionStatus::none;
    count(event, class_code, is_run, status == event::ExecutionStatus::error);
    const Marks marks = marks_of(entry.payload);
    CELLMON_TRY(writer_.write(
        TableId::events, {sequence_of(entry),
                          text_or_none(event.event_id),
                          free(class_code, event.event_type),
                          time_cell(event.event_time_us),
                          time_cell(entry.header.received_us),
                          std::int64_t{event.clock_bad ? 1 : 0},
                          raw(class_code),
                          student(class_code, event.email_address),
                          team(class_code, event.team_name),
                          id(class_code, event.session_id),
                          free(class_code, event.notebook_path),
                          id(class_code, event.cell_id),
                          id(class_code, event.stream_id),
                          number(event.stream_sequence),
                          text_or_none(event.consent),
                          marks.consent.index() == 0 ? Cell(std::string("output")) : marks.consent,
                          marks.withheld,
                          marks.masked,
                          free(class_code, event.kernel_status),
                          free(class_code, event.presence),
                          number(event.gap_from),
                          number(event.gap_to),
                          free(class_code, event.gap_reason),
                          free(class_code, event.environment),
                          free(class_code, event.metadata),
                          event.extra.empty() ? Cell() : free(class_code, event.extra)}));
    if (is_run) return write_run(entry, event, class_code);
    return write_others(entry, event, class_code);
}

Result<void> EventRows::write_run(const journal::Entry& entry, const event::Event& event,
                                  std::string_view class_code) {
    const auto duration_us = event::duration_us_of(event);
    const auto text = [&](Text value) { return free(class_code, value); };
    return writer_.write(TableId::executions,
                         {sequence_of(entry),
                          time_cell(event.event_time_us),
                          raw(class_code),
                          student(class_code, event.email_address),
                          id(class_code, event.session_id),
                          text(event.notebook_path),
                          id(class_code, event.cell_id),
                          number(event.cell_index),
                          raw(event::name_of(event::execution_status_of(event))),
                          number(event.execution_count),
                          duration_us ? Cell(static_cast<double>(*duration_us) / kUsPerMs) : Cell(),
                          time_cell(event.started_at_us),
                          time_cell(event.finished_at_us),
                          text(event.error_name),
                          text(event.error_message),
                          text(event.code),
                          text(event.result),
                          text(event.output),
                          number(event.output_bytes),
                          text(event.traceback)});
}

Result<void> EventRows::write_others(const journal::Entry& entry, const event::Event& event,
                                     std::string_view class_code) {
    constexpr std::string_view kNotebook = "notebook_";
    const std::string_view type = event.event_type.value_or("");
    const Cell who = student(class_code, event.email_address);
    const Cell notebook = free(class_code, event.notebook_path);
    if (type == "notebook_opened" || type == "notebook_saved" || type == "notebook_closed") {
        return writer_.write(
            TableId::accesses,
            {sequence_of(entry), time_cell(event.event_time_us), raw(class_code), who,
             id(class_code, event.session_id), notebook, raw(type.substr(kNotebook.size()))});
    }
    if (type != "help" && type != "help_stop") return {};
    return writer_.write(
        TableId::help,
        {sequence_of(entry), time_cell(event.event_time_us), raw(class_code), who, notebook,
         std::int64_t{type == "help" ? 1 : 0}, free(class_code, event.help_note)});
}

Result<void> EventRows::write_redacted(const journal::Entry& entry) {
    Row row(table(TableId::events).columns.size());
    row[0] = sequence_of(entry);
    row[2] = std::string("redacted");
    row[4] = time_cell(entry.header.received_us);
    return writer_.write(TableId::events, row);
}

Result<void> EventRows::write_refused(const journal::Entry& entry) {
    simdjson::dom::object item;
    const bool is_readable =
        parser_.parse(entry.payload.data(), entry.payload.size()).get(item) == simdjson::SUCCESS;
    const auto text = [&](std::string_view name) -> Text {
        std::string_view value;
        if (!is_readable || item[name].get(value) != simdjson::SUCCESS) return std::nullopt;
        return value;
    };
    std::int64_t stream_number = 0;
    const bool is_numbered =
        is_readable && item["streamSequence"].get(stream_number) == simdjson::SUCCESS;
    return writer_.write(TableId::refused,
                         {sequence_of(entry), time_cell(entry.header.received_us),
                          student("", text("emailAddress").value_or("")), id("", text("streamId")),
                          is_numbered ? Cell(stream_number) : Cell(), free("", text("field")),
                          free("", text("reason"))});
}

Result<void> EventRows::write(const ClassroomFacts::Submission& submission) {
    const std::string_view class_code = submission.class_code;
    return writer_.write(
        TableId::submissions,
        {raw(class_code), submission.assignment_id, free(class_code, submission.title),
         free(class_code, submission.notebook), student(class_code, submission.email),
         submission.attempt, free(class_code, submission.status),
         time_cell(submission.submitted_us), time_cell(submission.due_us), real(submission.grade),
         real(submission.points),
         submission.feedback ? free(class_code, *submission.feedback) : Cell()});
}

Result<void> EventRows::write_students() {
    for (const auto& [key, row] : students_) {
        CELLMON_TRY(writer_.write(
            TableId::students,
            {raw(row.class_code), student(row.class_code, row.email), text_or_none(row.name),
             text_or_none(row.user_id), team(row.class_code, row.team), time_cell(row.first_us),
             time_cell(row.last_us), row.events, row.executions, row.errors}));
    }
    return {};
}

}  // namespace cellmon::exporting
