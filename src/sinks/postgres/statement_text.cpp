#include "sinks/postgres/statement_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace cellmon::postgres {

StatementText with_numbered_parameters(std::string_view sql) {
    StatementText text;
    bool quoted = false;
    for (std::size_t at = 0; at < sql.size(); ++at) {
        if (sql[at] == '\'') quoted = !quoted;
        if (sql[at] != '?' || quoted) {
            text.sql += sql[at];
            continue;
        }
        std::size_t number = 0;
        while (at + 1 < sql.size() && sql[at + 1] >= '0' && sql[at + 1] <= '9')
            number = number * 10 + static_cast<std::size_t>(sql[++at] - '0');
        if (number == 0) number = text.parameters + 1;
        text.parameters = std::max(text.parameters, number);
        text.sql += '$' + std::to_string(number);
    }
    return text;
}

bool names_table(std::string_view sql, std::string_view table) {
    static constexpr std::array<std::string_view, 4> kWords = {"FROM ", "JOIN ", "INTO ",
                                                               "UPDATE "};
    const auto is_word = [](char one) {
        return one == '_' || std::isalnum(static_cast<unsigned char>(one)) != 0;
    };
    for (auto at = sql.find(table); at != std::string_view::npos; at = sql.find(table, at + 1)) {
        const std::string_view behind = sql.substr(at + table.size());
        if (!behind.empty() && is_word(behind.front())) continue;
        const std::string_view before = sql.substr(0, at);
        if (std::any_of(kWords.begin(), kWords.end(),
                        [&](std::string_view word) { return before.ends_with(word); })) {
            return true;
        }
    }
    return false;
}

}  // namespace cellmon::postgres
