#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"

namespace CLI {
class App;
}

namespace cellmon::config {

/// What was said on the command line and in the environment.
struct Sources {
    /// Values of flags by the key of their descriptor, and the file of `--config`.
    std::map<std::string, std::string, std::less<>> flags;
    std::optional<std::string> config_file;

    /// All variables of the process; those that do not begin with `CELLMON_` are passed over.
    std::vector<std::pair<std::string, std::string>> environment;
};

/// Mounts `--config` and a flag for each descriptor on a CLI11 command. The values land in
/// `sources` when the command line is parsed; `sources` must outlive `app`.
void add_options(CLI::App& app, Sources& sources);

/// Variables of the commands that are clients of a server, which are no settings: a server whose
/// environment has them starts all the same.
inline constexpr std::string_view kClassKeyVariable = "CELLMON_CLASS_KEY";
inline constexpr std::string_view kTokenVariable = "CELLMON_TOKEN";
/// Likewise of `cellmon monitor`.
inline constexpr std::string_view kGrafanaTokenVariable = "CELLMON_GRAFANA_TOKEN";

/// The variables of this process.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> process_environment();

/// Defaults, then the file (`--config`, else `CELLMON_CONFIG`, else DATA/cellmon.toml when it
/// exists), then `CELLMON_…`, then flags; the later wins. Errors (ErrorCode::invalid, not_found)
/// name the source, the key, the value, the reason and what is allowed; an unknown key or variable
/// is an error that names the nearest known one.
[[nodiscard]] Result<Config> load(const Sources& sources, io::FileSystem& files);

}  // namespace cellmon::config
