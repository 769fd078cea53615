#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "config/descriptors.hpp"
#include "config/load.hpp"

namespace cellmon::config {

namespace {

std::string_view type_name(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "TEXT";
        case Kind::address:
            return "HOST:PORT";
        case Kind::choice:
            return "NAME";
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
            ->type_name(std::string(type_name(descriptor.kind)))
            ->group(key.substr(0, key.find('.')));
    }
}

}  // namespace cellmon::config
