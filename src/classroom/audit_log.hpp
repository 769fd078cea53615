#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

// Who changed what, and who looked at what: rows of `audit_log`. Each function is a part of the
// caller's transaction, so that no change is without its line and no line without its change.
namespace cellmon::classroom {

struct AuditEntry {
    std::optional<std::int64_t> actor_id;  ///< nullopt: nobody who was logged in, or the terminal.
    std::string address;                   ///< Of the client; `terminal` for `cellmon admin`.
    std::string action;                    ///< `login`, `account.create`, …
    std::string subject;                   ///< What it was done to: `instructor 3`.
    std::string detail;                    ///< Never a password, token or hash.
};

struct StoredAuditEntry {
    std::int64_t id = 0;
    TimeUs at_us = 0;
    std::string actor;  ///< The address of the account; empty for nobody.
    AuditEntry entry;
};

Result<void> record(sql::Connection& connection, const AuditEntry& entry, TimeUs now);

struct AuditFilter {
    std::uint64_t limit = 100;
    std::optional<std::int64_t> before = std::nullopt;  ///< Ids less than this.
    std::optional<std::string> account = std::nullopt;  ///< By email_key().
    std::optional<std::string> subject = std::nullopt;
};

/// Newest first.
Result<std::vector<StoredAuditEntry>> audit_entries(sql::Connection& connection,
                                                    const AuditFilter& filter);

/// Removes what is older than `before`. How many rows.
Result<std::int64_t> prune_audit(sql::Connection& connection, TimeUs before);

}  // namespace cellmon::classroom
