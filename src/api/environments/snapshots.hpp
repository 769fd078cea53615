#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "api/environments/environment_routes.hpp"
#include "environment/report.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::api {

/// An environment at some moment, whoever it is of.
struct EnvironmentSnapshot {
    std::string snapshot_id;  ///< A UUID; of a student's report that of its event.
    TimeUs captured_us = 0;
    environment::Report report;
    double collection_ms = 0;  ///< Of a student's report not known: 0.
    std::optional<std::string> notebook_path = std::nullopt;
    std::optional<std::string> cell_id = std::nullopt;
    std::optional<std::int64_t> execution_count = std::nullopt;
};

/// Whom a request is about.
struct EnvironmentSubject {
    std::optional<std::string> student;  ///< The address; nullopt: this machine.
    store::Counts counts;                ///< Which reports the caller may see.
};

/// By `student` in the query; a student who is logged in is their own subject. The error is the
/// answer: 404 for whom the caller does not know.
[[nodiscard]] tl::expected<EnvironmentSubject, http::Response> environment_subject(
    const EnvironmentParts& parts, const http::Request& request);

/// What is known of it: the newest, and the one before it.
struct EnvironmentPair {
    EnvironmentSnapshot current;
    std::optional<EnvironmentSnapshot> previous;

    /// The names of packages that came, went or have another version.
    [[nodiscard]] std::vector<std::string> changed_packages() const;
};

template <typename Value>
using EnvironmentFound = tl::expected<Value, http::Response>;

/// 404 when the student has reported nothing (yet), 503 when the store or the Python is away.
/// Blocks. `anew`: this machine is looked at, and what is found is stored, in any case.
EnvironmentFound<EnvironmentPair> environments_of(const EnvironmentParts& parts,
                                                  const EnvironmentSubject& subject, bool anew,
                                                  const http::Request& request);

/// What the newest is to be compared with: that snapshot, or the oldest of so many hours; nullopt:
/// there is none.
EnvironmentFound<std::optional<EnvironmentSnapshot>> environment_before(
    const EnvironmentParts& parts, const EnvironmentSubject& subject,
    const EnvironmentSnapshot& current, const std::optional<std::string>& snapshot_id,
    std::uint64_t hours_back);

[[nodiscard]] EnvironmentSnapshot snapshot_of(const store::EnvironmentReport& report);

}  // namespace cellmon::api
