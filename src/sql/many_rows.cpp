#include "sql/many_rows.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace cellmon::sql {
namespace {

/// SQLite would make a number of what is cast to a type that it does not know.
std::string_view name_of(Type type, Engine engine) {
    constexpr std::array<std::string_view, 4> kNames = {"BIGINT", "DOUBLE PRECISION", "TEXT",
                                                        "BOOLEAN"};
    if (type == Type::bytes) return engine == Engine::sqlite ? "BLOB" : "BYTEA";
    return kNames.at(static_cast<std::size_t>(type));
}

/// Appends one item of a list as PostgreSQL reads it (`{1,NULL,"text"}`).
void append_item(std::string& list, const Value& value) {
    struct Writer {
        std::string& list;
        void operator()(std::nullptr_t) const { list += "NULL"; }
        void operator()(bool truth) const { list += truth ? 't' : 'f'; }
        void operator()(std::int64_t number) const { list += std::to_string(number); }
        void operator()(double number) const {
            std::array<char, 32> digits;
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
            list.append(digits.data(), end.ptr);
        }
        void operator()(const std::string& text) const {
            list += '"';
            for (const char c : text) {
                if (c == '"' || c == '\\') list += '\\';
                list += c;
            }
            list += '"';
        }
        void operator()(const Bytes& bytes) const {
            constexpr std::string_view kDigits = "0123456789abcdef";
            list += R"("\\x)";
            for (const char c : bytes.data) {
                const auto byte = static_cast<unsigned char>(c);
                list += kDigits[byte >> 4U];
                list += kDigits[byte & 0xfU];
            }
            list += '"';
        }
    };
    std::visit(Writer{list}, value.data());
}

void append(Rows& all, Rows&& more) {
    all.changed += more.changed;
    std::move(more.rows.begin(), more.rows.end(), std::back_inserter(all.rows));
}

}  // namespace

ManyRows::ManyRows(std::string_view before, std::vector<Type> columns, std::string_view behind,
                   std::size_t common)
    : before_(before), columns_(std::move(columns)), behind_(behind), common_(common) {
    CELLMON_ASSERT(!columns_.empty());
    for (std::size_t i = 0; i < kGroups.size(); ++i)
        values_texts_[i] = values_text(kGroups[i]);
    lists_text_ = lists_text();
}

std::string ManyRows::values_text(std::size_t rows) const {
    std::string text = before_ + " VALUES ";
    std::size_t place = common_;
    for (std::size_t row = 0; row < rows; ++row) {
        text += row == 0 ? "(" : ", (";
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            if (column > 0) text += ", ";
            text += "CAST($" + std::to_string(++place) + " AS ";
            text += name_of(columns_[column], Engine::sqlite);
            text += ')';
        }
        text += ')';
    }
    return text + ' ' + behind_;
}

std::string ManyRows::lists_text() const {
    std::string lists;
    std::string names;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        if (column > 0) lists += ", ", names += ", ";
        lists += "CAST($" + std::to_string(common_ + column + 1) + " AS ";
        lists += name_of(columns_[column], Engine::postgres);
        lists += "[])";
        names += "column" + std::to_string(column + 1);
    }
    return before_ + " SELECT * FROM unnest(" + lists + ") AS lists (" + names + ") " + behind_;
}

Result<Rows> ManyRows::run(Connection& connection, std::span<const Value> values,
                           std::span<const Value> common) const {
    CELLMON_ASSERT(values.size() % columns_.size() == 0 && common.size() == common_);
    return connection.engine() == Engine::postgres ? run_lists(connection, values, common)
                                                   : run_values(connection, values, common);
}

Result<Rows> ManyRows::run_values(Connection& connection, std::span<const Value> values,
                                  std::span<const Value> common) const {
    Rows all;
    std::size_t left = values.size() / columns_.size();
    std::vector<Value> parameters;
    for (std::size_t i = 0; i < kGroups.size(); ++i) {
        for (; left >= kGroups[i]; left -= kGroups[i]) {
            const auto group = values.first(kGroups[i] * columns_.size());
            values = values.subspan(group.size());
            parameters.assign(common.begin(), common.end());
            parameters.insert(parameters.end(), group.begin(), group.end());
            CELLMON_TRY_ASSIGN(Rows rows, connection.execute(values_texts_[i], parameters));
            append(all, std::move(rows));
        }
    }
    return all;
}

Result<Rows> ManyRows::run_lists(Connection& connection, std::span<const Value> values,
                                 std::span<const Value> common) const {
    Rows all;
    while (!values.empty()) {
        const auto group = values.first(std::min(values.size(), kMostInLists * columns_.size()));
        values = values.subspan(group.size());
        std::vector<Value> parameters(common.begin(), common.end());
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            std::string list;
            for (std::size_t at = column; at < group.size(); at += columns_.size()) {
                list += list.empty() ? '{' : ',';
                append_item(list, group[at]);
            }
            parameters.emplace_back(list + '}');
        }
        CELLMON_TRY_ASSIGN(Rows rows, connection.execute(lists_text_, parameters));
        append(all, std::move(rows));
    }
    return all;
}

}  // namespace cellmon::sql
