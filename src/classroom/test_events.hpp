#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/limits.hpp"
#include "sql/connection.hpp"

// Events of tests: rows of `test_events`. Each function is a part of the caller's transaction.
namespace cellmon::classroom {

inline constexpr TimeUs kTestEventsKeptUs = 10 * kMinuteUs;  ///< As contract §3.3 has it.
inline constexpr std::int64_t kMostTestEvents = 1'000;       ///< The oldest go.
inline constexpr TextLimit kTestId{1, 200};

struct TestEvent {
    std::string event;  ///< A JSON object.
    TimeUs received_us = 0;
};

/// Those that are over go, and the oldest beyond kMostTestEvents.
Result<void> store_test_events(sql::Connection& connection, std::string_view test_id,
                               std::span<const std::string> events, TimeUs now);

/// In the order in which they came, without those that are over.
Result<std::vector<TestEvent>> list_test_events(sql::Connection& connection,
                                                std::string_view test_id, TimeUs now);

/// By name, without those of which all is over.
Result<std::vector<std::string>> list_test_ids(sql::Connection& connection, TimeUs now);

Result<void> remove_test_events(sql::Connection& connection, std::string_view test_id);

}  // namespace cellmon::classroom
