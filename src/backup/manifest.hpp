#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/key.hpp"
#include "backup/part.hpp"
#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"
#include "journal/redactions.hpp"
#include "sql/connection.hpp"

namespace cellmon::backup {

inline constexpr std::uint64_t kFormatVersion = 1;

/// A place in the journal's history.
struct Place {
    std::uint64_t sequence = 0;
    std::uint64_t chain = 0;

    bool operator==(const Place&) const = default;
};

/// One part of a backup, and where it lies.
struct PartEntry {
    std::string name;
    std::string file;          ///< Beside the manifest; empty in a backup of one file.
    std::uint64_t offset = 0;  ///< In the file.
    PartSize size;

    // Of a segment of the journal; `first` is 0 for the classroom's rows.
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t chain_after = 0;
    bool sealed = false;

    [[nodiscard]] bool is_segment() const { return first != 0; }
    bool operator==(const PartEntry&) const = default;
};

/// What a backup holds.
struct Manifest {
    std::string id;       ///< `20261127T190000Z-1a2b3c4d`: when it was begun, and chance.
    std::string program;  ///< The version that made it.
    TimeUs started_us = 0;
    TimeUs finished_us = 0;
    KeySettings key;

    Id128 journal_id;
    std::uint64_t epoch = 0;
    Place snapshot;  ///< The journal's end just behind the picture of the classroom's rows.
    Place through;   ///< The last entry that is in it.
    std::vector<journal::Redactions::Range> redactions;  ///< Blanked when it was made.

    sql::Engine engine = sql::Engine::sqlite;  ///< Of the classroom's rows.
    std::uint64_t schema_version = 0;          ///< Of their schema.
    std::vector<PartEntry> parts;  ///< The segments in their order, then the classroom's rows.

    [[nodiscard]] const PartEntry* classroom() const;
    [[nodiscard]] std::uint64_t stored_bytes() const;
    bool operator==(const Manifest&) const = default;
};

/// The text of a manifest, sealed with the key when there is one.
[[nodiscard]] std::string text_of(const Manifest& manifest, const Key* key);

/// Reads a manifest whose checksum is right; its seal is not looked at. ErrorCode::corrupt or
/// newer_format, naming `path`.
Result<Manifest> manifest_of(std::string_view text, std::string_view path);

/// ErrorCode::corrupt when it was not sealed with this key: somebody else has changed it.
Result<void> check_seal(std::string_view text, const Key* key, std::string_view path);

}  // namespace cellmon::backup
