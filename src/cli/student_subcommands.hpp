#pragma once

#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "io/file_system.hpp"

namespace CLI {
class App;
}

// The commands of `cellmon student`, one file each, and what they share.
namespace cellmon::cli {

void add_student_erase(CLI::App& parent, int& exit_code);
void add_student_export(CLI::App& parent, int& exit_code);
void add_student_search(CLI::App& parent, int& exit_code);

/// What the settings say of a data folder: the file, the environment, and that folder.
Result<config::Config> config_of(const std::string& data);

/// Names stores that the folder's server has used and the settings here do not name; empty: none.
std::string unnamed_stores(const config::Config& config, io::FileSystem& files);

}  // namespace cellmon::cli
