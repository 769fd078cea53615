#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cellmon::exporting {

/// A value of a row; monostate: there is none.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

enum class ColumnKind : std::uint8_t { text, integer, real };

struct Column {
    std::string_view name;
    ColumnKind kind = ColumnKind::text;
    /// Says who somebody is: not a part of an export with pseudonyms.
    bool is_personal = false;
    std::string_view en;  ///< What it means, for the data dictionary.
    std::string_view ja;
};

struct Table {
    std::string_view name;
    std::string_view en;
    std::string_view ja;
    std::span<const Column> columns;
};

/// The tables of an export, in the order of the data dictionary.
enum class TableId : std::uint8_t {
    students,
    events,
    executions,
    accesses,
    help,
    refused,
    submissions
};
inline constexpr std::size_t kTableCount = 7;

[[nodiscard]] std::span<const Table> tables();
[[nodiscard]] const Table& table(TableId id);

/// Values in the order of the columns, personal ones too: a writer leaves those out.
using Row = std::vector<Cell>;

}  // namespace cellmon::exporting
