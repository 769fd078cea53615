#include "config/toml_file.hpp"

#include <sstream>

#include <fmt/core.h>
#include <toml++/toml.h>

namespace cellmon::config {

namespace {

Result<void> flatten(const toml::table& table, const std::string& prefix, std::string_view name,
                     std::vector<FileEntry>& entries) {
    for (const auto& [key, node] : table) {
        FileEntry entry{prefix + std::string(key.str()), {}, node.source().begin.line};
        if (const auto* inner = node.as_table()) {
            CELLMON_TRY(flatten(*inner, entry.key + ".", name, entries));
            continue;
        }
        if (const auto* text = node.as_string()) {
            entry.text = text->get();
        } else if (const auto* number = node.as_integer()) {
            entry.text = std::to_string(number->get());
        } else if (const auto* truth = node.as_boolean()) {
            entry.text = truth->get() ? "true" : "false";
        } else {
            return fail(ErrorCode::invalid,
                        fmt::format("{}:{}: {} is neither a string nor a whole number", name,
                                    entry.line, entry.key));
        }
        entries.push_back(std::move(entry));
    }
    return {};
}

}  // namespace

Result<std::vector<FileEntry>> read_toml(std::string_view content, std::string_view name) {
    std::vector<FileEntry> entries;
    try {
        const toml::table table = toml::parse(content, name);
        CELLMON_TRY(flatten(table, "", name, entries));
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::invalid,
                    fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
    return entries;
}

}  // namespace cellmon::config
