#include "live/fragment.hpp"

#include <algorithm>

#include "event/text.hpp"

namespace cellmon::live {
namespace {

/// `,"name":` in front of a value.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

    void text(std::string_view name, std::string_view value) {
        key(name);
        event::append_json_string(out_, value);
    }
    /// null for the empty text.
    void optional_text(std::string_view name, std::string_view value) {
        if (value.empty()) return null(name);
        text(name, value);
    }
    void number(std::string_view name, std::uint64_t value) {
        key(name);
        event::append_number(out_, value);
    }
    /// null for 0.
    void time(std::string_view name, TimeUs value) {
        if (value == 0) return null(name);
        key(name);
        out_.push_back('"');
        event::append_time(out_, value);
        out_.push_back('"');
    }
    void null(std::string_view name) {
        key(name);
        out_.append("null");
    }
    void key(std::string_view name) {
        if (out_.back() != '{') out_.push_back(',');
        out_.push_back('"');
        out_.append(name);
        out_.append("\":");
    }
    void end() { out_.push_back('}'); }

  private:
    std::string& out_;
};

}  // namespace

std::string fragment_of(const StudentView& view) {
    std::string out;
    out.reserve(512);
    ObjectWriter object(out);
    object.text("email", view.email);
    object.optional_text("name", view.name);
    object.optional_text("team", view.team);
    object.optional_text("classCode", view.class_code);
    object.text("status", name_of(view.status));
    object.time("since", view.status_since_us);
    object.key("help");
    ObjectWriter help(out);
    help.key("asking");
    out.append(view.asks_help ? "true" : "false");
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
        ObjectWriter cell(out);
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
    return out;
}

}  // namespace cellmon::live
