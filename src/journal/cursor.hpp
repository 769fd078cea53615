#pragma once

#include <cstdint>
#include <string>

#include "base/id128.hpp"

namespace cellmon::journal {

/// How far a consumer has come, and in which history. `chain` is the journal's chain value at
/// `sequence`. Sequence 0 with chain 0 is the beginning of any epoch.
struct Cursor {
    Id128 journal_id;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    std::uint64_t chain = 0;

    bool operator==(const Cursor&) const = default;
};

}  // namespace cellmon::journal
