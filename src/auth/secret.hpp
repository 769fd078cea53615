#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::auth {

/// Bytes of the shortest secret that is taken: as many as the signature has (RFC 7518, 3.2).
inline constexpr std::size_t kLeastSecretBytes = 32;

/// The secret that tokens are signed with: `configured`, or else the content of the file at `path`,
/// which is made, random and readable by its owner alone, when it does not exist.
/// ErrorCode::invalid for a secret that is too short, permission for a file that others can read.
Result<std::string> token_secret(const std::string& configured, const std::string& path,
                                 io::FileSystem& files, RandomSource& random);

/// A secret of the file at `path`, which is made like that. `misuse` says in the message of
/// permission what others could do with it.
Result<std::string> private_secret(const std::string& path, io::FileSystem& files,
                                   RandomSource& random, std::string_view misuse);

}  // namespace cellmon::auth
