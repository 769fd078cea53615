#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <simdjson.h>

#include "base/result.hpp"
#include "sinks/influxdb/connection.hpp"

namespace cellmon::influxdb {

/// A row of the answer to statements; valid within the callback.
class QueryRow {
  public:
    QueryRow(std::size_t statement, simdjson::dom::element series, simdjson::dom::array values)
        : statement_(statement), series_(series), values_(values) {}

    /// Which statement of the query it answers, from 0.
    [[nodiscard]] std::size_t statement() const { return statement_; }

    /// What it is grouped by; empty without such a tag.
    [[nodiscard]] std::string_view tag(std::string_view key) const;

    // By the number of the column, from 0, which is the time. Null, missing: nullopt.
    [[nodiscard]] std::optional<std::int64_t> integer(std::size_t column) const;
    [[nodiscard]] std::optional<double> real(std::size_t column) const;
    [[nodiscard]] std::optional<std::string_view> text(std::size_t column) const;
    [[nodiscard]] std::optional<bool> truth(std::size_t column) const;

    /// Hands the name and value of each column that is not null to `on_column`.
    void each_column(const std::function<void(std::string_view name, simdjson::dom::element value)>&
                         on_column) const;

  private:
    [[nodiscard]] simdjson::simdjson_result<simdjson::dom::element> at(std::size_t column) const {
        return values_.at(column);
    }

    std::size_t statement_;
    simdjson::dom::element series_;
    simdjson::dom::array values_;
};

/// The value, 0 or empty when it is none of that type.
[[nodiscard]] std::int64_t integer_in(simdjson::dom::element value);
[[nodiscard]] std::string_view text_in(simdjson::dom::element value);

/// Asks statements, with semicolons between, and hands each row of their answers to `on_row`.
/// ErrorCode::unavailable for an error instead of an answer.
Result<void> each_row(Connection& connection, std::string_view statements,
                      const std::function<void(const QueryRow& row)>& on_row);

}  // namespace cellmon::influxdb
