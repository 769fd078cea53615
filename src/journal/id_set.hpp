#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"
#include "journal/id_run.hpp"
#include "journal/id_table.hpp"

namespace cellmon::journal {

/// What the index says of itself on disk.
struct IdManifest {
    struct Run {
        std::string name;            ///< Of a file in the folder.
        std::uint64_t checksum = 0;  ///< IdRun::checksum(): another run may have had the name.
    };
    Cursor covered;  ///< All ids through this one are in the runs.
    std::vector<Run> runs;
};

/// nullopt when there is none; ErrorCode::corrupt when it is damaged. Reads only.
Result<std::optional<IdManifest>> read_id_manifest(io::FileSystem& files,
                                                   const std::string& directory);

/// Every event id the journal ever stored, with the hash of its content: a log-structured set of a
/// table in memory and at most kMaxRuns sorted runs on disk. It is an index: losing it costs a scan
/// of the journal, never an event.
///
/// One thread calls find, insert and freeze_if_full; another one (or the same) calls maintain.
class IdSet {
  public:
    static constexpr std::size_t kMaxRuns = 8;

    /// Ids between two looks, during a merge, at whether a frozen table waits to be written.
    static constexpr std::size_t kMergeStep = 4096;

    /// Loads the runs that the manifest names. When it is missing, damaged, or of another journal
    /// or epoch, the set is empty and covered().sequence is 0: the caller replays the journal from
    /// there.
    static Result<std::unique_ptr<IdSet>> open(io::FileSystem& files, std::string directory,
                                               const Id128& journal_id, std::uint64_t epoch,
                                               std::size_t memory_entries);

    /// How far the runs on disk reach: all ids through this sequence are in them.
    [[nodiscard]] const Cursor& covered() const { return covered_at_open_; }

    /// Forgets all runs; for a caller that finds covered() to contradict the journal.
    Result<void> clear();

    /// The content hash stored with the id. ErrorCode::corrupt when a run is damaged (its manifest
    /// is then removed, so that the next start rebuilds the set).
    Result<std::optional<std::uint64_t>> find(const Id128& id, std::uint64_t hash);

    /// Starts loading what find(id) will touch.
    void prefetch(std::uint64_t hash) const;

    /// The id must not be in the set.
    void insert(const IdEntry& entry, std::uint64_t hash);

    /// Hands the memory table over to maintain() when it is full and the one before is on disk.
    /// `durable` must cover every id inserted so far.
    void freeze_if_full(const Cursor& durable);

    /// One piece of background work: writes the frozen table as a run, or merges runs. False:
    /// nothing to do.
    Result<bool> maintain();

    /// The memory table is several times too large because maintain() cannot write.
    [[nodiscard]] bool overloaded() const { return overloaded_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::size_t run_count() const;
    [[nodiscard]] std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }

  private:
    using Runs = std::vector<std::shared_ptr<const IdRun>>;

    IdSet(io::FileSystem& files, std::string directory, const Id128& journal_id,
          std::uint64_t epoch, std::size_t memory_entries);

    Result<void> load_manifest();
    Result<void> remove_unnamed_files(const Runs& keep);
    Result<void> write_manifest(const Runs& runs, const Cursor& covered);
    Result<bool> write_waiting();
    Result<void> write_frozen(const IdTable& table, const Cursor& covered);
    Result<bool> merge_some();
    Result<std::shared_ptr<const IdRun>> merge(const Runs& inputs);
    [[nodiscard]] std::string next_run_path();
    void publish(Runs runs);
    void refresh();

    io::FileSystem& files_;
    std::string directory_;
    Id128 journal_id_;
    std::uint64_t epoch_;
    std::size_t memory_entries_;
    Cursor covered_at_open_;

    // Of the inserting thread.
    IdTable table_;
    std::shared_ptr<const IdTable> frozen_view_;
    Runs runs_view_;
    std::uint64_t seen_generation_ = 0;
    std::atomic<bool> overloaded_{false};
    std::atomic<std::uint64_t> size_{0};

    // Of the maintaining thread.
    Cursor covered_;
    std::uint64_t next_run_number_ = 1;

    // Shared.
    mutable std::mutex mutex_;
    std::shared_ptr<const IdTable> frozen_;
    Cursor frozen_covers_;
    Runs runs_;
    std::atomic<std::uint64_t> generation_{1};
};

}  // namespace cellmon::journal
