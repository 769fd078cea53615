#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/id128.hpp"
#include "event/event.hpp"
#include "event/json_value.hpp"

namespace cellmon::event {

/// `canonical v1`: the hash of what a client sent, by value and not by spelling. Frozen: README.md
/// of this module is its specification. Journals hold these hashes for ever; another rule needs
/// another version beside this one.
class CanonicalHasher {
  public:
    explicit CanonicalHasher(TextPool& pool);

    /// The parts of an item's hash: the hash of an item is the sum of those of its members that are
    /// not null.
    [[nodiscard]] std::uint64_t member(Field field, const JsonValue& value, std::uint64_t seed = 0);
    [[nodiscard]] std::uint64_t member(std::string_view name, const JsonValue& value,
                                       std::uint64_t seed = 0);

    /// Of an item that is no object.
    [[nodiscard]] std::uint64_t other(const JsonValue& value, std::uint64_t seed = 0);

  private:
    struct Word {
        std::uint64_t tag = 0;
        std::uint64_t value = 0;
    };

    Word word_of(const JsonValue& value, std::uint64_t seed);
    Word word_of_real(double value) const;
    Word word_of_vast(std::string_view number) const;
    Word word_of_array(const JsonValue& value, std::uint64_t seed);
    Word word_of_object(const JsonValue& value, std::uint64_t seed);

    TextPool& pool_;
    std::array<std::uint64_t, kFieldCount> name_hashes_{};
    std::vector<Member> members_;  // a stack, as in ValueWriter
};

/// An identity made of content: XXH3-128 of three words, in the form of a version 8 UUID.
[[nodiscard]] Id128 content_id(std::uint64_t first, std::uint64_t second, std::uint64_t number,
                               std::uint64_t seed);

inline constexpr std::uint64_t kContentIdSeed = 0x63656c6c6d6f6e32;     // "cellmon2"
inline constexpr std::uint64_t kQuarantineIdSeed = 0x63656c6c6d6f6e33;  // "cellmon3"

}  // namespace cellmon::event
