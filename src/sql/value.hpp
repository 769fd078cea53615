#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"

namespace cellmon::sql {

/// What is no text: a column of the type BYTEA, which SQLite takes for one of any type.
struct Bytes {
    std::string data;

    bool operator==(const Bytes&) const = default;
};

/// A parameter of a statement, or a column of a row. SQLite has no type for truth values: a column
/// of BOOLEAN comes from it as an integer, which Row::boolean() reads all the same.
class Value {
  public:
    using Data = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Bytes>;

    Value() : data_(nullptr) {}
    Value(std::nullptr_t) : data_(nullptr) {}  // NOLINT
    Value(bool value) : data_(value) {}        // NOLINT
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    Value(Number value) : data_(static_cast<std::int64_t>(value)) {}  // NOLINT
    Value(double value) : data_(value) {}                             // NOLINT
    Value(std::string value) : data_(std::move(value)) {}             // NOLINT
    Value(Bytes value) : data_(std::move(value)) {}                   // NOLINT
    Value(std::string_view value) : data_(std::string(value)) {}      // NOLINT
    Value(const char* value) : data_(std::string(value)) {}           // NOLINT
    template <typename Inner>
    Value(const std::optional<Inner>& value) {  // NOLINT
        if (value) *this = Value(*value);
    }

    [[nodiscard]] const Data& data() const { return data_; }
    bool operator==(const Value&) const = default;

  private:
    Data data_{nullptr};
};

/// One row; columns count from 0. Asking for another type than the column's is a mistake of the
/// program and ends it.
class Row {
  public:
    explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}

    [[nodiscard]] std::size_t size() const { return columns_.size(); }
    /// Of whatever type it is.
    [[nodiscard]] const Value& value(std::size_t column) const {
        CELLMON_ASSERT(column < columns_.size());
        return columns_[column];
    }
    [[nodiscard]] bool is_null(std::size_t column) const {
        return std::holds_alternative<std::nullptr_t>(at(column));
    }
    [[nodiscard]] std::int64_t integer(std::size_t column) const {
        return get<std::int64_t>(column);
    }
    /// SQLite keeps whole numbers of a REAL column as integers, and RETURNING shows it.
    [[nodiscard]] double real(std::size_t column) const {
        if (const auto* number = std::get_if<std::int64_t>(&at(column))) {
            return static_cast<double>(*number);
        }
        return get<double>(column);
    }
    [[nodiscard]] const std::string& text(std::size_t column) const {
        return get<std::string>(column);
    }
    [[nodiscard]] const std::string& bytes(std::size_t column) const {
        return get<Bytes>(column).data;
    }
    [[nodiscard]] bool boolean(std::size_t column) const {
        if (const auto* number = std::get_if<std::int64_t>(&at(column))) return *number != 0;
        return get<bool>(column);
    }
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::size_t column) const {
        if (is_null(column)) return std::nullopt;
        return integer(column);
    }
    [[nodiscard]] std::optional<double> optional_real(std::size_t column) const {
        if (is_null(column)) return std::nullopt;
        return real(column);
    }
    [[nodiscard]] std::optional<std::string> optional_text(std::size_t column) const {
        if (is_null(column)) return std::nullopt;
        return text(column);
    }

  private:
    [[nodiscard]] const Value::Data& at(std::size_t column) const {
        CELLMON_ASSERT(column < columns_.size());
        return columns_[column].data();
    }
    template <typename Type>
    [[nodiscard]] const Type& get(std::size_t column) const {
        const Type* value = std::get_if<Type>(&at(column));
        CELLMON_ASSERT(value != nullptr);
        return *value;
    }

    std::vector<Value> columns_;
};

/// What a statement gave.
struct Rows {
    std::vector<Row> rows;
    std::int64_t changed = 0;  ///< Rows that were inserted, updated or deleted.

    [[nodiscard]] bool empty() const { return rows.empty(); }
    /// The first row; asserts that there is one.
    [[nodiscard]] const Row& front() const {
        CELLMON_ASSERT(!rows.empty());
        return rows.front();
    }
};

}  // namespace cellmon::sql
