#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

namespace cellmon::sql {

/// A part of a list.
struct Page {
    std::uint64_t skip = 0;
    std::uint64_t limit = 100;
};

/// The WHERE of a list, made of the conditions that are asked for and of no others: so each can use
/// its index. Texts are the program's own, never values.
///
///     sql::Conditions conditions;
///     conditions.add_if("s.assignment_id = ?", assignment_id);
///     conditions.select(connection, "SELECT … FROM submissions s", "ORDER BY s.id", page);
class Conditions {
  public:
    /// `condition` has one `?`, which becomes the place of `value`.
    void add(std::string_view condition, Value value) {
        values_.push_back(std::move(value));
        const auto place = condition.find('?');
        CELLMON_ASSERT(place != std::string_view::npos);
        where_ += where_.empty() ? " WHERE " : " AND ";
        where_ += condition.substr(0, place);
        where_ += '$' + std::to_string(values_.size());
        where_ += condition.substr(place + 1);
    }

    template <typename Inner>
    void add_if(std::string_view condition, const std::optional<Inner>& value) {
        if (value) add(condition, Value(*value));
    }

    /// `what` + WHERE + `order` + the page.
    Result<Rows> select(Connection& connection, std::string_view what, std::string_view order,
                        Page page) const {
        std::vector<Value> parameters = values_;
        parameters.emplace_back(page.limit);
        parameters.emplace_back(page.skip);
        std::string text(what);
        text += where_ + ' ';
        text += order;
        text += " LIMIT $" + std::to_string(values_.size() + 1) + " OFFSET $" +
                std::to_string(values_.size() + 2);
        return connection.execute(text, parameters);
    }

  private:
    std::string where_;
    std::vector<Value> values_;
};

}  // namespace cellmon::sql
