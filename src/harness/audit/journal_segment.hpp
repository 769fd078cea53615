#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/audit/journal_file.hpp"

namespace cellmon::harness {

/// Sequences whose payloads may be blank, both ends included.
using Redactions = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Where the reading of a journal has come to; carried from segment to segment.
struct JournalPosition {
    Id128 journal_id;
    std::uint64_t next_sequence = 1;
    std::uint64_t chain = 0;
};

/// Reads one segment's bytes: header, records, footer. `visit` gets each entry of each valid
/// record.
///
/// ErrorCode::corrupt, with the offset, for anything but a bad tail of the last, unsealed segment.
class SegmentScan {
  public:
    SegmentScan(std::string_view bytes, bool last_segment, const Redactions& redactions,
                JournalPosition& position);
    Result<void> run(const std::function<void(const StoredEntry&)>& visit);

  private:
    struct Record {
        std::uint64_t bytes = 0;
        std::uint32_t count = 0;
        std::uint64_t first_sequence = 0;
        std::uint64_t chain_after = 0;
    };

    Result<void> check_header();
    [[nodiscard]] bool read_footer();
    /// Why the bytes at `offset` are no valid record that continues the position; empty when they
    /// are.
    std::string check_record(std::uint64_t offset, std::uint64_t end, Record& record,
                             std::vector<StoredEntry>& entries) const;
    /// A record of this segment that begins behind `offset`; a bad tail with one behind it is
    /// damage, not a torn end.
    [[nodiscard]] bool valid_record_behind(std::uint64_t offset) const;
    [[nodiscard]] bool header_checks(std::uint64_t offset, std::uint64_t end, Record& record) const;
    [[nodiscard]] bool may_be_blank(std::uint64_t sequence) const;

    std::string_view bytes_;
    bool last_segment_;
    const Redactions& redactions_;
    JournalPosition& position_;
    std::uint32_t salt_ = 0;
    std::uint64_t first_sequence_ = 0;
    bool sealed_ = false;
    bool payloads_removed_ = false;
};

}  // namespace cellmon::harness
