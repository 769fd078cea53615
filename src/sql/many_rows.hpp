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

enum class Type : std::uint8_t { integer, real, text, boolean, bytes };

/// A statement that takes the values of many rows at once: thousands cost a few calls, each of
/// which PostgreSQL answers over a network. It gets a list for each column, so that its text is
/// short however many rows there are; SQLite gets the rows in groups of two fixed sizes, so that
/// there are few texts to prepare.
///
/// `before` and `behind` stand around a query that gives the rows, in parentheses of theirs;
/// parameters `$1` to `$<common>` are the caller's own in both and the same for all rows. The
/// columns are `column1`, `column2`, … on both engines. Each names its type: a column of nulls
/// alone has none.
class ManyRows {
  public:
    ManyRows(std::string_view before, std::vector<Type> columns, std::string_view behind,
             std::size_t common = 0);

    /// `values`: row after row. What all groups returned, in the order of the groups; within a
    /// group in any order.
    Result<Rows> run(Connection& connection, std::span<const Value> values,
                     std::span<const Value> common = {}) const;

  private:
    /// SQLite reads a text in a time that grows with the square of its places.
    static constexpr std::array<std::size_t, 2> kGroups = {16, 1};
    static constexpr std::size_t kMostInLists = 1'024;  ///< So that no parameter is very large.

    [[nodiscard]] std::string values_text(std::size_t rows) const;
    [[nodiscard]] std::string lists_text() const;
    Result<Rows> run_values(Connection& connection, std::span<const Value> values,
                            std::span<const Value> common) const;
    Result<Rows> run_lists(Connection& connection, std::span<const Value> values,
                           std::span<const Value> common) const;

    const std::string before_;
    const std::vector<Type> columns_;
    const std::string behind_;
    const std::size_t common_;
    std::array<std::string, kGroups.size()> values_texts_;
    std::string lists_text_;
};

}  // namespace cellmon::sql
