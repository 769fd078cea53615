#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::classroom {

/// The address with its domain in small letters, as contract §3.5 has it. ErrorCode::invalid, with
/// the reason, for what is none: exactly one `@`, a local part of at most 64 bytes, a domain of at
/// least two labels that is not reserved (`.local`, `.test`, `.invalid`, …), 254 bytes in all.
[[nodiscard]] Result<std::string> normal_email(std::string_view text);

/// What two addresses share that are the same account: small letters (ASCII).
[[nodiscard]] std::string email_key(std::string_view email);

}  // namespace cellmon::classroom
