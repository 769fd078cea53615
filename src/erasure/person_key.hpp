#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::erasure {

/// Tells one address from another without naming it: BLAKE2b under a random key of its own, which
/// lies in `DATA/erasures/key`, readable by its owner alone. With it, and only with it, can be
/// asked whether an address that comes back out of an old backup was erased.
class PersonKey {
  public:
    /// Made at first use. ErrorCode::permission when others can read it.
    static Result<PersonKey> open(io::FileSystem& files, const std::string& data,
                                  RandomSource& random);

    /// All keys that lie there: more than one where a restore has brought a list that was made
    /// under another key. None is made.
    static Result<std::vector<PersonKey>> all(io::FileSystem& files, const std::string& data,
                                              RandomSource& random);

    /// 32 hexadecimal digits; the same for an address in small and capital letters.
    [[nodiscard]] std::string of(std::string_view email) const;

  private:
    static Result<PersonKey> of_file(io::FileSystem& files, const std::string& path,
                                     RandomSource& random);
    explicit PersonKey(std::string key) : key_(std::move(key)) {}
    std::string key_;  ///< 32 bytes.
};

}  // namespace cellmon::erasure
