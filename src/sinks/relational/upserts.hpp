#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "sinks/relational/array_text.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::relational {

/// Rows that are inserted, or change the one with their key: written together by flush() where
/// statements are dear, else one by one as they come. Between two flushes no key comes twice.
class Upserts {
  public:
    /// What is to be written of a table. Lists have commas between.
    struct Target {
        std::string table;
        std::string columns;       ///< Integers,
        std::string text_columns;  ///< but for these of them.
        std::string on_conflict;   ///< What stands behind the rows.
    };

    static Result<Upserts> prepare(Database& database, const Target& target);

    /// Rows that are there: the first `keys` columns are their key, the others are set. Much less
    /// work than an insert that meets them. `on_conflict` is not used.
    static Result<Upserts> prepare_update(Database& database, const Target& target,
                                          std::size_t keys = 1);

    /// One value for each column, in their order.
    template <typename... Values>
    Result<void> add(const Values&... values) {
        if (!together_) return statement_.run(values...);
        std::size_t column = 0;
        (append(columns_.at(column++), values), ...);
        waiting_ = true;
        return {};
    }

    Result<void> flush();

  private:
    /// Parameters for the columns, with commas between.
    std::string places(const Target& target);

    template <typename Value>
    static void append(ArrayText& column, const Value& value) {
        if constexpr (std::is_integral_v<Value>) {
            column.add(static_cast<std::int64_t>(value));
        } else {
            column.add(std::string_view(value));
        }
    }
    template <typename Value>
    static void append(ArrayText& column, const std::optional<Value>& value) {
        if (value) {
            append(column, *value);
        } else {
            column.add_null();
        }
    }

    bool together_ = false;
    bool waiting_ = false;
    Statement statement_;
    std::vector<ArrayText> columns_;
};

}  // namespace cellmon::relational
