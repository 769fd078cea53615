#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sql/connection.hpp"

// Who teaches what, and who is in what class, all at once: what decides whom an account may see.
namespace cellmon::classroom {

struct Memberships {
    std::set<std::int64_t> admins;
    std::map<std::int64_t, std::set<std::int64_t>> classes_of;  ///< By the account of who teaches.
    std::map<std::int64_t, std::string> codes;                  ///< By class.
    std::map<std::int64_t, std::vector<std::string>> rosters;  ///< By class, as email_key() has it.

    bool operator==(const Memberships&) const = default;
};

/// Of active accounts that are an assistant or more. A part of the caller's transaction.
Result<Memberships> read_memberships(sql::Connection& connection);

}  // namespace cellmon::classroom
