#pragma once

#include <cstdint>
#include <span>

#include "audit/audited_store.hpp"
#include "base/result.hpp"
#include "projection/entry_source.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::relational {

/// Projects again what `differences` (of a deep audit) name, beside a running projection, in one
/// transaction: their rows, and all events of the students whose rows they are, because streaks,
/// requests, streams, sessions and totals are folds over a student's events. Afterwards the tables
/// are what a rebuild would make of them. The registry only grows.
///
/// When they are not all, or too many events belong to them, all tables are rebuilt instead.
///
/// Errors: locked while a rebuild runs; mismatch when the rows are of another journal or version.
Result<audit::Mended> mend_rows(Store& store, projection::EntrySource& source,
                                std::span<const audit::Difference> differences, bool all,
                                std::uint64_t id_merge_interval);

/// Events that are projected again in one transaction, at most.
inline constexpr std::size_t kMostMended = 1'000'000;

}  // namespace cellmon::relational
