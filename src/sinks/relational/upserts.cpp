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

Result<Upserts> Upserts::prepare_update(Database& database, const Target& target,
                                        std::size_t keys) {
    Upserts upserts;
    upserts.together_ = asks_for_many(database);
    const std::string places = upserts.places(target);
    const auto columns = parts_of(target.columns);
    std::string changes;
    std::string condition;
    for (std::size_t at = 0; at < columns.size(); ++at) {
        std::string& list = at < keys ? condition : changes;
        if (!list.empty()) list += at < keys ? " AND " : ", ";
        if (upserts.together_) {
            list +=
                fmt::format("{0}{1} = row.{1}", at < keys ? target.table + "." : "", columns[at]);
        } else {
            list += fmt::format("{} = ?{}", columns[at], at + 1);
        }
    }
    const std::string from =
        upserts.together_ ? fmt::format("FROM unnest({}) AS row ({}) ", places, target.columns)
                          : "";
    CELLMON_TRY_ASSIGN(upserts.statement_,
                       database.prepare(fmt::format("UPDATE {} SET {} {}WHERE {}", target.table,
                                                    changes, from, condition)));
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
