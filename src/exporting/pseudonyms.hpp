#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::exporting {

/// Names in the place of names: the same for the same person in the same class, another one in
/// another class, and nothing can be read from it without the key (BLAKE2b, keyed). Any thread.
class Pseudonyms {
  public:
    static constexpr std::size_t kKeyBytes = 32;
    using Key = std::array<unsigned char, kKeyBytes>;

    explicit Pseudonyms(const Key& key) : key_(key) {}

    /// The key in the file, which is made, random and readable by its owner alone, when there is
    /// none. permission for a file that others can read, invalid for one that is too short.
    static Result<Pseudonyms> open(const std::string& path, io::FileSystem& files,
                                   RandomSource& random);

    /// `S-` and 16 hexadecimal digits. Two spellings of an address that differ by case are one.
    [[nodiscard]] std::string student(std::string_view class_code, std::string_view email) const;
    /// `T-…`
    [[nodiscard]] std::string team(std::string_view class_code, std::string_view name) const;
    /// `X-…`, for ids by which one person could be known in two classes: sessions, streams, cells.
    [[nodiscard]] std::string id(std::string_view class_code, std::string_view what) const;

  private:
    [[nodiscard]] std::string of(char kind, std::string_view class_code,
                                 std::string_view what) const;

    Key key_;
};

/// In small letters (ASCII), without white space at its ends.
[[nodiscard]] std::string person_key(std::string_view email);

}  // namespace cellmon::exporting
