#pragma once

#include <string>

#include "journal/inspect.hpp"
#include "journal/repair.hpp"
#include "journal/verify.hpp"

namespace cellmon::cli {

// What `cellmon journal` prints. Every text ends with a line break.

[[nodiscard]] std::string to_table(const journal::Inspection& inspection);
[[nodiscard]] std::string to_json(const journal::Inspection& inspection);
[[nodiscard]] std::string to_text(const journal::Verification& verification);
[[nodiscard]] std::string to_json(const journal::Verification& verification);

/// What a repair takes out of the journal.
[[nodiscard]] std::string describe_loss(const journal::Repair& repair);

}  // namespace cellmon::cli
