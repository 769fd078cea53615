#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes the events of tests: what somebody sends to see that it comes
/// through. They are no events of the journal, and go by themselves.
inline constexpr std::string_view kTestEventTables = R"sql(
CREATE TABLE test_events (
    id {id},
    test_id TEXT NOT NULL CHECK (length(test_id) BETWEEN 1 AND 200),
    event TEXT NOT NULL,
    received_us BIGINT NOT NULL
);
CREATE INDEX test_events_test ON test_events (test_id);
CREATE INDEX test_events_at ON test_events (received_us);
)sql";

}  // namespace cellmon::classroom
