#pragma once

#include <cstdint>

#include "backup/restore.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"

namespace cellmon::erasure {

struct AgainParts {
    const config::Config& config;  ///< Of the data folder and the database that were restored.
    io::FileSystem& files;
    const Clock& clock;
    RandomSource& random;
};

/// Asks for the erasure of everybody whom a restore has brought back: whose tombstone lies in
/// DATA/erasures, is of this journal and younger than what was brought back, and who is in that.
/// How many these are. What a person has done behind their erasure is in no backup that is older
/// than it, so it is not touched: a half that is younger is left out of the request.
///
/// Reads the whole journal and classroom when there is such a tombstone, else nothing. While
/// nobody else is at work on them; brings the classroom's schema up to date then.
///
/// Errors: corrupt (a tombstone is damaged, or no key tells whose it is), permission (a key that
/// others can read), cancelled; those of the stores.
Result<std::uint64_t> ask_again(const AgainParts& parts, const backup::BroughtBack& back,
                                backup::Work& work);

}  // namespace cellmon::erasure
