#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

// What the host's Python said of itself: rows of `host_environments`. Each function is a part of
// the caller's transaction.
namespace cellmon::classroom {

inline constexpr std::int64_t kMostHostEnvironments = 1'000;  ///< Then the oldest go.

struct HostEnvironment {
    std::string snapshot_id;  ///< A UUID.
    TimeUs captured_us = 0;
    std::string report;  ///< JSON that environment::parse_report() reads.
    double collection_ms = 0;
    std::optional<std::string> notebook_path = std::nullopt;
    std::optional<std::string> cell_id = std::nullopt;
    std::optional<std::int64_t> execution_count = std::nullopt;
};

Result<void> add_host_environment(sql::Connection& connection, const HostEnvironment& added);
Result<std::optional<HostEnvironment>> find_host_environment(sql::Connection& connection,
                                                             std::string_view snapshot_id);
Result<std::optional<HostEnvironment>> newest_host_environment(sql::Connection& connection);

/// The newest before that moment.
Result<std::optional<HostEnvironment>> host_environment_before(sql::Connection& connection,
                                                               TimeUs before_us);

/// The first since that moment.
Result<std::optional<HostEnvironment>> first_host_environment(sql::Connection& connection,
                                                              TimeUs since_us);

}  // namespace cellmon::classroom
