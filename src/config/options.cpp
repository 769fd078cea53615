#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "config/descriptors.hpp"
#include "config/load.hpp"

namespace cellmon::config {

namespace {

/// What stands for the value in the help; choices in braces, as CLI11 shows them itself.
std::string type_name(const Descriptor& descriptor) {
    switch (descriptor.kind) {
        case Kind::text:
            return "TEXT";
        case Kind::address:
            return "HOST:PORT";
        case Kind::choice: {
            std::string words(descriptor.choices);
            std::ranges::replace(words, ' ', ',');
            return '{' + words + '}';
        }
        case Kind::count:
            return "NUMBER";
        case Kind::bytes:
            return "SIZE";
        case Kind::duration:
            return "DURATION";
        case Kind::percent:
            return "PERCENT";
    }
    return "VALUE";
}

}  // namespace

void add_options(CLI::App& app, Sources& sources) {
    app.add_option_function<std::string>(
           "--config", [&sources](const std::string& path) { sources.config_file = path; },
           "TOML file with any of the keys below; DATA/cellmon.toml when it exists")
        ->type_name("FILE")
        ->group("server");
    const Config defaults;
    for (const Descriptor& descriptor : descriptors()) {
        const std::string key(descriptor.key);
        app.add_option_function<std::string>(
               flag_of(descriptor),
               [&sources, key](const std::string& value) { sources.flags[key] = value; },
               fmt::format("{} Default {}.", descriptor.description, shown(descriptor, defaults)))
            ->type_name(type_name(descriptor))
            ->group(key.substr(0, key.find('.')));
    }
}

}  // namespace cellmon::config
