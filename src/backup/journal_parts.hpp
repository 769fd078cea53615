#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backup/manifest.hpp"
#include "backup/place.hpp"
#include "backup/progress.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/reader.hpp"

namespace cellmon::backup {

/// A journal to be backed up, and how far its entries may be read.
struct JournalSource {
    std::string directory;
    journal::VisibleThrough visible;  ///< As for a reader.
};

/// The last entry that is durable now, beside a writer or without one.
Result<std::uint64_t> durable_end(io::FileSystem& files, const JournalSource& source);

/// What was copied of a journal.
struct JournalParts {
    Id128 journal_id;
    std::uint64_t epoch = 0;
    std::optional<Place> snapshot;  ///< The place of the sequence that was asked for.
    Place through;
    std::vector<journal::Redactions::Range> redactions;
    std::vector<PartEntry> parts;
    std::uint64_t copied = 0;  ///< Parts that no earlier backup had.
};

/// Copies every segment that no earlier backup has, each record checked before, and what is durable
/// of the last one; goes at least as far as `snapshot`. ErrorCode::corrupt when the journal is
/// damaged: then there is no backup of it.
Result<JournalParts> copy_journal(io::FileSystem& files, const JournalSource& source,
                                  std::uint64_t snapshot, BackupWriter& writer, Work& work);

}  // namespace cellmon::backup
