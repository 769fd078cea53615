#include "sql/many_rows.hpp"

#include <iterator>
#include <utility>

#include "base/assert.hpp"

namespace cellmon::sql {
namespace {

std::string_view name_of(Type type) {
    constexpr std::array<std::string_view, 4> kNames = {"BIGINT", "DOUBLE PRECISION", "TEXT",
                                                        "BOOLEAN"};
    return kNames.at(static_cast<std::size_t>(type));
}

}  // namespace

ManyRows::ManyRows(std::string_view before, std::vector<Type> columns, std::string_view behind,
                   std::size_t common)
    : before_(before), columns_(std::move(columns)), behind_(behind), common_(common) {
    CELLMON_ASSERT(!columns_.empty());
    for (std::size_t i = 0; i < kGroups.size(); ++i)
        texts_[i] = text_for(kGroups[i]);
}

std::string ManyRows::text_for(std::size_t rows) const {
    std::string text = before_ + " VALUES ";
    std::size_t place = common_;
    for (std::size_t row = 0; row < rows; ++row) {
        text += row == 0 ? "(" : ", (";
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            if (column > 0) text += ", ";
            text += "CAST($" + std::to_string(++place) + " AS ";
            text += name_of(columns_[column]);
            text += ')';
        }
        text += ')';
    }
    return text + ' ' + behind_;
}

Result<Rows> ManyRows::run(Connection& connection, std::span<const Value> values,
                           std::span<const Value> common) const {
    CELLMON_ASSERT(values.size() % columns_.size() == 0 && common.size() == common_);
    Rows all;
    std::size_t left = values.size() / columns_.size();
    std::vector<Value> parameters;
    for (std::size_t i = connection.engine() == Engine::sqlite ? 1 : 0; i < kGroups.size(); ++i) {
        for (; left >= kGroups[i]; left -= kGroups[i]) {
            const auto group = values.first(kGroups[i] * columns_.size());
            values = values.subspan(group.size());
            parameters.assign(common.begin(), common.end());
            parameters.insert(parameters.end(), group.begin(), group.end());
            CELLMON_TRY_ASSIGN(Rows rows, connection.execute(texts_[i], parameters));
            all.changed += rows.changed;
            std::move(rows.rows.begin(), rows.rows.end(), std::back_inserter(all.rows));
        }
    }
    return all;
}

}  // namespace cellmon::sql
