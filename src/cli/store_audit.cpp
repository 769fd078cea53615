#include "cli/store_audit.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "audit/audit.hpp"
#include "cli/exit_code.hpp"
#include "http/response.hpp"
#include "io/file_system.hpp"
#include "sinks/influxdb/audited_points.hpp"
#include "sinks/redis/audited_stream.hpp"
#include "sinks/relational/audited_rows.hpp"

namespace cellmon::cli {
namespace {

using audit::StoreReport;

/// What became of the audit of one store.
struct Outcome {
    std::string store;
    Result<StoreReport> report;
};

Result<std::vector<std::unique_ptr<audit::Audit>>> make_audits(const StoreAuditOptions& options,
                                                               io::FileSystem& files) {
    std::vector<std::unique_ptr<audit::Audit>> audits;
    const auto add = [&](std::unique_ptr<audit::AuditedStore> store) -> Result<void> {
        CELLMON_TRY_ASSIGN(auto source, open_journal(options.stores, files));
        audits.push_back(std::make_unique<audit::Audit>(std::move(store), std::move(source)));
        return {};
    };
    CELLMON_TRY(add(std::make_unique<relational::AuditedRows>(
        relational_store(options.stores, files, !options.repair))));
    if (!options.stores.influx.url.empty()) {
        CELLMON_TRY(influxdb::check(options.stores.influx));
        CELLMON_TRY(add(std::make_unique<influxdb::AuditedPoints>(
            options.stores.influx, files, options.stores.data + "/timeseries.state")));
    }
    if (!options.stores.redis.url.empty()) {
        CELLMON_TRY(add(std::make_unique<redis::AuditedStream>(options.stores.redis)));
    }
    return audits;
}

const char* name_of(audit::Depth depth) {
    return depth == audit::Depth::deep ? "deep" : "quick";
}

std::string text_of(const StoreReport& report) {
    std::string text =
        fmt::format("{}: {} audit through sequence {}: {} rows in {} ranges", report.store,
                    name_of(report.depth), report.through, report.rows, report.ranges);
    if (report.totals > 0) text += fmt::format(", {} days of students", report.totals);
    text += report.clean() ? ": as the journal says\n"
                           : fmt::format(": {}{} differences\n", report.all ? "" : "more than ",
                                         report.differences.size());
    for (const audit::Difference& one : report.differences) {
        text += one.kind == audit::Kind::totals
                    ? fmt::format("  totals: {}\n", one.what)
                    : fmt::format("  {} sequence {} event {}: {}\n", audit::name_of(one.kind),
                                  static_cast<std::int64_t>(one.sequence), one.id.to_string(),
                                  one.what);
    }
    if (report.mended) {
        text += fmt::format("  repaired: {} events projected again{}\n", report.mended->events,
                            report.mended->rebuilt ? ", all of the store was made anew" : "");
    }
    for (const std::string& note : report.notes)
        text += fmt::format("  note: {}\n", note);
    return text;
}

std::string json_of(const audit::Difference& one) {
    std::string json =
        fmt::format(R"({{"kind":"{}","sequence":{},"id":"{}","what":)", audit::name_of(one.kind),
                    static_cast<std::int64_t>(one.sequence), one.id.to_string());
    http::append_json_string(json, one.what);
    return json + '}';
}

std::string json_of(const StoreReport& report) {
    std::string json = fmt::format(
        R"({{"store":"{}","clean":{},"depth":"{}","throughSequence":{},"rows":{},"ranges":{},)"
        R"("differingRanges":{},"rowsRead":{},"totals":{},"all":{},"differences":[)",
        report.store, report.clean(), name_of(report.depth), report.through, report.rows,
        report.ranges, report.differing_ranges, report.rows_read, report.totals, report.all);
    for (const audit::Difference& one : report.differences)
        json += (json.back() == '[' ? "" : ",") + json_of(one);
    json += "],\"repaired\":";
    json += report.mended ? fmt::format(R"({{"events":{},"rebuilt":{}}})", report.mended->events,
                                        report.mended->rebuilt)
                          : "null";
    json += ",\"notes\":[";
    for (const std::string& note : report.notes) {
        if (json.back() != '[') json += ',';
        http::append_json_string(json, note);
    }
    return json + "]}";
}

std::string json_of(const Outcome& outcome) {
    if (outcome.report) return json_of(*outcome.report);
    std::string json = fmt::format(R"({{"store":"{}","clean":null,"error":)", outcome.store);
    http::append_json_string(json, outcome.report.error().message);
    return json + '}';
}

void print(const std::vector<Outcome>& outcomes, bool as_json) {
    std::string text;
    for (const Outcome& outcome : outcomes) {
        if (as_json) {
            text += (text.empty() ? R"({"stores":[)" : ",") + json_of(outcome);
        } else if (outcome.report) {
            text += text_of(*outcome.report);
        }
    }
    if (as_json) text += "]}\n";
    fmt::print("{}", text);
    if (as_json) return;
    for (const Outcome& outcome : outcomes) {
        if (outcome.report) continue;
        fmt::print(stderr, "cellmon audit: {}: {}\n", outcome.store,
                   outcome.report.error().message);
    }
}

}  // namespace

int audit_stores(const StoreAuditOptions& options) {
    const auto files = io::make_posix_file_system();
    const auto audits = make_audits(options, *files);
    if (!audits) {
        fmt::print(stderr, "cellmon audit: {}\n", audits.error().message);
        return kExitEnvironment;
    }
    std::vector<Outcome> outcomes;
    for (const auto& audit : *audits) {
        const auto depth = options.deep ? audit::Depth::deep : audit::Depth::quick;
        outcomes.push_back(
            {std::string(audit->name()), options.repair ? audit->repair() : audit->run(depth)});
    }
    print(outcomes, options.json);
    const auto any = [&](auto&& is) { return std::any_of(outcomes.begin(), outcomes.end(), is); };
    if (any([](const Outcome& one) { return one.report && !one.report->clean(); })) {
        return kExitVerdict;
    }
    return any([](const Outcome& one) { return !one.report; }) ? kExitEnvironment : kExitOk;
}

}  // namespace cellmon::cli
