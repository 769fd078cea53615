#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/reader.hpp"
#include "journal/redactions.hpp"

namespace cellmon::erasure {

/// Whose an entry of the journal is, seen from one person.
enum class Whose : std::uint8_t {
    nobody,   ///< It does not name the person.
    theirs,   ///< Their event; a refused item or an entry of the server that names them.
    mention,  ///< An event of somebody else in which the address stands.
};

/// What the journal holds of a person.
struct Found {
    std::vector<journal::Redactions::Range> ranges;  ///< Of their entries.
    std::uint64_t payloads = 0;                      ///< In them.
    std::uint64_t mentions = 0;
    std::vector<std::uint64_t> mentioned_at;  ///< The first of them.
    std::set<std::int64_t> days;              ///< Of their events, since 1970 (UTC).
    std::uint64_t through = 0;                ///< The last sequence that was read.
    std::set<std::string> longer;             ///< Other persons' addresses of which this is a part.
};

inline constexpr std::size_t kMostMentions = 100;

/// Told of the sequence that was read.
using ScanProgress = std::function<void(std::uint64_t sequence)>;

/// Reads all that is visible of the journal in `directory`; a folder without one holds nobody.
Result<Found> find_in_journal(io::FileSystem& files, const std::string& directory,
                              const journal::VisibleThrough& visible, std::string_view email,
                              const ScanProgress& progress = {});

}  // namespace cellmon::erasure
