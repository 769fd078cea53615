#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "config/config.hpp"

namespace cellmon::config {

enum class Kind : std::uint8_t {
    text,      ///< Not empty, unless `may_be_empty`.
    address,   ///< HOST:PORT.
    choice,    ///< One of `choices`.
    count,     ///< A whole number within the range.
    bytes,     ///< A size within the range.
    duration,  ///< A duration within the range, milliseconds.
    percent,   ///< A share within the range, whole hundredths.
};

/// A number for count, bytes, duration and percent; the place in `choices` for choice.
using Value = std::variant<std::string, ListenAddress, std::uint64_t>;

/// One thing that can be configured. All parsing, help and documentation comes from the table of
/// these.
struct Descriptor {
    std::string_view key;   ///< In the file: `http.body_bytes` is `body_bytes` in the table `http`.
    std::string_view flag;  ///< When not the key with dashes.
    Kind kind = Kind::text;
    std::uint64_t minimum = 0;
    std::uint64_t maximum = 0;
    std::string_view choices;  ///< Separated by blanks.
    std::string_view description;
    bool secret = false;        ///< Its value appears in no message.
    bool may_be_empty = false;  ///< The empty text stands for none.
    Value (*get)(const Config&) = nullptr;
    void (*set)(Config&, const Value&) = nullptr;
};

[[nodiscard]] std::span<const Descriptor> descriptors();
[[nodiscard]] const Descriptor* find_descriptor(std::string_view key);

/// `--http-body-bytes`, `CELLMON_HTTP_BODY_BYTES`.
[[nodiscard]] std::string flag_of(const Descriptor& descriptor);
[[nodiscard]] std::string variable_of(const Descriptor& descriptor);

/// What is allowed, for people: `1KiB to 1GiB`, `text or json`.
[[nodiscard]] std::string allowed_of(const Descriptor& descriptor);

/// The value in the configuration, in the way it is written; `(secret)` for secrets, `(none)` for
/// what is empty.
[[nodiscard]] std::string shown(const Descriptor& descriptor, const Config& config);

/// Reads `text` and puts it into `config`. The error names `source`, the key, the value unless it
/// is secret, the reason and what is allowed.
[[nodiscard]] Result<void> apply(const Descriptor& descriptor, std::string_view text,
                                 std::string_view source, Config& config);

/// The one of `names` that takes the fewest changes of a letter to become `name`, when those are
/// few enough to be a slip; else empty.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string> names);

}  // namespace cellmon::config
