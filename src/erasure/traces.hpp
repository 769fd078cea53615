#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"

namespace cellmon::erasure {

/// A place in which an address was found.
struct Trace {
    std::string place;  ///< `journal`, `relational`, `classroom`, `timeseries`, `redis`, a file.
    std::string what;   ///< How much, and of what kind.
};

struct Traces {
    std::vector<Trace> found;
    std::vector<std::string> looked;  ///< Places that were looked into to their end.
    std::vector<Trace> unread;        ///< That could not be, and why.
};

/// Told of bytes of files that were read, and of those there are.
using SearchProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Looks for an address in every store that the configuration names, entry by entry and row by row,
/// and in the bytes of every file of the data folder. Reads only, beside a server or without one.
///
/// In the bytes of files one text may follow the other without a gap. There it counts as a part of
/// a longer address, and is none, only where that is the address of somebody whose events there
/// are.
Traces find_traces(const config::Config& config, io::FileSystem& files, std::string_view email,
                   const SearchProgress& progress = {});

}  // namespace cellmon::erasure
