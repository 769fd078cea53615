#include "sinks/relational/rebuild.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "sinks/relational/event_writer.hpp"
#include "sinks/relational/migrations.hpp"
#include "sinks/relational/projection_state.hpp"

namespace cellmon::relational {
namespace {

Result<ProjectionState> require_state(Database& database, const TableSet& tables) {
    CELLMON_TRY_ASSIGN(auto state, load_state(database, tables));
    if (!state) {
        return fail(ErrorCode::not_found,
                    "the relational store has no " + std::string(tables.name()) + " event tables");
    }
    return std::move(*state);
}

/// The shadow while it is filled.
class Shadow {
  public:
    static Result<Shadow> create(Database& database, const std::string& parameters,
                                 std::uint64_t id_merge_interval, projection::EntrySource& source) {
        CELLMON_TRY_ASSIGN(const auto significant, significant_errors_of(parameters));
        CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(database));
        CELLMON_TRY(drop_copy(database, TableSet::shadow()));
        CELLMON_TRY(create_copy(database, TableSet::shadow(), parameters, source.beginning()));
        CELLMON_TRY_ASSIGN(auto state, require_state(database, TableSet::shadow()));
        CELLMON_TRY(transaction.commit());
        CELLMON_TRY_ASSIGN(auto writer, EventWriter::prepare(database, TableSet::shadow(),
                                                             {significant, id_merge_interval}));
        CELLMON_TRY(source.seek(state.cursor));
        return Shadow(database, source, std::move(state), std::move(writer));
    }

    /// Builds at most `entries` more. Inside a transaction.
    Result<void> build(std::uint64_t entries) {
        projection::Batch batch;
        batch.start(state_.cursor);
        for (; entries > 0; --entries) {
            CELLMON_TRY_ASSIGN(const auto entry, source_.next());
            if (!entry) break;
            batch.add(*entry);
            if (auto added = writer_.add(*entry); !added) {
                return fail(at_sequence(std::move(added).error(), entry->header.sequence));
            }
        }
        CELLMON_TRY(writer_.flush());
        state_.cursor = batch.after(batch.size());
        return store_state(database_, TableSet::shadow(), state_);
    }

    void trim() { writer_.trim(); }
    [[nodiscard]] const journal::Cursor& cursor() const { return state_.cursor; }

  private:
    Shadow(Database& database, projection::EntrySource& source, ProjectionState state,
           EventWriter writer)
        : database_(database),
          source_(source),
          state_(std::move(state)),
          writer_(std::move(writer)) {}

    Database& database_;
    projection::EntrySource& source_;
    ProjectionState state_;
    EventWriter writer_;
};

/// Compares and switches; inside the transaction that keeps the live copy where it is.
Result<RebuildReport> compare_and_switch(Database& database, const journal::Cursor& built,
                                         bool accept_difference) {
    RebuildReport report;
    report.sequence = built.sequence;
    CELLMON_TRY_ASSIGN(report.digest, digest(database, TableSet::shadow()));
    const auto live = digest(database, TableSet::live());
    // A live copy that cannot be read is the best reason to rebuild.
    if (!live && !accept_difference) return fail(live.error());
    report.differences = live ? report.digest.differences(*live) : "unreadable";
    report.switched = report.differences.empty() || accept_difference;
    if (report.switched) {
        CELLMON_TRY(promote_shadow(database));
    } else {
        CELLMON_TRY(drop_copy(database, TableSet::shadow()));
    }
    return report;
}

}  // namespace

Result<RebuildReport> rebuild_relational(Store& store, projection::EntrySource& source,
                                         const RebuildOptions& options,
                                         const RebuildProgress& progress) {
    CELLMON_TRY_ASSIGN(const bool exists, store.exists());
    if (!exists) return fail(ErrorCode::not_found, "there is no relational store " + store.name());
    CELLMON_TRY(source.require_kept(1));
    CELLMON_TRY_ASSIGN(const auto lock, store.lock_rebuild());
    CELLMON_TRY_ASSIGN(const auto opened, store.open());
    Database& database = *opened;
    CELLMON_TRY(migrate(database));
    CELLMON_TRY_ASSIGN(auto live, require_state(database, TableSet::live()));
    if (live.version != kProjectionVersion) {
        return fail(ErrorCode::mismatch, "the event tables were made by projection version " +
                                             std::to_string(live.version) +
                                             ", this program makes " +
                                             std::to_string(kProjectionVersion) +
                                             "; its server rebuilds them by itself");
    }
    std::optional<Shadow> shadow;
    CELLMON_TRY_ASSIGN(
        auto created, Shadow::create(database, live.parameters, options.id_merge_interval, source));
    shadow.emplace(std::move(created));
    while (true) {
        CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(database));
        CELLMON_TRY_ASSIGN(live, require_state(database, TableSet::live()));
        const std::uint64_t built = shadow->cursor().sequence;
        const std::uint64_t missing = live.cursor.sequence - std::min(built, live.cursor.sequence);
        const bool last = missing <= options.batch_entries;
        CELLMON_TRY(shadow->build(std::min<std::uint64_t>(missing, options.batch_entries)));
        if (last) {
            const journal::Cursor cursor = shadow->cursor();
            if (cursor != live.cursor) {
                return fail(ErrorCode::mismatch,
                            "the relational store was made from another journal than this one, or "
                            "is ahead of it");
            }
            // No statement may be at work on tables that are dropped and renamed.
            shadow.reset();
            CELLMON_TRY_ASSIGN(auto report,
                               compare_and_switch(database, cursor, options.accept_difference));
            CELLMON_TRY(transaction.commit());
            return report;
        }
        CELLMON_TRY(transaction.commit());
        shadow->trim();
        // Outside the transaction: this is where the server gets its turn.
        progress(shadow->cursor().sequence, live.cursor.sequence);
    }
}

}  // namespace cellmon::relational
