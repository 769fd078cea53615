#include "sinks/postgres/statement_text.hpp"

#include <algorithm>

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

}  // namespace cellmon::postgres
