#pragma once

#include <span>
#include <vector>

#include "audit/audited_store.hpp"
#include "audit/difference.hpp"

namespace cellmon::audit {

/// How the rows of a range differ; both in the order of their sequences, with deep marks.
[[nodiscard]] std::vector<Difference> compare_rows(std::span<const StoredRow> expected,
                                                   std::span<const StoredRow> stored);

}  // namespace cellmon::audit
