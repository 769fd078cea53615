#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that lets a class lower the consent of its students (NULL: it does not),
/// and keeps, beside a queued event of which a part was held back, the hash of what was sent (NULL:
/// it is all there).
inline constexpr std::string_view kPrivacyTables = R"sql(
ALTER TABLE classes ADD COLUMN consent TEXT CHECK (consent IN ('status', 'code', 'output'));
ALTER TABLE offline_events ADD COLUMN content_hash BIGINT;
)sql";

}  // namespace cellmon::classroom
