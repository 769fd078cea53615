#include "harness/classroom/draft.hpp"

#include <algorithm>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

/// The nth line of a cell, for the arrow in a traceback.
std::string_view line_of(std::string_view code, int number) {
    for (; number > 1; --number) {
        const auto end = code.find('\n');
        if (end == std::string_view::npos) break;
        code.remove_prefix(end + 1);
    }
    return code.substr(0, code.find('\n'));
}

std::string traceback_of(const Draft& draft) {
    return fmt::format(
        "{:-<75}\n{:<42}Traceback (most recent call last)\nCell In[{}], line {}\n----> {} "
        "{}\n\n{}: {}",
        "", draft.error_name, std::max<std::int64_t>(draft.execution_count, 1), draft.error_line,
        draft.error_line, line_of(draft.code, draft.error_line), draft.error_name,
        draft.error_value);
}

void write_cell(JsonObject& object, const Draft& draft, const ClientIdentity& client) {
    const bool better = !client.stream_id.empty();
    const bool code_allowed = client.consent != "status";
    const bool output_allowed = client.consent == "output";
    object.text("cellId", draft.cell_id);
    if (draft.cell_index >= 0) object.number("cellIndex", draft.cell_index);
    object.text("cellType", draft.cell_type);
    if (code_allowed) object.text("code", draft.code);
    if (draft.type != "cell_executed") return;
    if (draft.execution_count >= 0) object.number("executionCount", draft.execution_count);
    object.boolean("hasError", draft.has_error);
    const std::string error =
        draft.has_error ? fmt::format("{}: {}", draft.error_name, draft.error_value) : "";
    if (draft.has_error && code_allowed) object.text("errorMessage", error);
    if (output_allowed)
        object.text("result", draft.has_error ? std::string_view(error) : draft.result);
    if (!better) {
        object.number("executionDurationMs", static_cast<std::int64_t>(client.browser_ms));
        return;
    }
    if (draft.finished_us >= 0) {
        object.number("executionDurationMs", (draft.finished_us - draft.started_us) / 1000);
        object.text("startedAt", format_time(draft.started_us));
        object.text("finishedAt", format_time(draft.finished_us));
    }
    if (!draft.status.empty()) object.text("status", draft.status);
    if (draft.has_error) object.text("errorName", draft.error_name);
    if (draft.has_error && output_allowed) object.text("traceback", traceback_of(draft));
    if (!draft.output.empty() && output_allowed) {
        object.text("output", draft.output);
        object.number("outputBytes", static_cast<std::int64_t>(draft.output.size()));
    }
}

}  // namespace

bool Draft::only_better_clients() const {
    return type != "cell_executed" && type != "notebook_opened" && type != "help" &&
           type != "help_stop";
}

std::string browser_time(TimeUs time_us) {
    std::string text = format_time(time_us);
    text.resize(23);
    return text + 'Z';
}

std::string render_event(const Draft& draft, const Person& person, const ClientIdentity& client,
                         const Id128& id, std::uint64_t stream_sequence) {
    std::string json;
    json.reserve(640);
    JsonObject object(json);
    object.text("eventId", id.to_string());
    object.text("eventType", draft.type);
    object.text("eventTime", browser_time(draft.time_us));
    object.text("emailAddress", person.email);
    object.text("teamName", person.team);
    object.text("userName", person.name);
    object.text("sessionId", client.session_id);
    object.text("notebookPath", draft.notebook);
    if (!draft.cell_id.empty()) write_cell(object, draft, client);
    if (!client.stream_id.empty()) {
        if (draft.type == "cell_started") object.text("startedAt", format_time(draft.started_us));
        if (!draft.kernel_status.empty()) object.text("kernelStatus", draft.kernel_status);
        if (!draft.presence.empty()) object.text("presence", draft.presence);
        if (!draft.help_note.empty()) object.text("helpNote", draft.help_note);
        if (draft.environment) {
            object.raw(
                "environment",
                R"({"python":"3.11.2","platform":"Linux-6.1-x86_64","packages":{"ipykernel":"6.29.5",)"
                R"("jupyterlab":"4.2.5","numpy":"1.26.4","pandas":"2.2.2"}})");
        }
        if (!client.class_code.empty()) object.text("classCode", client.class_code);
        object.text("consent", client.consent);
        object.text("streamId", client.stream_id);
        object.number("streamSequence", static_cast<std::int64_t>(stream_sequence));
    }
    object.close();
    return json;
}

}  // namespace cellmon::harness
