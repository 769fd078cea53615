#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cellmon::privacy {

// Secrets in what students write and print: keys and tokens that are known by their form, private
// keys, passwords in addresses, and values whose name says what they are. The rules are a table in
// docs/reference/privacy.md. One pass from left to right, in time linear in the text; what is
// masked already stays as it is.

/// Appends `text` to `out` with each secret replaced by `[masked: <kind>]` and returns how many
/// there were. 0: nothing was appended. Any thread.
std::size_t mask_secrets(std::string_view text, std::string& out);

/// What a value with this name is, as `password` or `API key`; empty: nothing that is masked. For
/// values whose name stands beside them in a structure. Any thread.
[[nodiscard]] std::string_view secret_kind_of_name(std::string_view name);

/// Whether a value with such a name is one: neither empty, nor a placeholder, nor masked already.
[[nodiscard]] bool is_secret_value(std::string_view value, std::string_view kind);

/// `[masked: <kind>]`
[[nodiscard]] std::string secret_mask(std::string_view kind);

}  // namespace cellmon::privacy
