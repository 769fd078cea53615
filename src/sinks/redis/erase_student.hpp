#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "sinks/redis/keys.hpp"
#include "sinks/redis/options.hpp"

namespace cellmon::redis {

/// Deletes the stream and the picture for followers. A stream cannot be changed in its middle: the
/// server fills it anew when it starts, with what the journal holds then. Followers begin anew when
/// there is a new picture.
Result<void> forget_stream(const RedisOptions& options, const History& history);

/// Entries of the stream that name the address, and one more when the picture does.
Result<std::uint64_t> entries_naming(const RedisOptions& options, const History& history,
                                     std::string_view email);

/// Whether it answers.
Result<void> look(const RedisOptions& options);

}  // namespace cellmon::redis
