#include "sinks/relational/upserts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cellmon::relational {
namespace {

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    while (!list.empty()) {
        const auto comma = list.find(", ");
        parts.push_back(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 2);
    }
    return parts;
}

}  // namespace

Result<Upserts> Upserts::prepare(Database& database, const Target& target) {
    Upserts upserts;
    upserts.together_ = asks_for_many(database);
    const auto columns = parts_of(target.columns);
    const auto texts = parts_of(target.text_columns);
    upserts.columns_.resize(columns.size());
    std::string values;
    for (const auto column : columns) {
        const bool is_text = std::find(texts.begin(), texts.end(), column) != texts.end();
        if (!values.empty()) values += ", ";
        values += !upserts.together_ ? "?" : array_parameter(is_text ? "TEXT" : "BIGINT");
    }
    const std::string rows = upserts.together_ ? fmt::format("SELECT * FROM unnest({})", values)
                                               : fmt::format("VALUES ({})", values);
    CELLMON_TRY_ASSIGN(upserts.statement_,
                       database.prepare(fmt::format("INSERT INTO {} ({}) {} {}", target.table,
                                                    target.columns, rows, target.on_conflict)));
    return upserts;
}

Result<void> Upserts::flush() {
    if (!waiting_) return {};
    waiting_ = false;
    std::vector<std::string> arrays;
    arrays.reserve(columns_.size());
    for (ArrayText& column : columns_)
        arrays.push_back(column.take());
    return statement_.run_texts(arrays);
}

}  // namespace cellmon::relational
