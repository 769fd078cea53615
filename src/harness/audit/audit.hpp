#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/audit/auditor.hpp"
#include "harness/audit/journal_file.hpp"
#include "harness/ledger/ledger.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness {

struct AuditOptions {
    bool others_allowed = false;  ///< Events that the ledger does not know are no phantoms.
    std::int64_t wait_us =
        30'000'000;  ///< How long a running server may take to bring its tables up to the journal.
};

/// The result of an audit: each store with what was found in it.
struct AuditReport {
    std::vector<StoreCheck> stores;
    std::vector<std::string>
        notes;  ///< What a person should know: a torn ledger, a table that is behind.
    std::uint64_t ledger_events = 0;
    std::uint64_t promised = 0;
    std::uint64_t unknown = 0;
    std::uint64_t refused = 0;

    [[nodiscard]] bool clean() const;
};

/// The journal in `folder` (DATA/journal) behind sequence `after` against a ledger; `summary` says
/// how far it was read.
Result<StoreCheck> check_journal(const std::string& folder, const Ledger& ledger,
                                 bool others_allowed, JournalSummary& summary,
                                 std::uint64_t after = 0);

/// Reads DATA/journal by its format and the `events` table of DATA/relational.db, beside a running
/// server or without one. ErrorCode::corrupt when the journal or the database is damaged.
Result<AuditReport> audit_folder(const std::string& data, const Ledger& ledger,
                                 const AuditOptions& options, const Clock& clock);

/// Pages through GET /api/v1/events/export. Waits before until GET /api/v1/projections tells of no
/// lag.
Result<AuditReport> audit_server(const Endpoint& endpoint, const Ledger& ledger,
                                 const AuditOptions& options, const Clock& clock);

[[nodiscard]] std::string table_of(const AuditReport& report);
[[nodiscard]] std::string json_of(const AuditReport& report);

}  // namespace cellmon::harness
