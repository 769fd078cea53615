#include "sinks/postgres/row_copies.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "sinks/postgres/statement_text.hpp"

namespace cellmon::postgres {
namespace {

// PostgreSQL manual, COPY, "Binary Format": a signature, flags and the length of an extension;
// rows, each with the number of its columns and their lengths; -1. All numbers are big endian.
constexpr std::string_view kHead("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kEnd("\xff\xff", 2);
constexpr std::int32_t kNull = -1;

template <typename Integer>
void append(std::string& bytes, Integer value) {
    auto parts = std::bit_cast<std::array<char, sizeof value>>(value);
    if constexpr (std::endian::native == std::endian::little) {
        std::reverse(parts.begin(), parts.end());
    }
    bytes.append(parts.data(), parts.size());
}

}  // namespace

RowCopies::Table& RowCopies::table(std::string_view name, std::string_view columns) {
    std::string copy = fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", name, columns);
    auto found = tables_.find(copy);
    if (found == tables_.end()) {
        found = tables_.emplace(copy, Table{std::string(name), copy, std::string(kHead)}).first;
    }
    return found->second;
}

Result<void> RowCopies::added(Table& table) {
    if (table.rows.size() < kCopyBytes) return {};
    return copy(table);
}

Result<void> RowCopies::before(std::string_view sql) {
    for (auto& [statement, table] : tables_) {
        if (table.rows.size() > kHead.size() && names_table(sql, table.name)) {
            CELLMON_TRY(copy(table));
        }
    }
    return queue_.settle();
}

Result<void> RowCopies::hand_over() {
    for (auto& [statement, table] : tables_) {
        if (table.rows.size() > kHead.size()) CELLMON_TRY(copy(table));
    }
    return {};
}

Result<void> RowCopies::settle() {
    CELLMON_TRY(hand_over());
    return queue_.settle();
}

void RowCopies::forget_rows() {
    queue_.clear();
    for (auto& [statement, table] : tables_)
        table.rows = kHead;
}

Result<void> RowCopies::copy(Table& table) {
    table.rows += kEnd;
    auto pushed = queue_.push(table.copy, table.rows);
    table.rows = kHead;
    return pushed;
}

void CopyStatement::next(int index) {
    CELLMON_ASSERT(index == bound_ + 1 && index <= columns_);
    if (index == 1) append(table_.rows, static_cast<std::int16_t>(columns_));
    bound_ = index;
}

void CopyStatement::bind_null(int index) {
    next(index);
    append(table_.rows, kNull);
}

void CopyStatement::bind_integer(int index, std::int64_t value) {
    next(index);
    append(table_.rows, static_cast<std::int32_t>(sizeof value));
    append(table_.rows, value);
}

void CopyStatement::bind_text(int index, std::string_view value) {
    next(index);
    append(table_.rows, static_cast<std::int32_t>(value.size()));
    table_.rows += value;
}

void CopyStatement::bind_id(int index, const Id128& value) {
    bind_text(index, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
}

Result<void> CopyStatement::run() {
    CELLMON_ASSERT(bound_ == columns_);
    bound_ = 0;
    return copies_.added(table_);
}

Result<bool> CopyStatement::step() {
    CELLMON_TRY(run());
    return false;
}

}  // namespace cellmon::postgres
