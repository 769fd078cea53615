#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Histories of notebooks: rows of `notebook_histories`, one for each owner and path, and what all
// of them come to. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

struct NotebookHistory {
    std::int64_t id = 0;
    std::string owner;  ///< An address in small letters; empty: of everybody at this machine.
    std::string path;
    TimeUs created_us = 0;
};

/// Whose histories a list shows: all of them, or those of one address and of the students in the
/// classes that an account teaches.
struct HistoryScope {
    bool all = false;
    std::string owner = {};
    std::optional<std::int64_t> staff_id = std::nullopt;
};

Result<std::optional<NotebookHistory>> find_history(sql::Connection& connection,
                                                    std::string_view owner, std::string_view path);
Result<std::optional<NotebookHistory>> find_history(sql::Connection& connection, std::int64_t id);

/// The history, made if it is not there.
Result<NotebookHistory> history_for(sql::Connection& connection, std::string_view owner,
                                    std::string_view path, TimeUs now);

/// With all that belongs to it; contents that nothing holds any more go too. False: it was not
/// there.
Result<bool> remove_history(sql::Connection& connection, const NotebookHistory& history);

struct HistoryLine {
    NotebookHistory history;
    std::int64_t versions = 0;
    std::int64_t branches = 0;
    std::int64_t snapshots = 0;
    std::optional<TimeUs> last_us = std::nullopt;  ///< Of the newest version.
};

/// By owner and path.
Result<std::vector<HistoryLine>> list_histories(sql::Connection& connection,
                                                const HistoryScope& scope, sql::Page page);

struct HistoryTotals {
    std::int64_t notebooks = 0;
    std::int64_t versions = 0;
    std::int64_t branches = 0;
};
Result<HistoryTotals> history_totals(sql::Connection& connection, const HistoryScope& scope);

}  // namespace cellmon::classroom
