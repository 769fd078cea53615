#include "harness/audit/audit.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/audit/event_table.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness {
namespace {

constexpr std::uint64_t kPageEvents = 5'000;

AuditReport begin_report(const Ledger& ledger) {
    AuditReport report;
    report.ledger_events = ledger.order.size();
    for (const auto& [id, entry] : ledger.entries) {
        if (entry.outcome == Outcome::unknown)
            ++report.unknown;
        else if (entry.outcome == Outcome::refused)
            ++report.refused;
        else
            ++report.promised;
    }
    if (ledger.torn_last_line)
        report.notes.emplace_back("the ledger's last line is torn and was left out");
    return report;
}

/// Asks again and again, ten times a second, until `done` says so or the time is over.
Result<bool> wait_until(const Clock& clock, std::int64_t wait_us,
                        const std::function<Result<bool>()>& done) {
    const std::int64_t end_us = clock.steady_us() + wait_us;
    for (;;) {
        CELLMON_TRY_ASSIGN(const bool is_done, done());
        if (is_done) return true;
        if (clock.steady_us() >= end_us) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

void note_removed(AuditReport& report, std::uint64_t removed) {
    if (removed == 0) return;
    report.notes.push_back(fmt::format(
        "the content of {} events was removed (retention): of them only ids, places and "
        "content hashes were compared",
        removed));
}

/// The lines of one page; gives the sequence of the last, 0 when there was none. Counts those whose
/// content was removed.
Result<std::uint64_t> check_page(std::string_view page, ContentReader& reader,
                                 simdjson::dom::parser& parser, StoreCheck& check,
                                 std::uint64_t& removed) {
    std::uint64_t last = 0;
    while (!page.empty()) {
        const auto end = page.find('\n');
        if (end == std::string_view::npos)
            return fail(ErrorCode::corrupt, "the export ends within a line");
        const auto line = page.substr(0, end);
        page.remove_prefix(end + 1);
        StoredRow row;
        const auto document = parser.parse(line.data(), line.size());
        if (document["sequence"].get(row.sequence) != simdjson::SUCCESS) {
            return fail(ErrorCode::corrupt, "a line of the export has no sequence");
        }
        last = row.sequence;
        bool is_removed = false;
        std::string_view id;
        if (document["removed"].get(is_removed) == simdjson::SUCCESS && is_removed &&
            document["id"].get(id) == simdjson::SUCCESS) {
            row.id = Id128::parse(id).value_or(Id128{});
            check.event(row, nullptr);
            ++removed;
            continue;
        }
        CELLMON_TRY_ASSIGN(const auto item, reader.read(line));
        row.id = item.id;
        check.event(row, &item.content);
    }
    return last;
}

Result<bool> projections_caught_up(const Endpoint& endpoint) {
    CELLMON_TRY_ASSIGN(const Response response, http_get(endpoint, "/api/v1/projections"));
    simdjson::dom::parser parser;
    simdjson::dom::array projections;
    if (response.status != 200 ||
        parser.parse(response.body)["projections"].get(projections) != simdjson::SUCCESS) {
        return fail(ErrorCode::unavailable,
                    fmt::format("GET /api/v1/projections answered {}", response.status));
    }
    for (const auto projection : projections) {
        std::uint64_t lag = 0;
        if (projection["lagEvents"].get(lag) == simdjson::SUCCESS && lag > 0) return false;
    }
    return true;
}

}  // namespace

Result<StoreCheck> check_journal(const std::string& folder, const Ledger& ledger,
                                 bool others_allowed, JournalSummary& summary,
                                 std::uint64_t after) {
    StoreCheck check("journal", ledger, others_allowed);
    ContentReader reader;
    Result<void> content_state;
    auto read = read_journal(folder, [&](const StoredEntry& entry) {
        if (entry.kind != kEventKind || entry.sequence <= after) return;
        StoredRow row;
        row.sequence = entry.sequence;
        row.id = entry.id;
        row.content_hash = entry.content_hash;
        if (entry.blanked || entry.removed) return check.event(row, nullptr);
        const auto item = reader.read(entry.payload);
        if (!item) {
            content_state = fail(ErrorCode::corrupt, fmt::format("sequence {}: {}", entry.sequence,
                                                                 item.error().message));
            return;
        }
        check.event(row, &item->content);
    });
    if (!read) return fail(std::move(read).error());
    CELLMON_TRY(content_state);
    summary = *read;
    check.finish();
    return check;
}

bool AuditReport::clean() const {
    return std::all_of(stores.begin(), stores.end(),
                       [](const StoreCheck& store) { return store.findings().clean(); });
}

Result<AuditReport> audit_folder(const std::string& data, const Ledger& ledger,
                                 const AuditOptions& options, const Clock& clock) {
    AuditReport report = begin_report(ledger);
    const std::string journal_folder = data + "/journal";
    const std::string database = data + "/relational.db";
    JournalSummary summary;
    CELLMON_TRY_ASSIGN(StoreCheck journal,
                       check_journal(journal_folder, ledger, options.others_allowed, summary));
    if (summary.writer_alive)
        report.notes.emplace_back("a server is running: read up to what it calls durable");

    note_removed(report, summary.removed);

    // Without a server nothing would catch up; with one its tables may be a moment behind.
    std::uint64_t cursor = 0;
    const auto caught_up =
        wait_until(clock, summary.writer_alive ? options.wait_us : 0, [&]() -> Result<bool> {
            CELLMON_TRY_ASSIGN(cursor, table_cursor(database));
            return cursor >= summary.last_sequence;
        });
    if (!caught_up) return fail(caught_up.error());
    if (!*caught_up) {
        report.notes.push_back(fmt::format("the tables hold the journal up to sequence {} of {}",
                                           cursor, summary.last_sequence));
    }
    StoreCheck table("table", ledger, options.others_allowed);
    table.behind(journal);
    CELLMON_TRY(read_event_table(database, summary.last_sequence,
                                 [&](const StoredRow& row) { table.event(row, nullptr); }));
    table.finish();
    compare_stores(journal, table);
    report.stores.push_back(std::move(journal));
    report.stores.push_back(std::move(table));
    return report;
}

Result<AuditReport> audit_server(const Endpoint& endpoint, const Ledger& ledger,
                                 const AuditOptions& options, const Clock& clock) {
    AuditReport report = begin_report(ledger);
    CELLMON_TRY_ASSIGN(const bool caught_up, wait_until(clock, options.wait_us, [&] {
                           return projections_caught_up(endpoint);
                       }));
    if (!caught_up) report.notes.emplace_back("the server's projections are still behind");
    StoreCheck check("export", ledger, options.others_allowed);
    ContentReader reader;
    simdjson::dom::parser parser;
    std::uint64_t removed = 0;
    for (std::uint64_t after = 0;;) {
        CELLMON_TRY_ASSIGN(
            const Response response,
            http_get(endpoint,
                     fmt::format("/api/v1/events/export?after={}&limit={}", after, kPageEvents),
                     {std::chrono::seconds(60), nullptr}));
        if (response.status != 200) {
            return fail(ErrorCode::unavailable,
                        fmt::format("the export answered {}", response.status));
        }
        if (response.body.empty()) break;
        CELLMON_TRY_ASSIGN(const std::uint64_t last,
                           check_page(response.body, reader, parser, check, removed));
        if (last <= after) return fail(ErrorCode::corrupt, "the export does not advance");
        after = last;
    }
    check.finish();
    note_removed(report, removed);
    report.stores.push_back(std::move(check));
    return report;
}

}  // namespace cellmon::harness
