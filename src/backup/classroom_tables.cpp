#include "backup/classroom_tables.hpp"

#include <string_view>

namespace cellmon::backup {

std::vector<std::string> tables_of(std::span<const sql::Migration> steps) {
    constexpr std::string_view kMakes = "CREATE TABLE ";
    std::vector<std::string> tables;
    for (const sql::Migration& step : steps) {
        const std::string_view text = step.statements;
        for (auto at = text.find(kMakes); at != std::string_view::npos;
             at = text.find(kMakes, at)) {
            at += kMakes.size();
            tables.emplace_back(text.substr(at, text.find_first_of(" (\n", at) - at));
        }
    }
    return tables;
}

}  // namespace cellmon::backup
