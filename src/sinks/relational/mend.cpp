#include "sinks/relational/mend.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "event/event_reader.hpp"
#include "sinks/relational/audit_queries.hpp"
#include "sinks/relational/event_writer.hpp"
#include "sinks/relational/projection_state.hpp"
#include "sinks/relational/rebuild.hpp"
#include "sinks/relational/relational_sink.hpp"

namespace cellmon::relational {
namespace {

/// To jump costs more than to read over so many.
constexpr std::uint64_t kJump = 10'000;

/// What is folded over the events of a student.
constexpr std::array<std::string_view, 9> kTablesOfStudents{
    "cell_executions", "notebook_accesses", "help_signals", "student_signals", "cell_states",
    "help_requests",   "streams",           "sessions",     "daily_totals"};

class Mending {
  public:
    Mending(Database& database, projection::EntrySource& source, std::uint64_t id_merge_interval)
        : database_(database), source_(source), id_merge_interval_(id_merge_interval) {}

    Result<audit::Mended> run(std::span<const audit::Difference> differences) {
        CELLMON_TRY_ASSIGN(const auto before, state());
        for (const audit::Difference& difference : differences) {
            if (difference.kind == audit::Kind::totals) {
                students_.insert(difference.student);
            } else {
                places_.insert(difference.sequence);
            }
        }
        CELLMON_TRY(find_students_of_rows());
        CELLMON_TRY(find_students_of_entries(before.cursor.sequence));
        // The students' events are taken out and put back, all of them.
        CELLMON_TRY(source_.require_kept(1));
        // The long part, before anybody has to wait for it.
        CELLMON_TRY(find_events(before.cursor.sequence));
        CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(database_));
        CELLMON_TRY_ASSIGN(auto now, state());
        CELLMON_TRY(source_.seek(now.cursor));
        CELLMON_TRY(find_events(now.cursor.sequence));
        CELLMON_TRY(remove());
        CELLMON_TRY_ASSIGN(const std::uint64_t events, put_back(now));
        CELLMON_TRY_ASSIGN(const auto newest,
                           database_.integer("SELECT max(generation) FROM projection_state"));
        // Whoever remembers rows (the projection, a check) begins anew.
        now.generation = newest.value_or(0) + 1;
        CELLMON_TRY(store_state(database_, TableSet::live(), now));
        CELLMON_TRY(transaction.commit());
        return audit::Mended{events, false};
    }

  private:
    Result<ProjectionState> state() {
        CELLMON_TRY_ASSIGN(auto state, load_state(database_, TableSet::live()));
        const journal::Cursor beginning = source_.beginning();
        if (!state || state->version != kProjectionVersion ||
            state->cursor.journal_id != beginning.journal_id ||
            state->cursor.epoch != beginning.epoch) {
            return fail(ErrorCode::mismatch,
                        "the rows are not of this journal and version; nothing was changed");
        }
        return std::move(*state);
    }

    Result<void> find_students_of_rows() {
        std::vector<std::string_view> tables(kDetailTables.begin(), kDetailTables.end());
        tables.emplace_back("events");
        for (const std::string_view table : tables) {
            CELLMON_TRY_ASSIGN(
                auto select,
                database_.prepare(fmt::format("SELECT s.email FROM {} t JOIN students s ON s.id = "
                                              "t.student_id WHERE t.sequence = ?",
                                              table)));
            for (const std::uint64_t place : places_) {
                CELLMON_TRY(select.first(
                    [&](const Statement& row) { students_.emplace(row.text(0)); }, place));
            }
        }
        return {};
    }

    Result<void> find_students_of_entries(std::uint64_t through) {
        return each_entry(
            std::vector<std::uint64_t>(places_.lower_bound(1), places_.upper_bound(through)),
            [&](const journal::Entry& entry) -> Result<void> {
                if (const auto student = student_of(entry)) students_.emplace(*student);
                return {};
            });
    }

    /// The student of an event that can be read.
    std::optional<std::string_view> student_of(const journal::Entry& entry) {
        if (entry.header.kind != journal::EntryKind::event || entry.redacted) return std::nullopt;
        const auto event = reader_.read(entry.payload);
        if (!event) return std::nullopt;
        return (*event)->email_address;
    }

    /// Goes on with the search for the events of the students, through `sequence`.
    Result<void> find_events(std::uint64_t sequence) {
        if (searched_ >= sequence) return {};
        CELLMON_TRY(source_.seek_sequence(searched_ + 1));
        while (searched_ < sequence) {
            CELLMON_TRY_ASSIGN(const auto entry, source_.next());
            if (!entry) return fail(ErrorCode::mismatch, "the journal ends before its rows");
            searched_ = entry->header.sequence;
            const auto student = student_of(*entry);
            if (!student || !students_.contains(*student)) continue;
            if (events_.size() >= kMostMended) {
                return fail(ErrorCode::limit, "too many events belong to what differs");
            }
            events_.push_back(searched_);
        }
        return {};
    }

    Result<void> remove() {
        CELLMON_TRY(remove_places());
        CELLMON_TRY_ASSIGN(auto remove_event,
                           database_.prepare("DELETE FROM events WHERE sequence = ?"));
        for (const std::uint64_t event : events_)
            CELLMON_TRY(remove_event.run(event));
        for (const std::string_view table : kTablesOfStudents) {
            CELLMON_TRY_ASSIGN(
                auto remove,
                database_.prepare(fmt::format(
                    "DELETE FROM {} WHERE student_id = (SELECT id FROM students WHERE email = ?)",
                    table)));
            for (const std::string& student : students_)
                CELLMON_TRY(remove.run(student));
        }
        return {};
    }

    /// Whatever lies at the places that differ, whosever it is said to be.
    Result<void> remove_places() {
        std::vector<std::string> statements;
        if (database_.engine() == sql::Engine::sqlite) {
            for (const std::string_view table : {"event_ids", "recent_event_ids"}) {
                statements.push_back(fmt::format(
                    "DELETE FROM {0} WHERE event_id = (SELECT event_id FROM events WHERE sequence "
                    "= ?)",
                    table));
            }
        }
        for (const std::string_view table : {"events", "dead_letters", "quarantine"})
            statements.push_back(fmt::format("DELETE FROM {} WHERE sequence = ?", table));
        for (const std::string_view table : kDetailTables)
            statements.push_back(fmt::format("DELETE FROM {} WHERE sequence = ?", table));
        for (const std::string& sql : statements) {
            CELLMON_TRY_ASSIGN(auto remove, database_.prepare(sql));
            for (const std::uint64_t place : places_)
                CELLMON_TRY(remove.run(place));
        }
        return {};
    }

    Result<std::uint64_t> put_back(const ProjectionState& state) {
        CELLMON_TRY_ASSIGN(const auto significant, significant_errors_of(state.parameters));
        const std::uint64_t through = state.cursor.sequence;
        CELLMON_TRY_ASSIGN(auto writer,
                           EventWriter::prepare(database_, TableSet::live(),
                                                {significant, id_merge_interval_, through}));
        std::vector<std::uint64_t> all;
        std::set_union(events_.begin(), events_.end(), places_.lower_bound(1),
                       places_.upper_bound(through), std::back_inserter(all));
        CELLMON_TRY(leave_out_dead_letters(all));
        CELLMON_TRY(
            each_entry(all, [&](const journal::Entry& entry) { return writer.add(entry); }));
        CELLMON_TRY(writer.flush());
        return all.size();
    }

    /// What the store did not take once is not given to it again, but where it differs.
    Result<void> leave_out_dead_letters(std::vector<std::uint64_t>& sequences) {
        std::unordered_set<std::uint64_t> dead;
        CELLMON_TRY_ASSIGN(auto select, database_.prepare("SELECT sequence FROM dead_letters"));
        CELLMON_TRY(select.each([&](const Statement& row) { dead.insert(row.bits(0)); }));
        std::erase_if(sequences, [&](std::uint64_t sequence) { return dead.contains(sequence); });
        return {};
    }

    /// Hands the entries with these sequences, which rise, to `on_entry`.
    template <typename OnEntry>
    Result<void> each_entry(const std::vector<std::uint64_t>& sequences, OnEntry&& on_entry) {
        std::uint64_t at = 0;  // What the source has given last; 0: it is somewhere else.
        for (const std::uint64_t sequence : sequences) {
            if (at == 0 || sequence - at > kJump) {
                CELLMON_TRY(source_.seek_sequence(sequence));
                at = sequence - 1;
            }
            while (at < sequence) {
                CELLMON_TRY_ASSIGN(const auto entry, source_.next());
                if (!entry) return fail(ErrorCode::mismatch, "the journal ends before its rows");
                at = entry->header.sequence;
                if (at == sequence) CELLMON_TRY(on_entry(*entry));
            }
        }
        return {};
    }

    Database& database_;
    projection::EntrySource& source_;
    const std::uint64_t id_merge_interval_;
    event::EventReader reader_;
    std::set<std::string, std::less<>> students_;
    std::set<std::uint64_t> places_;  ///< Sequences at which something differs.
    std::vector<std::uint64_t> events_;
    std::uint64_t searched_ = 0;
};

}  // namespace

Result<audit::Mended> mend_rows(Store& store, projection::EntrySource& source,
                                std::span<const audit::Difference> differences, bool all,
                                std::uint64_t id_merge_interval) {
    if (all) {
        CELLMON_TRY_ASSIGN(const auto lock, store.lock_rebuild());
        CELLMON_TRY_ASSIGN(const auto database, store.open());
        auto mended = Mending(*database, source, id_merge_interval).run(differences);
        if (mended || mended.error().code != ErrorCode::limit) return mended;
    }
    RebuildOptions options;
    options.accept_difference = true;
    options.id_merge_interval = id_merge_interval;
    CELLMON_TRY_ASSIGN(const auto rebuilt, rebuild_relational(store, source, options,
                                                              [](std::uint64_t, std::uint64_t) {}));
    return audit::Mended{static_cast<std::uint64_t>(rebuilt.digest.tables.at("events").rows), true};
}

}  // namespace cellmon::relational
