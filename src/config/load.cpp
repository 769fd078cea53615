#include "config/load.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "config/descriptors.hpp"
#include "config/toml_file.hpp"

namespace cellmon::config {

namespace {

constexpr std::string_view kPrefix = "CELLMON_";
constexpr std::string_view kConfigVariable = "CELLMON_CONFIG";
constexpr std::string_view kDefaultFile = "cellmon.toml";
constexpr std::string_view kDataKey = "server.data";

tl::unexpected<Error> unknown(std::string_view source, std::string_view name,
                              const std::vector<std::string>& known) {
    std::string message = fmt::format("{}: {} is unknown", source, name);
    const std::string hint = nearest(name, known);
    if (!hint.empty()) message += fmt::format("; did you mean {}?", hint);
    return fail(ErrorCode::invalid, std::move(message));
}

Result<void> apply_file(const std::string& path, bool in_data, io::FileSystem& files,
                        Config& config) {
    auto content = io::read_file(files, path);
    if (!content) {
        return fail(content.error().code, fmt::format("cannot read the configuration {}: {}", path,
                                                      content.error().message));
    }
    CELLMON_TRY_ASSIGN(const auto entries, read_toml(*content, path));
    for (const FileEntry& entry : entries) {
        const std::string source = fmt::format("{}:{}", path, entry.line);
        const Descriptor* descriptor = find_descriptor(entry.key);
        if (descriptor == nullptr) {
            std::vector<std::string> keys;
            for (const Descriptor& one : descriptors())
                keys.emplace_back(one.key);
            return unknown(source, entry.key, keys);
        }
        if (in_data && entry.key == kDataKey) {
            return fail(ErrorCode::invalid,
                        fmt::format("{}: {} cannot be set by the file inside the data directory; "
                                    "use --data, CELLMON_SERVER_DATA or --config",
                                    source, entry.key));
        }
        CELLMON_TRY(apply(*descriptor, entry.text, source, config));
    }
    return {};
}

Result<void> apply_environment(const Sources& sources, Config& config) {
    for (const auto& [name, value] : sources.environment) {
        if (!name.starts_with(kPrefix) || name == kConfigVariable) continue;
        if (name == kClassKeyVariable || name == kTokenVariable || name == kGrafanaTokenVariable)
            continue;
        const Descriptor* found = nullptr;
        std::vector<std::string> variables{std::string(kConfigVariable)};
        for (const Descriptor& one : descriptors()) {
            variables.push_back(variable_of(one));
            if (variables.back() == name) found = &one;
        }
        if (found == nullptr) return unknown("environment", name, variables);
        CELLMON_TRY(apply(*found, value, name, config));
    }
    return {};
}

Result<void> apply_flags(const Sources& sources, Config& config) {
    for (const auto& [key, value] : sources.flags) {
        const Descriptor* descriptor = find_descriptor(key);
        if (descriptor == nullptr) {
            return fail(ErrorCode::invalid, fmt::format("command line: {} is unknown", key));
        }
        CELLMON_TRY(apply(*descriptor, value, flag_of(*descriptor), config));
    }
    return {};
}

/// The file that was asked for by name, or empty.
std::string named_file(const Sources& sources) {
    if (sources.config_file) return *sources.config_file;
    for (const auto& [name, value] : sources.environment) {
        if (name == kConfigVariable) return value;
    }
    return {};
}

/// What no single value can be blamed for.
Result<void> check(const Config& config) {
    const auto at_most = [](std::string_view small_key, std::uint64_t small,
                            std::string_view large_key, std::uint64_t large) -> Result<void> {
        if (small <= large) return {};
        return fail(ErrorCode::invalid, fmt::format("{} = {} must be at most {} = {}", small_key,
                                                    small, large_key, large));
    };
    const http::ServerLimits& http = config.http;
    CELLMON_TRY(at_most("http.body_bytes", http.body_bytes, "http.body_bytes_in_flight",
                        http.body_bytes_in_flight));
    CELLMON_TRY(at_most("http.inflated_bytes", http.inflated_bytes, "http.body_bytes_in_flight",
                        http.body_bytes_in_flight));
    const auth::PasswordCost& password = config.auth.password;
    if (password.memory_bytes * password.passes < auth::PasswordCost::kLeastProduct) {
        return fail(
            ErrorCode::invalid,
            fmt::format("auth.password_memory = {} times auth.password_passes = {} must be "
                        "at least {}: a stolen password would be too cheap to guess",
                        password.memory_bytes, password.passes, auth::PasswordCost::kLeastProduct));
    }
    return at_most("journal.group_bytes", config.journal.group_bytes, "journal.queue_bytes",
                   config.journal.queue_bytes);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> process_environment() {
    std::vector<std::pair<std::string, std::string>> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

Result<Config> load(const Sources& sources, io::FileSystem& files) {
    Config config;
    if (const std::string file = named_file(sources); !file.empty()) {
        CELLMON_TRY(apply_file(file, false, files, config));
        CELLMON_TRY(apply_environment(sources, config));
        CELLMON_TRY(apply_flags(sources, config));
    } else {
        // The data directory says where the file is, so the other sources are asked for it first.
        Config elsewhere;
        CELLMON_TRY(apply_environment(sources, elsewhere));
        CELLMON_TRY(apply_flags(sources, elsewhere));
        const std::string path = fmt::format("{}/{}", elsewhere.data_directory, kDefaultFile);
        CELLMON_TRY_ASSIGN(const bool exists, files.exists(path));
        if (exists) CELLMON_TRY(apply_file(path, true, files, config));
        CELLMON_TRY(apply_environment(sources, config));
        CELLMON_TRY(apply_flags(sources, config));
    }
    CELLMON_TRY(check(config));
    return config;
}

}  // namespace cellmon::config
