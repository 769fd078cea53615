#include "event/canonical.hpp"

#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/number_text.hpp"

namespace cellmon::event {
namespace {

// The tags of `canonical v1`. Frozen.
constexpr std::uint64_t kNull = 0;
constexpr std::uint64_t kBoolean = 1;
constexpr std::uint64_t kNatural = 2;
constexpr std::uint64_t kNegative = 3;
constexpr std::uint64_t kReal = 4;
constexpr std::uint64_t kVast = 5;
constexpr std::uint64_t kText = 6;
constexpr std::uint64_t kArray = 7;
constexpr std::uint64_t kObject = 8;

static_assert(std::endian::native == std::endian::little);

std::uint64_t hash_of(std::string_view bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t combine(std::uint64_t first, std::uint64_t tag, std::uint64_t value,
                      std::uint64_t seed) {
    const std::array<std::uint64_t, 3> words{first, tag, value};
    return XXH3_64bits_withSeed(words.data(), sizeof(words), seed);
}

}  // namespace

CanonicalHasher::CanonicalHasher(TextPool& pool) : pool_(pool) {
    for (std::size_t i = 0; i < kFieldCount; ++i)
        name_hashes_[i] = hash_of(kFields[i].name);
}

std::uint64_t CanonicalHasher::member(Field field, const JsonValue& value, std::uint64_t seed) {
    const Word word = word_of(value, seed);
    return combine(name_hashes_[static_cast<std::size_t>(field)], word.tag, word.value, seed);
}

std::uint64_t CanonicalHasher::member(std::string_view name, const JsonValue& value,
                                      std::uint64_t seed) {
    const Word word = word_of(value, seed);
    return combine(hash_of(name), word.tag, word.value, seed);
}

std::uint64_t CanonicalHasher::other(const JsonValue& value, std::uint64_t seed) {
    const Word word = word_of(value, seed);
    return combine(0, word.tag, word.value, seed);
}

CanonicalHasher::Word CanonicalHasher::word_of(const JsonValue& value, std::uint64_t seed) {
    switch (value.kind()) {
        case JsonKind::null:
            return {kNull, 0};
        case JsonKind::boolean:
            return {kBoolean, value.boolean() ? 1U : 0U};
        case JsonKind::integer:
            return {value.integer() < 0 ? kNegative : kNatural,
                    static_cast<std::uint64_t>(value.integer())};
        case JsonKind::natural:
            return {kNatural, value.natural()};
        case JsonKind::real:
            return word_of_real(value.real());
        case JsonKind::vast:
            return word_of_vast(value.vast());
        case JsonKind::text:
            return {kText, hash_of(without_nul(value.text(), pool_))};
        case JsonKind::array:
            return word_of_array(value, seed);
        case JsonKind::object:
            return word_of_object(value, seed);
    }
    return {};
}

CanonicalHasher::Word CanonicalHasher::word_of_real(double value) const {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (const auto integer = exact_integer(value)) {
        return {*integer < 0 ? kNegative : kNatural, static_cast<std::uint64_t>(*integer)};
    }
    if (value >= kTwoTo63 && value < 2 * kTwoTo63) {
        return {kNatural, static_cast<std::uint64_t>(value)};
    }
    return {kReal, std::bit_cast<std::uint64_t>(value)};
}

CanonicalHasher::Word CanonicalHasher::word_of_vast(std::string_view number) const {
    if (const auto value = nearest_double(number)) return word_of_real(*value);
    return {kVast, hash_of(decimal_normal_form(number))};
}

CanonicalHasher::Word CanonicalHasher::word_of_array(const JsonValue& value, std::uint64_t seed) {
    std::uint64_t hash = 0;
    for (const auto element : value.array()) {
        const Word word = word_of(value.child(element), seed);
        hash = combine(hash, word.tag, word.value, seed);
    }
    return {kArray, hash};
}

CanonicalHasher::Word CanonicalHasher::word_of_object(const JsonValue& value, std::uint64_t seed) {
    const std::size_t begin = members_.size();
    collect_members(value, pool_, members_);
    const std::size_t end = members_.size();
    std::uint64_t sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const Member member_at = members_[i];
        const Word word = word_of(member_at.value, seed);
        if (word.tag != kNull) sum += combine(hash_of(member_at.name), word.tag, word.value, seed);
    }
    members_.resize(begin);
    return {kObject, sum};
}

Id128 content_id(std::uint64_t first, std::uint64_t second, std::uint64_t number,
                 std::uint64_t seed) {
    const std::array<std::uint64_t, 3> words{first, second, number};
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(words.data(), sizeof(words), seed));
    Id128 id;
    std::memcpy(id.bytes.data(), canonical.digest, id.bytes.size());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

}  // namespace cellmon::event
