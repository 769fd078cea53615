#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cellmon::classroom {

/// What an account may do; a later role may all that an earlier one may. docs/reference/accounts.md
/// has the table.
enum class Role : std::uint8_t { student, assistant, instructor, admin };

/// `student`, `assistant`, `instructor`, `admin`: on the wire and in the rows.
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::optional<Role> role_of(std::string_view name);

/// What an instructor does just now; lower case on the wire and in the rows.
enum class Status : std::uint8_t { available, in_session, on_break, offline };

[[nodiscard]] std::string_view name_of(Status status);
[[nodiscard]] std::optional<Status> status_of(std::string_view name);

}  // namespace cellmon::classroom
