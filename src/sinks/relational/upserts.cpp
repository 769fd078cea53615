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

std::string Upserts::places(const Target& target) {
    const auto texts = parts_of(target.text_columns);
    std::string places;
    columns_.clear();
    for (const auto column : parts_of(target.columns)) {
        const bool is_text = std::find(texts.begin(), texts.end(), column) != texts.end();
        if (!places.empty()) places += ", ";
        places += !together_ ? "?" : array_parameter(is_text ? "TEXT" : "BIGINT");
        columns_.emplace_back();
    }
    return places;
}

Result<Upserts> Upserts::prepare(Database& database, const Target& target) {
    Upserts upserts;
    upserts.together_ = asks_for_many(database);
    const std::string places = upserts.places(target);
    const std::string rows = upserts.together_ ? fmt::format("SELECT * FROM unnest({})", places)
                                               : fmt::format("VALUES ({})", places);
    CELLMON_TRY_ASSIGN(upserts.statement_,
                       database.prepare(fmt::format("INSERT INTO {} ({}) {} {}", target.table,
                                                    target.columns, rows, target.on_conflict)));
    return upserts;
}

Result<Upserts> Upserts::prepare_update(Database& database, const Target& target) {
    Upserts upserts;
    upserts.together_ = asks_for_many(database);
    const std::string places = upserts.places(target);
    const auto columns = parts_of(target.columns);
    std::string changes;
    for (std::size_t at = 1; at < columns.size(); ++at) {
        changes += changes.empty() ? "" : ", ";
        changes += upserts.together_ ? fmt::format("{0} = row.{0}", columns[at])
                                     : fmt::format("{} = ?{}", columns[at], at + 1);
    }
    const std::string sql =
        upserts.together_
            ? fmt::format(
                  "UPDATE {0} SET {1} FROM unnest({2}) AS row ({3}) WHERE {0}.{4} = row.{4}",
                  target.table, changes, places, target.columns, columns.front())
            : fmt::format("UPDATE {} SET {} WHERE {} = ?1", target.table, changes, columns.front());
    CELLMON_TRY_ASSIGN(upserts.statement_, database.prepare(sql));
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
