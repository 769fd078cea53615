#pragma once

#include <string>
#include <vector>

#include "auth/logins.hpp"
#include "classroom/accounts.hpp"
#include "classroom/statuses.hpp"

namespace cellmon::api {

// The texts of accounts and statuses, in the key order of contract §3.5 to §3.7.

void append_instructor(std::string& json, const classroom::Account& account);
[[nodiscard]] std::string instructor_json(const classroom::Account& account);
[[nodiscard]] std::string instructors_json(const std::vector<classroom::Account>& accounts);

/// `access_token, token_type, expires_in`, and `refresh_token`, which the contract does not know.
[[nodiscard]] std::string token_json(const auth::Issued& issued);

[[nodiscard]] std::string status_json(const classroom::Account& account);
[[nodiscard]] std::string history_json(const std::vector<classroom::StatusPeriod>& periods);

/// `{"message": "<text>"}`
[[nodiscard]] std::string message_json(std::string_view text);

}  // namespace cellmon::api
