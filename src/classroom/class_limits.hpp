#pragma once

#include <chrono>
#include <cstddef>

namespace cellmon::classroom {

/// Named limits of requests about classes; each has a line in docs/reference/configuration.md.
struct ClassLimits {
    std::size_t body_bytes = 16U << 20U;      ///< Of many rows or of a notebook; more is 413.
    std::size_t notebook_bytes = 16U << 20U;  ///< Of one version of a notebook; more is 413.
    std::size_t notebook_versions = 10'000;   ///< Of one notebook; one more is 409.
    std::size_t bulk_items = 10'000;          ///< Submissions in one request; more is 422.
    std::size_t roster_rows = 10'000;         ///< Of a roster that comes in; more is 422.

    /// Wrong codes that one student may try in the window; more is 429.
    unsigned joins = 10;
    std::chrono::milliseconds join_window{60'000};
};

}  // namespace cellmon::classroom
