#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "projection/entry_source.hpp"
#include "sinks/relational/digest.hpp"
#include "sinks/relational/relational_sink.hpp"

namespace cellmon::relational {

struct RebuildOptions {
    bool accept_difference = false;  ///< Switch even when the digests differ: the journal is right.
    std::size_t batch_entries =
        2'000;  ///< Entries in one transaction; between two the server may write.
    std::uint64_t id_merge_interval = WriterSettings{}.id_merge_interval;  ///< As the store's own.
};

struct RebuildReport {
    std::uint64_t sequence = 0;  ///< Through which the event tables were built.
    bool switched = false;
    std::string differences;  ///< Tables whose digests differed; empty: none.
    Digest digest;            ///< Of what was built.
};

/// Told of entries built and of those there are to build.
using RebuildProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Builds the event tables anew from `source` into a shadow in the same store and switches it in
/// for the live copy, when both are at the same sequence and have equal digests. May run beside the
/// server, which goes on projecting; only while the digests are compared it waits. Whatever ends
/// the process leaves the live copy as it was.
///
/// ErrorCode::locked while another rebuild runs; not_found when there is nothing to rebuild yet;
/// mismatch when the live copy was made by another version or other settings (the server rebuilds
/// that by itself) or from another journal.
Result<RebuildReport> rebuild_relational(Store& store, projection::EntrySource& source,
                                         const RebuildOptions& options,
                                         const RebuildProgress& progress);

}  // namespace cellmon::relational
