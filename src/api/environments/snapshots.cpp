#include "api/environments/snapshots.hpp"

#include <fmt/format.h>

#include "api/gate.hpp"
#include "api/parameters.hpp"
#include "api/refusals.hpp"
#include "classroom/host_environments.hpp"
#include "classroom/limits.hpp"
#include "environment/assessment.hpp"

namespace cellmon::api {
namespace {

using classroom::HostEnvironment;
using http::Response;

/// One that differs in nothing is stored again when the last is so old.
constexpr TimeUs kStoreAgain_us = TimeUs{3'600} * 1'000'000;

Response nothing_of(const std::string& student) {
    return http::error_response(404, fmt::format("No environment of {} is known", student));
}

/// As for dashboards: what is made from events may come later, or come back.
Response store_is_away() {
    return http::unavailable_response("The store of what was reported is away; try again");
}

EnvironmentSnapshot snapshot_of(const HostEnvironment& row) {
    return {row.snapshot_id,    row.captured_us,   environment::parse_report(row.report),
            row.collection_ms,  row.notebook_path, row.cell_id,
            row.execution_count};
}

/// Stores what was found, unless the newest that is stored says the same.
Result<EnvironmentPair> store_host(sql::Connection& connection,
                                   const environment::HostProbe::Answer& answer, bool in_any_case,
                                   HostEnvironment row) {
    CELLMON_TRY_ASSIGN(const auto newest, classroom::newest_host_environment(connection));
    EnvironmentPair pair;
    if (newest && !in_any_case) {
        EnvironmentSnapshot stored = snapshot_of(*newest);
        const bool same = !environment::difference(stored.report, answer.report).any();
        if (newest->captured_us == answer.captured_us ||
            (same && answer.captured_us - newest->captured_us < kStoreAgain_us)) {
            stored.report = answer.report;
            stored.captured_us = answer.captured_us;
            stored.collection_ms = answer.collection_ms;
            pair.current = std::move(stored);
            CELLMON_TRY_ASSIGN(const auto before,
                               classroom::host_environment_before(connection, newest->captured_us));
            if (before) pair.previous = snapshot_of(*before);
            return pair;
        }
    }
    CELLMON_TRY(classroom::add_host_environment(connection, row));
    pair.current = snapshot_of(row);
    if (newest) pair.previous = snapshot_of(*newest);
    return pair;
}

EnvironmentFound<EnvironmentPair> of_host(const EnvironmentParts& parts, bool anew,
                                          const http::Request& request) {
    const auto answer = parts.probe.ask(anew);
    if (!answer) {
        constexpr unsigned kRetryAfter_s = 60;
        return tl::unexpected(http::unavailable_response(answer.error().message, kRetryAfter_s));
    }
    HostEnvironment row;
    row.snapshot_id = parts.random.id().to_string();
    row.captured_us = answer->captured_us;
    row.report = answer->json;
    row.collection_ms = answer->collection_ms;
    if (anew) {
        const auto text = [&](std::string_view name) -> std::optional<std::string> {
            const auto value = request.query_value(name);
            if (!value) return std::nullopt;
            return std::string(*value);
        };
        row.notebook_path = text("notebook_path");
        row.cell_id = text("cell_id");
        if (const auto count = query_number(request, "execution_count", 0, 0, 1U << 31U);
            count && request.query_value("execution_count")) {
            row.execution_count = static_cast<std::int64_t>(*count);
        }
    }
    auto pair = parts.database.write(
        [&](sql::Connection& connection) { return store_host(connection, *answer, anew, row); });
    if (!pair) return tl::unexpected(store_refusal(pair.error()));
    return std::move(*pair);
}

}  // namespace

EnvironmentSnapshot snapshot_of(const store::EnvironmentReport& report) {
    EnvironmentSnapshot snapshot;
    snapshot.snapshot_id = report.event_id.to_string();
    snapshot.captured_us = report.at_us;
    snapshot.report = environment::parse_report(report.report);
    snapshot.notebook_path = report.notebook_path;
    snapshot.cell_id = report.cell_id;
    snapshot.execution_count = snapshot.report.execution_count;
    return snapshot;
}

tl::expected<EnvironmentSubject, Response> environment_subject(const EnvironmentParts& parts,
                                                               const http::Request& request) {
    EnvironmentSubject subject;
    if (request.query_value("student")) {
        auto student = query_line(request, "student", classroom::kStudentEmail, std::nullopt);
        if (!student) return tl::unexpected(std::move(student).error());
        subject.student = std::move(*student);
    }
    const auth::Caller* caller = caller_if_any(request);
    if (caller != nullptr && caller->account.role == classroom::Role::student) {
        const std::string& own = caller->account.email;
        if (subject.student && !http::equal_ignoring_case(*subject.student, own)) {
            return tl::unexpected(nothing_of(*subject.student));
        }
        if (!subject.student) subject.student = own;
        return subject;
    }
    if (auto sight = parts.sights.of(caller)) {
        subject.counts = [sight = std::move(sight)](std::string_view email, std::string_view code) {
            return sight->sees(email, code);
        };
    }
    return subject;
}

std::vector<std::string> EnvironmentPair::changed_packages() const {
    std::vector<std::string> names;
    if (!previous) return names;
    for (const auto& change : environment::difference(previous->report, current.report).packages) {
        names.push_back(change.name);
    }
    return names;
}

EnvironmentFound<EnvironmentPair> environments_of(const EnvironmentParts& parts,
                                                  const EnvironmentSubject& subject, bool anew,
                                                  const http::Request& request) {
    if (!subject.student) return of_host(parts, anew, request);
    const auto reports = parts.history.environments(*subject.student, subject.counts);
    if (!reports) return tl::unexpected(store_is_away());
    if (reports->empty()) return tl::unexpected(nothing_of(*subject.student));
    EnvironmentPair pair;
    pair.current = snapshot_of(reports->front());
    if (reports->size() > 1) pair.previous = snapshot_of((*reports)[1]);
    return pair;
}

EnvironmentFound<std::optional<EnvironmentSnapshot>> environment_before(
    const EnvironmentParts& parts, const EnvironmentSubject& subject,
    const EnvironmentSnapshot& current, const std::optional<std::string>& snapshot_id,
    std::uint64_t hours_back) {
    const TimeUs since_us =
        parts.clock.now_us() - static_cast<TimeUs>(hours_back) * 3'600 * 1'000'000;
    std::optional<EnvironmentSnapshot> found;
    if (subject.student) {
        const auto reports = parts.history.environments(*subject.student, subject.counts);
        if (!reports) return tl::unexpected(store_is_away());
        for (const store::EnvironmentReport& report : *reports) {
            const std::string id = report.event_id.to_string();
            const bool fits = snapshot_id ? id == *snapshot_id
                                          : report.at_us >= since_us && id != current.snapshot_id;
            if (fits) found = snapshot_of(report);
        }
    } else {
        const auto row = parts.database.read([&](sql::Connection& connection) {
            return snapshot_id ? classroom::find_host_environment(connection, *snapshot_id)
                               : classroom::first_host_environment(connection, since_us);
        });
        if (!row) return tl::unexpected(store_refusal(row.error()));
        if (*row && (snapshot_id || (*row)->snapshot_id != current.snapshot_id)) {
            found = snapshot_of(**row);
        }
    }
    if (snapshot_id && !found) {
        return tl::unexpected(
            http::error_response(404, fmt::format("Snapshot {} not found", *snapshot_id)));
    }
    return found;
}

}  // namespace cellmon::api
