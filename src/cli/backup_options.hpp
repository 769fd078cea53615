#pragma once

#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "backup/classroom_rows.hpp"
#include "backup/progress.hpp"
#include "base/result.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stop_signals.hpp"
#include "io/file_system.hpp"

namespace cellmon::cli {

/// The password of a backup, from a file or a variable: a flag could be read by other users.
struct PasswordOptions {
    std::string file;
    std::string value;  ///< Of the variable.
};

void add_password_options(CLI::App& command, PasswordOptions& options);

/// Empty: there is none. ErrorCode::invalid for an empty file.
Result<std::string> password_of(const PasswordOptions& options, io::FileSystem& files);

/// Where a server with this data folder keeps its classroom's rows.
[[nodiscard]] backup::ClassroomStore classroom_of(const std::string& data,
                                                  const std::string& postgres);

/// Says why, and returns the exit status.
int report_backup(std::string_view command, const Error& error);

/// `1.5 GiB`.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// A bar, and an end at Ctrl-C: hands out what long work is told.
class LongWork {
  public:
    explicit LongWork(std::string what) : bar_(std::move(what)) {}

    [[nodiscard]] backup::Work work() {
        backup::Work work;
        work.stop = stop_.get_token();
        work.progress = [this](std::uint64_t done, std::uint64_t total) {
            if (signals_.arrived()) stop_.request_stop();
            bar_.show(done, total);
        };
        return work;
    }
    void clear() const { bar_.clear(); }

  private:
    StopSignals signals_;
    std::stop_source stop_;
    ProgressBar bar_;
};

}  // namespace cellmon::cli
