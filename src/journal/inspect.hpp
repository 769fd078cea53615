#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/identity.hpp"
#include "journal/redactions.hpp"

namespace cellmon::journal {

struct SegmentSummary {
    std::string name;
    std::uint64_t first_sequence = 0;
    std::uint64_t last_sequence = 0;  ///< first_sequence - 1 while it holds no record.
    std::uint64_t records = 0;
    std::uint64_t epoch = 0;
    std::uint64_t used_bytes = 0;  ///< Header, records and footer; not the space prepared ahead.
    bool sealed = false;
    bool payloads_removed = false;  ///< By retention.
    std::string problem;            ///< Empty, or why the numbers above could not be read.
};

struct IdIndexSummary {
    std::uint64_t covered_sequence = 0;  ///< All ids through this sequence are in the runs.
    std::size_t runs = 0;
    std::uint64_t ids = 0;
    std::string problem;  ///< Empty, or why the index cannot be read. It is rebuilt at the start.
};

/// What a journal's folder holds, by headers, footers and the unsealed segment's records.
struct Inspection {
    Identity identity;
    bool writer_active = false;
    std::uint64_t durable_sequence = 0;
    std::uint64_t missing = 0;  ///< Entries behind it that the last writer acknowledged.
    std::vector<SegmentSummary> segments;
    IdIndexSummary ids;
    std::vector<Redactions::Range> redactions;
    std::uint64_t removed_through = 0;  ///< The last entry whose payload was removed; 0: none was.
};

/// Reads only, and may run beside a writer. Tells what is there without judging it: verify() does
/// that. ErrorCode::not_found when the folder holds no journal.
Result<Inspection> inspect(io::FileSystem& files, const std::string& directory);

}  // namespace cellmon::journal
