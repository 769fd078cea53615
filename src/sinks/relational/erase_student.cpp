#include "sinks/relational/erase_student.hpp"

#include <array>
#include <charconv>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "sinks/relational/event_writer.hpp"
#include "sinks/relational/projection_state.hpp"

namespace cellmon::relational {
namespace {

using Ids = std::set<std::int64_t>;

/// Tables whose rows are one student's each; `events` keep their places.
constexpr std::array<std::string_view, 9> kOfStudent{
    "cell_executions", "cell_states", "notebook_accesses", "help_signals", "help_requests",
    "student_signals", "streams",     "sessions",          "daily_totals"};

constexpr std::array<std::string_view, 4> kRegistry{"cells", "notebooks", "students", "teams"};

Result<Ids> ids_of(Database& database, std::string_view sql) {
    CELLMON_TRY_ASSIGN(auto select, database.prepare(sql));
    Ids ids;
    CELLMON_TRY(select.each([&](const Statement& row) {
        if (!row.is_null(0)) ids.insert(row.integer(0));
    }));
    return ids;
}

/// PostgreSQL writes bytes in hexadecimal digits.
std::string plain(std::string_view text) {
    if (!text.starts_with("\\x")) return std::string(text);
    std::string bytes;
    for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
        unsigned value = 0;
        std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
        bytes += static_cast<char>(value);
    }
    return bytes;
}

class Erasure {
  public:
    Erasure(Database& database, std::string_view email, const journal::Redactions& redactions,
            std::uint64_t first_kept)
        : database_(database),
          address_(small_letters(email)),
          redactions_(redactions),
          first_kept_(first_kept) {}

    Result<ErasedRows> run() {
        CELLMON_TRY_ASSIGN(const bool has_shadow, has_copy(TableSet::shadow()));
        if (has_shadow) CELLMON_TRY(drop_copy(database_, TableSet::shadow()));
        CELLMON_TRY_ASSIGN(const bool has_live, has_copy(TableSet::live()));
        if (!has_live) return erased_;
        CELLMON_TRY_ASSIGN(const Ids students, students_with());
        for (const std::int64_t student : students)
            CELLMON_TRY(erase(student));
        erased_.students = students.size();
        CELLMON_TRY(empty_quarantine());
        CELLMON_TRY(empty_dead_letters());
        return erased_;
    }

  private:
    Result<bool> has_copy(const TableSet& tables) {
        CELLMON_TRY_ASSIGN(const auto state, load_state(database_, tables));
        return state.has_value();
    }

    Result<Ids> students_with() {
        CELLMON_TRY_ASSIGN(auto select, database_.prepare("SELECT id, email FROM students"));
        Ids ids;
        CELLMON_TRY(select.each([&](const Statement& row) {
            if (small_letters(row.text(1)) == address_) ids.insert(row.integer(0));
        }));
        return ids;
    }

    Result<void> erase(std::int64_t student) {
        const auto named = [&](std::string_view column) {
            return ids_of(database_, fmt::format("SELECT DISTINCT {} FROM events WHERE student_id "
                                                 "= {}",
                                                 column, student));
        };
        CELLMON_TRY_ASSIGN(const Ids notebooks, named("notebook_id"));
        CELLMON_TRY_ASSIGN(const Ids cells, named("cell_id"));
        CELLMON_TRY_ASSIGN(const Ids teams,
                           ids_of(database_, fmt::format("SELECT team_id FROM students WHERE id = "
                                                         "{}",
                                                         student)));
        CELLMON_TRY_ASSIGN(const auto events,
                           database_.integer(fmt::format(
                               "SELECT count(*) FROM events WHERE student_id = {}", student)));
        erased_.events += static_cast<std::uint64_t>(events.value_or(0));
        for (const std::string_view table : kOfStudent) {
            CELLMON_TRY(database_.execute(
                fmt::format("DELETE FROM {} WHERE student_id = {}", table, student)));
        }
        CELLMON_TRY(database_.execute(fmt::format(
            "UPDATE events SET event_type = '{}', event_time_us = NULL, clock_bad = 0, student_id "
            "= NULL, notebook_id = NULL, cell_id = NULL, session_id = NULL, stream_id = NULL, "
            "stream_number = NULL, class_code = NULL WHERE student_id = {}",
            kRedactedType, student)));
        CELLMON_TRY(database_.execute(fmt::format("DELETE FROM students WHERE id = {}", student)));
        CELLMON_TRY(forget("cells", cells, "SELECT DISTINCT cell_id FROM events"));
        CELLMON_TRY(forget("notebooks", notebooks,
                           "SELECT DISTINCT notebook_id FROM events UNION SELECT DISTINCT "
                           "notebook_id FROM cells"));
        return forget("teams", teams, "SELECT DISTINCT team_id FROM students");
    }

    /// Those that nobody names any more.
    Result<void> forget(std::string_view table, const Ids& candidates, std::string_view used) {
        if (candidates.empty()) return {};
        CELLMON_TRY_ASSIGN(const Ids kept, ids_of(database_, used));
        CELLMON_TRY_ASSIGN(auto remove,
                           database_.prepare(fmt::format("DELETE FROM {} WHERE id = ?", table)));
        for (const std::int64_t id : candidates)
            if (!kept.contains(id)) CELLMON_TRY(remove.run(id));
        return {};
    }

    Result<std::vector<std::int64_t>> listed(std::string_view table) {
        CELLMON_TRY_ASSIGN(auto select,
                           database_.prepare(fmt::format("SELECT sequence FROM {} WHERE "
                                                         "length(payload) > 0 ORDER BY sequence",
                                                         table)));
        std::vector<std::int64_t> sequences;
        CELLMON_TRY(select.each([&](const Statement& row) {
            if (redactions_.contains(row.bits(0))) sequences.push_back(row.integer(0));
        }));
        if (first_kept_ > 1) CELLMON_TRY(add_naming(table, sequences));
        return sequences;
    }

    /// Whose an item was that the journal has no content of any more, only its row can tell: those
    /// that name the address count as theirs.
    Result<void> add_naming(std::string_view table, std::vector<std::int64_t>& sequences) {
        CELLMON_TRY_ASSIGN(auto scan, database_.prepare_scan(fmt::format(
                                          "SELECT sequence, payload FROM {} WHERE sequence < {}",
                                          table, first_kept_)));
        return scan.each([&](const Statement& row) {
            if (mentions(plain(row.text(1)), address_)) sequences.push_back(row.integer(0));
        });
    }

    Result<void> empty_quarantine() {
        CELLMON_TRY_ASSIGN(const auto sequences, listed("quarantine"));
        CELLMON_TRY_ASSIGN(auto empty, database_.prepare("UPDATE quarantine SET payload = '' WHERE "
                                                         "sequence = ?"));
        for (const std::int64_t sequence : sequences)
            CELLMON_TRY(empty.run(sequence));
        return {};
    }

    Result<void> empty_dead_letters() {
        CELLMON_TRY_ASSIGN(const auto sequences, listed("dead_letters"));
        CELLMON_TRY_ASSIGN(auto empty,
                           database_.prepare("UPDATE dead_letters SET payload = '', reason = '' "
                                             "WHERE sequence = ?"));
        for (const std::int64_t sequence : sequences)
            CELLMON_TRY(empty.run(sequence));
        erased_.dead_letters = sequences.size();
        return {};
    }

    Database& database_;
    const std::string address_;  // In small letters.
    const journal::Redactions& redactions_;
    const std::uint64_t first_kept_;
    ErasedRows erased_;
};

}  // namespace

Result<ErasedRows> erase_student(Store& store, std::string_view email,
                                 const journal::Redactions& redactions, std::uint64_t first_kept) {
    CELLMON_TRY_ASSIGN(const bool exists, store.exists());
    if (!exists) return ErasedRows{};
    CELLMON_TRY_ASSIGN(const auto lock, store.lock_rebuild());
    CELLMON_TRY_ASSIGN(const auto database, store.open());
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(*database));
    CELLMON_TRY_ASSIGN(const ErasedRows erased,
                       Erasure(*database, email, redactions, first_kept).run());
    CELLMON_TRY(transaction.commit());
    return erased;
}

Result<void> sweep(Store& store) {
    CELLMON_TRY_ASSIGN(const bool exists, store.exists());
    if (!exists) return {};
    CELLMON_TRY_ASSIGN(const auto database, store.open());
    if (database->engine() == sql::Engine::sqlite) {
        CELLMON_TRY(database->execute("VACUUM"));
        return database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    for (const auto& tables :
         {event_tables(sql::Engine::postgres), std::span<const std::string_view>(kRegistry)}) {
        for (const std::string_view table : tables)
            CELLMON_TRY(database->execute(fmt::format("VACUUM (FULL) {}", table)));
    }
    return {};
}

Result<std::string> rows_naming(Store& store, std::string_view email) {
    CELLMON_TRY_ASSIGN(const bool exists, store.exists());
    if (!exists) return std::string();
    CELLMON_TRY_ASSIGN(const auto database, store.open());
    std::string found;
    const std::string needle = small_letters(email);
    const auto look = [&](std::string_view table) -> Result<void> {
        CELLMON_TRY_ASSIGN(auto scan,
                           database->prepare_scan(fmt::format("SELECT * FROM {}", table)));
        std::uint64_t rows = 0;
        CELLMON_TRY(scan.each([&](const Statement& row) {
            for (int column = 0; column < row.columns(); ++column) {
                if (row.is_null(column)) continue;
                if (!mentions(plain(row.text(column)), needle)) continue;
                ++rows;
                break;
            }
        }));
        if (rows > 0) found += fmt::format("{}{} {}", found.empty() ? "" : ", ", table, rows);
        return {};
    };
    CELLMON_TRY_ASSIGN(const auto state, load_state(*database, TableSet::live()));
    if (!state) return found;
    for (const std::string_view table : event_tables(database->engine()))
        CELLMON_TRY(look(table));
    for (const std::string_view table : kRegistry)
        CELLMON_TRY(look(table));
    return found;
}

}  // namespace cellmon::relational
