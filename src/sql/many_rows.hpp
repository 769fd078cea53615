#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::sql {

enum class Type : std::uint8_t { integer, real, text, boolean };

/// A statement that takes the values of many rows at once: thousands cost a few calls, each of
/// which PostgreSQL answers over a network. The rows go through it in groups of a few fixed sizes,
/// so that there are few texts to prepare.
///
/// `before` and `behind` stand around `VALUES (…), (…)`; parameters `$1` to `$<common>` are the
/// caller's own in both and the same for all rows. Used as a table, the columns are `column1`,
/// `column2`, … on both engines. Each place names its type: a column of nulls alone has none.
class ManyRows {
  public:
    ManyRows(std::string_view before, std::vector<Type> columns, std::string_view behind,
             std::size_t common = 0);

    /// `values`: row after row. What all groups returned, in the order of the groups; within a
    /// group in any order.
    Result<Rows> run(Connection& connection, std::span<const Value> values,
                     std::span<const Value> common = {}) const;

  private:
    /// SQLite finds a place by its name among all others, so large groups gain nothing there.
    static constexpr std::array<std::size_t, 3> kGroups = {256, 16, 1};

    [[nodiscard]] std::string text_for(std::size_t rows) const;

    const std::string before_;
    const std::vector<Type> columns_;
    const std::string behind_;
    const std::size_t common_;
    std::array<std::string, kGroups.size()> texts_;
};

}  // namespace cellmon::sql
