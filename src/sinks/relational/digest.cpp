#include "sinks/relational/digest.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/assert.hpp"

namespace cellmon::relational {
namespace {

// `s`, `n` and `c` are the registry's student, notebook and cell. A session, stream or help request
// is named by the sequence that began it, which every rebuild finds again.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kQueries{{
    {"events",
     "SELECT e.sequence, e.event_id, e.event_type, e.event_time_us, e.received_us, e.content_hash, "
     "e.clock_bad, s.email, n.path, c.cell_id, e.session_id, e.stream_id, e.stream_number, "
     "e.class_code FROM %events e LEFT JOIN students s ON s.id = e.student_id LEFT JOIN notebooks "
     "n "
     "ON n.id = e.notebook_id LEFT JOIN cells c ON c.id = e.cell_id"},
    {"event_ids", "SELECT event_id, sequence FROM %event_ids"},
    {"recent_event_ids", "SELECT event_id, sequence FROM %recent_event_ids"},
    {"cell_executions",
     "SELECT e.sequence, s.email, e.cell_key, e.order_us, n.path, c.cell_id, e.session_id, "
     "e.stream_id, e.stream_number, e.executed_us, e.status, e.execution_count, e.duration_us, "
     "e.started_us, e.finished_us, e.cell_index, e.cell_type, e.consecutive_error_count, "
     "e.is_significant_error, e.error_name, e.output_bytes, e.output_sha256, e.error_message, "
     "e.result, e.output, e.traceback, e.code_content FROM %cell_executions e JOIN students s ON "
     "s.id = e.student_id LEFT JOIN notebooks n ON n.id = e.notebook_id LEFT JOIN cells c ON c.id "
     "= "
     "e.cell_id"},
    {"cell_states",
     "SELECT s.email, t.cell_key, t.successes, t.errors, t.consecutive_error_count, "
     "t.last_order_us, t.last_sequence FROM %cell_states t JOIN students s ON s.id = t.student_id"},
    {"notebook_accesses",
     "SELECT a.sequence, s.email, n.path, a.session_id, a.accessed_us, a.action FROM "
     "%notebook_accesses a JOIN students s ON s.id = a.student_id LEFT JOIN notebooks n ON n.id = "
     "a.notebook_id"},
    {"help_signals",
     "SELECT h.sequence, s.email, h.order_us, h.asked_us, h.is_on, n.path, h.stream_id, "
     "h.stream_number, h.note FROM %help_signals h JOIN students s ON s.id = h.student_id LEFT "
     "JOIN "
     "notebooks n ON n.id = h.notebook_id"},
    {"help_requests",
     "SELECT h.opened_sequence, s.email, h.opened_us, h.last_seen_us, h.closed_us, h.closed_by, "
     "h.closed_sequence, h.signals, n.path, h.note FROM %help_requests h JOIN students s ON s.id = "
     "h.student_id LEFT JOIN notebooks n ON n.id = h.notebook_id"},
    {"student_signals",
     "SELECT g.sequence, s.email, g.at_us, g.kind, n.path, g.value FROM %student_signals g JOIN "
     "students s ON s.id = g.student_id LEFT JOIN notebooks n ON n.id = g.notebook_id"},
    {"streams",
     "SELECT t.first_sequence, s.email, t.stream_id, t.predecessor, t.first_us, t.last_us, "
     "t.highest_number, t.events FROM %streams t JOIN students s ON s.id = t.student_id"},
    {"sessions",
     "SELECT t.first_sequence, s.email, t.session_id, t.start_us, t.last_us, t.events FROM "
     "%sessions t JOIN students s ON s.id = t.student_id"},
    {"daily_totals",
     "SELECT s.email, d.day, d.events, d.executions, d.errors, d.not_run, d.duration_us, "
     "d.help_signals FROM %daily_totals d JOIN students s ON s.id = d.student_id"},
    {"quarantine", "SELECT sequence, item_id, received_us, content_hash, payload FROM %quarantine"},
    {"dead_letters",
     "SELECT sequence, event_id, received_us, content_hash, payload_crc32c, payload FROM "
     "%dead_letters"},
}};

/// One column after the other, each with its length or a mark for null in front, so that no two
/// rows look alike.
void append_row(const Statement& row, std::string& bytes) {
    const auto append_integer = [&](std::int64_t value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (int column = 0; column < row.columns(); ++column) {
        if (row.is_null(column)) {
            append_integer(-1);
        } else {
            const std::string_view text = row.text(column);
            append_integer(static_cast<std::int64_t>(text.size()));
            bytes += text;
        }
    }
}

}  // namespace

std::string Digest::to_string() const {
    std::string text;
    for (const auto& [name, table] : tables) {
        text += fmt::format("{}{} {} rows {:016x}{:016x}", text.empty() ? "" : ", ", name,
                            table.rows, table.sum[0], table.sum[1]);
    }
    return text;
}

std::string Digest::differences(const Digest& other) const {
    std::string names;
    for (const auto& [name, table] : tables) {
        const auto found = other.tables.find(name);
        if (found != other.tables.end() && found->second == table) continue;
        names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

Result<Digest> digest(Database& database, const TableSet& tables) {
    Digest digest;
    std::string bytes;
    for (const std::string_view name : event_tables(database.engine())) {
        TableDigest& table = digest.tables[std::string(name)];
        const auto* const query = std::find_if(kQueries.begin(), kQueries.end(),
                                               [&](const auto& one) { return one.first == name; });
        CELLMON_ASSERT(query != kQueries.end());
        CELLMON_TRY_ASSIGN(auto select, database.prepare_scan(tables.sql(query->second)));
        CELLMON_TRY(select.each([&](const Statement& row) {
            bytes.clear();
            append_row(row, bytes);
            const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
            ++table.rows;
            table.sum[0] += hash.high64;
            table.sum[1] += hash.low64;
        }));
    }
    return digest;
}

}  // namespace cellmon::relational
