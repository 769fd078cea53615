#include "live/fragment.hpp"

#include <algorithm>

#include "event/json_object.hpp"

namespace cellmon::live {

std::string fragment_of(const StudentView& view) {
    std::string out;
    write_fragment(view, out);
    return out;
}

void write_fragment(const StudentView& view, std::string& out) {
    out.clear();
    out.reserve(512);
    event::JsonObject object(out);
    object.text("email", view.email);
    object.optional_text("name", view.name);
    object.optional_text("team", view.team);
    object.optional_text("classCode", view.class_code);
    object.text("status", name_of(view.status));
    object.time("since", view.status_since_us);
    object.key("help");
    event::JsonObject help(out);
    help.boolean("asking", view.asks_help);
    help.time("since", view.help_since_us);
    help.end();
    object.number("executions", view.executions);
    object.number("errors", view.errors);
    object.number("consecutiveErrors", view.consecutive_errors);
    object.key("errorCells");
    out.push_back('[');
    const std::size_t shown = std::min(view.error_cells.size(), kMaxShownErrorCells);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) out.push_back(',');
        event::JsonObject cell(out);
        cell.text("cellId", view.error_cells[i].cell_id);
        cell.number("count", view.error_cells[i].count);
        cell.time("lastErrorAt", view.error_cells[i].last_error_us);
        cell.end();
    }
    out.push_back(']');
    object.optional_text("notebook", view.notebook);
    object.optional_text("cellId", view.cell_id);
    if (view.cell_index >= 0) {
        object.number("cellIndex", static_cast<std::uint64_t>(view.cell_index));
    } else {
        object.null("cellIndex");
    }
    object.time("runningSince", view.running_since_us);
    object.time("lastActivityAt", view.last_activity_us);
    object.end();
}

}  // namespace cellmon::live
