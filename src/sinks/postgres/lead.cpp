#include "sinks/postgres/lead.hpp"

#include <optional>
#include <thread>

#include <fmt/format.h>

namespace cellmon::postgres {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{100};

constexpr std::string_view kKey = "hashtextextended(current_schema() || ' is led', 0)";

constexpr std::string_view kName = "cellmon";

/// The lead that is not this connection. It is found and ended by one statement, so that its
/// number is that of no other connection meanwhile.
constexpr std::string_view kLook = R"sql(
SELECT pid, state_change, place, CASE WHEN name = '{1}' OR silent THEN pg_terminate_backend(pid) END
FROM (
    SELECT a.pid, a.state_change, a.application_name AS name,
           coalesce(host(a.client_addr), 'the same machine') AS place,
           a.wait_event = 'ClientRead' AND
               clock_timestamp() - a.state_change > {3} * interval '1 millisecond' AS silent
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = {0}
      AND a.application_name LIKE '{2} %'
) lead)sql";

struct Lead {
    std::string pid;
    std::string last_spoke;
    std::string place;
};

Result<std::optional<Lead>> look(Pipeline& pipeline, const std::string& sql) {
    CELLMON_TRY(pipeline.send(sql.c_str()));
    CELLMON_TRY_ASSIGN(const auto result, pipeline.settle());
    if (PQntuples(result.get()) == 0) return std::nullopt;
    return Lead{PQgetvalue(result.get(), 0, 0), PQgetvalue(result.get(), 0, 1),
                PQgetvalue(result.get(), 0, 2)};
}

}  // namespace

std::string LeadOptions::application_name() const {
    if (journal.empty()) return std::string(kName);
    return fmt::format("{} {} {}", kName, journal, process);
}

Result<void> await_lead(Pipeline& pipeline, const LeadOptions& options, const Patience& patience) {
    const std::string sql =
        fmt::format(kLook, kKey, options.application_name(),
                    fmt::format("{} {}", kName, options.journal), options.silence.count());
    // What a dead one had sent is done within that time, too: behind it only the living speak.
    const auto deadline = std::chrono::steady_clock::now() + options.silence + options.silence / 2;
    std::optional<Lead> half_way;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto lead, look(pipeline, sql));
        if (!lead) return {};
        const auto left = deadline - std::chrono::steady_clock::now();
        if (!half_way && left < options.silence / 2) half_way = lead;
        if (left.count() <= 0) {
            if (half_way->pid != lead->pid || half_way->last_spoke == lead->last_spoke) {
                return fail(ErrorCode::locked, "the connection that led before (backend " +
                                                   lead->pid + ") does not end");
            }
            return fail(ErrorCode::mismatch,
                        "another server with a copy of this journal writes the rows, from " +
                            lead->place + " (backend " + lead->pid +
                            "); stop one of the two, or give this one a database of its own with "
                            "--postgres, and start it again");
        }
        if (patience.is_interrupted()) return fail(no_answer("the lead", patience));
        std::this_thread::sleep_for(kBetweenLooks);
    }
}

Result<void> take_lead(Pipeline& pipeline) {
    static const std::string kTake = fmt::format("SELECT pg_try_advisory_lock({})", kKey);
    CELLMON_TRY(pipeline.send(kTake.c_str()));
    CELLMON_TRY_ASSIGN(const auto result, pipeline.settle());
    if (*PQgetvalue(result.get(), 0, 0) == 't') return {};
    return fail(ErrorCode::locked, "another connection leads");
}

}  // namespace cellmon::postgres
