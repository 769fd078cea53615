#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::notebook {

/// The lines of a text, each with the line feed that ends it; the last may have none. An empty text
/// has no line.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// So many old lines, from `old_at` on, are replaced by so many new ones; one of the two may be 0.
struct Change {
    std::size_t old_at = 0;
    std::size_t old_count = 0;
    std::size_t new_at = 0;
    std::size_t new_count = 0;

    bool operator==(const Change&) const = default;
};

/// Steps that comparisons may still take together, so that no client chooses how long they last.
struct Effort {
    static constexpr std::uint64_t kMost = 200'000'000;  ///< Well under a second.
    std::uint64_t steps_left = kMost;
};

/// What makes the new lines of the old ones, in order; between two changes there is at least one
/// line that both have. The fewest lines that do, by E. Myers, "An O(ND) Difference Algorithm and
/// Its Variations" (1986), in linear space; when the effort is spent, what is left to compare
/// counts as replaced, which is right but not the least.
[[nodiscard]] std::vector<Change> diff_lines(std::span<const std::string_view> before,
                                             std::span<const std::string_view> after,
                                             Effort& effort);

/// Those changes as a unified diff with three lines around each, as Python's
/// `difflib.unified_diff(before, after)` writes it: lines keep their own ends.
[[nodiscard]] std::vector<std::string> unified_diff(std::span<const std::string_view> before,
                                                    std::span<const std::string_view> after,
                                                    std::span<const Change> changes);

}  // namespace cellmon::notebook
