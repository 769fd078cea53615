#include "api/dashboard_json.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using event::JsonObject;

constexpr std::size_t kMostSignificantCells = 10;

/// One form for every date of the dashboard, with its zone: a date without one would be read as
/// local time by a browser (contract 1.2).
void put_time(JsonObject& object, std::string& out, std::string_view name, TimeUs time) {
    object.key(name);
    out.push_back('"');
    event::append_time(out, time);
    out.back() = '+';  // In place of the Z.
    out.append("00:00\"");
}

void put_optional(JsonObject& object, std::string_view name,
                  const std::optional<std::string>& text) {
    text ? object.text(name, *text) : object.null(name);
}

void put_optional(JsonObject& object, std::string& out, std::string_view name,
                  const std::optional<std::int64_t>& number) {
    if (!number) return object.null(name);
    object.key(name);
    event::append_number(out, *number);
}

/// With so many decimals.
void put_rounded(JsonObject& object, std::string& out, std::string_view name, double value,
                 int decimals) {
    const double scale = std::pow(10.0, decimals);
    object.key(name);
    event::append_number(out, std::round(value * scale) / scale);
}

std::string_view name_or_address(const live::StudentView& view) {
    if (!view.name.empty()) return view.name;
    return std::string_view(view.email).substr(0, view.email.find('@'));
}

std::string_view notebook_or_none(const live::StudentView& view) {
    return view.notebook.empty() ? std::string_view("なし") : view.notebook;
}

void put_student(std::string& out, const live::StudentView& view, const OverviewParts& parts) {
    const auto cells = significant_cells(view);
    std::uint32_t longest = 0;
    for (const live::ErrorCell& cell : cells)
        longest = std::max(longest, cell.count);
    JsonObject object(out);
    object.text("emailAddress", view.email);
    object.text("userName", name_or_address(view));
    object.optional_text("teamName", view.team);
    object.text("currentNotebook", notebook_or_none(view));
    object.text("lastActivity", age_text(view.last_activity_us, parts.now));
    object.text("status", name_of(view.status));
    object.boolean("isRequestingHelp", view.asks_help);
    object.number("cellExecutions", view.executions);
    object.number("errorCount", view.errors);
    object.number("consecutiveErrorCount", longest);
    object.boolean("hasSignificantError", !cells.empty());
    object.key("significantErrorCells");
    out.push_back('[');
    for (const live::ErrorCell& cell : cells) {
        if (out.back() != '[') out.push_back(',');
        JsonObject item(out);
        const auto row = parts.cells.find({view.email, cell.cell_id});
        put_optional(item, out, "cell_id", row == parts.cells.end() ? std::nullopt : row->second);
        item.number("consecutive_count", cell.count);
        put_time(item, out, "last_error_time", cell.last_error_us);
        item.end();
    }
    out.push_back(']');
    object.end();
}

void put_metrics(std::string& out, const live::Counters& all) {
    JsonObject object(out);
    object.number("totalStudents", all.students);
    object.number("totalActive", all.active);
    object.number("errorCount", all.error + all.significant_error);
    object.number("significantErrorCount", all.significant_error);
    object.number("totalExecutions", all.executions);
    object.number("helpCount", all.help);
    object.end();
}

void put_execution(std::string& out, const store::Execution& execution) {
    JsonObject object(out);
    put_optional(object, out, "cellId", execution.cell_row);
    if (execution.duration_us) {
        put_rounded(object, out, "executionTime",
                    static_cast<double>(*execution.duration_us) / kSecondUs, 6);
    } else {
        object.null("executionTime");
    }
    object.boolean("hasError", execution.failed);
    put_time(object, out, "timestamp", execution.executed_us);
    object.text("status", execution.failed ? "error" : "success");
    put_optional(object, "output", execution.output);
    put_optional(object, "errorMessage", execution.error_message);
    put_optional(object, "codeContent", execution.code);
    put_optional(object, out, "cellIndex", execution.cell_index);
    put_optional(object, "cellType", execution.cell_type);
    put_optional(object, out, "executionCount", execution.execution_count);
    object.end();
}

void put_session(std::string& out, const store::Session& session, TimeUs now) {
    const bool active = now - session.last_us < kSessionActiveUs;
    JsonObject object(out);
    object.number("id", static_cast<std::uint64_t>(session.row));
    object.text("sessionId", session.session_id);
    put_time(object, out, "startedAt", session.start_us);
    if (active) {
        object.null("endedAt");
    } else {
        put_time(object, out, "endedAt", session.last_us);
    }
    object.boolean("isActive", active);
    object.end();
}

}  // namespace

std::string age_text(TimeUs last_activity_us, TimeUs now) {
    if (last_activity_us == 0) return "不明";
    const TimeUs age = std::max<TimeUs>(now - last_activity_us, 0);
    if (age < kMinuteUs) return fmt::format("{}秒前", age / kSecondUs);
    if (age < kHourUs) return fmt::format("{}分前", age / kMinuteUs);
    if (age < kDayUs) return fmt::format("{}時間前", age / kHourUs);
    return fmt::format("{}日前", age / kDayUs);
}

std::vector<live::ErrorCell> significant_cells(const live::StudentView& view) {
    std::vector<live::ErrorCell> cells;
    for (const live::ErrorCell& cell : view.error_cells) {
        if (cell.is_significant) cells.push_back(cell);
        if (cells.size() == kMostSignificantCells) break;
    }
    return cells;
}

std::string chart_json(const std::vector<store::ActivityWindow>& windows) {
    std::string out = "[";
    for (const store::ActivityWindow& window : windows) {
        if (out.back() != '[') out.push_back(',');
        JsonObject object(out);
        put_time(object, out, "time", window.end_us);
        object.number("executionCount", window.executions);
        object.number("errorCount", window.errors);
        object.number("helpCount", window.help);
        object.end();
    }
    out.push_back(']');
    return out;
}

std::string overview_json(const OverviewParts& parts) {
    std::string out;
    out.reserve(512 * (parts.picture.students.size() + 8));
    out.append(R"({"students":[)");
    for (const bool asking : {true, false}) {
        for (const live::StudentPicturePtr& student : parts.picture.students) {
            if (student->view.asks_help != asking) continue;
            if (out.back() != '[') out.push_back(',');
            put_student(out, student->view, parts);
        }
    }
    out.append(R"(],"metrics":)");
    put_metrics(out, parts.picture.all);
    out.append(R"(,"activityChart":)");
    out.append(parts.chart);
    out.push_back('}');
    return out;
}

std::string activity_json(const live::StudentView& view, const store::StudentHistory& history,
                          TimeUs now) {
    std::string out = R"({"student":)";
    JsonObject student(out);
    student.text("emailAddress", view.email);
    student.text("name", name_or_address(view));
    student.text("teamName", view.team.empty() ? std::string_view("未割り当て") : view.team);
    student.end();
    out.append(R"(,"recentExecutions":[)");
    for (const store::Execution& execution : history.executions) {
        if (out.back() != '[') out.push_back(',');
        put_execution(out, execution);
    }
    out.append(R"(],"sessions":[)");
    for (const store::Session& session : history.sessions) {
        if (out.back() != '[') out.push_back(',');
        put_session(out, session, now);
    }
    out.append("]}");
    return out;
}

std::string metrics_json(std::string_view time_range, std::uint64_t students,
                         std::uint64_t active_sessions, const store::Totals& totals, TimeUs now) {
    const auto share = [](double part, std::uint64_t whole) {
        return whole == 0 ? 0.0 : part / static_cast<double>(whole);
    };
    std::string out;
    JsonObject object(out);
    object.text("timeRange", time_range);
    object.number("totalStudents", students);
    object.number("activeSessions", active_sessions);
    object.key("activityData");
    JsonObject data(out);
    data.number("totalExecutions", totals.executions);
    put_rounded(data, out, "averageExecutionTime",
                share(static_cast<double>(totals.timed_us) / kSecondUs, totals.timed), 2);
    put_rounded(data, out, "errorRate",
                share(static_cast<double>(totals.errors), totals.executions), 3);
    data.number("activeUsers", totals.students);
    data.end();
    put_time(object, out, "generatedAt", now);
    object.end();
    return out;
}

std::string progress_update_json(const live::StudentView& view, TimeUs now) {
    const bool significant = !significant_cells(view).empty();
    const bool just_now = now - view.last_activity_us < kMinuteUs;
    std::string out = R"({"type":"progress_update","data":)";
    JsonObject object(out);
    object.text("type", significant ? "significant_error_alert" : "student_progress_update");
    object.text("emailAddress", view.email);
    object.text("userName", name_or_address(view));
    object.optional_text("teamName", view.team);
    object.text("currentNotebook", notebook_or_none(view));
    // A push stays on the screen as it is: `3秒前` would be wrong a moment later.
    object.text("lastActivity",
                just_now ? std::string("今") : age_text(view.last_activity_us, now));
    object.text("status", name_of(view.status));
    object.number("cellExecutions", view.executions);
    object.number("errorCount", view.errors);
    put_time(object, out, "timestamp", view.last_activity_us);
    object.boolean("isSignificantError", significant);
    if (significant) {
        object.text("alertLevel", "warning");
        object.text("message", fmt::format("{}さんが同じセルで{}回連続してエラーになっています",
                                           name_or_address(view), view.consecutive_errors));
    }
    object.end();
    out.push_back('}');
    return out;
}

std::string help_json(const live::StudentView& view, TimeUs now) {
    std::string out =
        view.asks_help ? R"({"type":"help_request","data":)" : R"({"type":"help_resolved","data":)";
    JsonObject object(out);
    object.text("emailAddress", view.email);
    object.text("userName", name_or_address(view));
    object.optional_text("teamName", view.team);
    put_time(object, out, "timestamp", view.asks_help ? view.help_since_us : now);
    object.end();
    out.push_back('}');
    return out;
}

}  // namespace cellmon::api
