#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/roster_table.hpp"
#include "classroom/role.hpp"

namespace cellmon::cli {

/// One account of a file; what is nullopt or empty, the file does not say.
struct AccountLine {
    std::size_t line = 0;  ///< From 1.
    std::string email;     ///< By normal_email().
    std::optional<std::string> name;
    std::optional<classroom::Role> role;
    std::optional<bool> is_active;
    std::string password;
    std::string password_hash;  ///< One that auth::verify_password can read.
};

struct AccountFile {
    std::vector<AccountLine> lines;
    std::vector<std::string> ignored;  ///< Names of columns that mean nothing here.
};

inline constexpr std::size_t kMostAccountFileBytes = std::size_t{64} << 20U;
inline constexpr std::size_t kMostAccounts = 100'000;

/// A table (CSV, the first row names the columns) or an object a line (JSON), which the first
/// character tells. Fields: `email`, `name`, `role`, `is_active`, and `password` or
/// `password_hash`. All faults, api::kMostFaults at most.
[[nodiscard]] tl::expected<AccountFile, std::vector<api::RowFault>> read_account_file(
    std::string_view text);

}  // namespace cellmon::cli
