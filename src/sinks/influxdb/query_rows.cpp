#include "sinks/influxdb/query_rows.hpp"

#include <string>

#include <fmt/format.h>

namespace cellmon::influxdb {

using simdjson::SUCCESS;

std::int64_t integer_in(simdjson::dom::element value) {
    std::int64_t integer = 0;
    return value.get(integer) == SUCCESS ? integer : 0;
}

std::string_view text_in(simdjson::dom::element value) {
    std::string_view text;
    return value.get(text) == SUCCESS ? text : std::string_view();
}

std::string_view QueryRow::tag(std::string_view key) const {
    std::string_view value;
    if (series_["tags"][key].get(value) != SUCCESS) return {};
    return value;
}

std::optional<std::int64_t> QueryRow::integer(std::size_t column) const {
    std::int64_t value = 0;
    if (at(column).get(value) != SUCCESS) return std::nullopt;
    return value;
}

std::optional<double> QueryRow::real(std::size_t column) const {
    double value = 0;
    if (at(column).get(value) != SUCCESS) return std::nullopt;
    return value;
}

std::optional<std::string_view> QueryRow::text(std::size_t column) const {
    std::string_view value;
    if (at(column).get(value) != SUCCESS) return std::nullopt;
    return value;
}

std::optional<bool> QueryRow::truth(std::size_t column) const {
    bool value = false;
    if (at(column).get(value) != SUCCESS) return std::nullopt;
    return value;
}

void QueryRow::each_column(
    const std::function<void(std::string_view name, simdjson::dom::element value)>& on_column)
    const {
    simdjson::dom::array columns;
    if (series_["columns"].get(columns) != SUCCESS) return;
    auto value = values_.begin();
    for (const simdjson::dom::element column : columns) {
        if (value == values_.end()) return;
        std::string_view name;
        if (!(*value).is_null() && column.get(name) == SUCCESS) on_column(name, *value);
        ++value;
    }
}

namespace {

void each_row_of(std::size_t statement, simdjson::dom::element result,
                 const std::function<void(const QueryRow& row)>& on_row) {
    simdjson::dom::array all;
    if (result["series"].get(all) != SUCCESS) return;
    for (const simdjson::dom::element series : all) {
        simdjson::dom::array rows;
        if (series["values"].get(rows) != SUCCESS) continue;
        for (const simdjson::dom::element row : rows) {
            simdjson::dom::array values;
            if (row.get(values) == SUCCESS) on_row({statement, series, values});
        }
    }
}

}  // namespace

Result<void> each_row(Connection& connection, std::string_view statements,
                      const std::function<void(const QueryRow& row)>& on_row) {
    CELLMON_TRY_ASSIGN(const Answer answer, connection.query(statements));
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    simdjson::dom::array results;
    if (answer.status != 200 || parser.parse(answer.body).get(json) != SUCCESS ||
        json["results"].get(results) != SUCCESS) {
        return fail(ErrorCode::unavailable,
                    fmt::format("InfluxDB does not answer a query: {}", text_of(answer)));
    }
    std::size_t statement = 0;
    for (const simdjson::dom::element result : results) {
        std::string_view error;
        if (result["error"].get(error) == SUCCESS) {
            return fail(ErrorCode::unavailable,
                        fmt::format("InfluxDB does not answer a query: {}", error));
        }
        each_row_of(statement, result, on_row);
        ++statement;
    }
    return {};
}

}  // namespace cellmon::influxdb
