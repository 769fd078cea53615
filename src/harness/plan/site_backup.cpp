// What a site does for the phase that loses everything and has it restored.

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "harness/plan/site.hpp"

namespace cellmon::harness::plan {
namespace {

constexpr std::chrono::milliseconds kProgramPatience = std::chrono::minutes(10);
constexpr std::chrono::milliseconds kServerStopPatience = std::chrono::seconds(30);

}  // namespace

Result<void> Site::run_program(const std::vector<std::string>& arguments,
                               std::vector<std::string> environment) const {
    chaos::ProcessSpec spec;
    spec.name = "cellmon " + arguments.front();
    spec.command = {options_.program};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    spec.environment = std::move(environment);
    spec.log = options_.folder + "/program.log";
    std::error_code error;
    std::filesystem::remove(spec.log, error);
    chaos::Process process(std::move(spec));
    CELLMON_TRY(process.start());
    if (!chaos::wait_until([&] { return !process.is_running(); }, kProgramPatience)) {
        return fail(ErrorCode::unavailable,
                    fmt::format("cellmon {} is not done in ten minutes", arguments.front()));
    }
    if (process.last_status() == 0) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("cellmon {} failed: {}", arguments.front(), process.log_tail()));
}

Result<void> Site::back_up(const std::string& where) {
    return run_program({"backup", "--data", data_path(), "--to", where},
                       process_->spec().environment);
}

Result<void> Site::lose_and_restore(const std::string& where) {
    expect_away(true);
    const auto restored = [&]() -> Result<void> {
        CELLMON_TRY(process_->stop(SIGTERM, kServerStopPatience));
        std::error_code error;
        std::filesystem::remove_all(data_path(), error);
        if (error) return fail(error_from_errno(error.value(), "wipe " + data_path()));
        place_ = ++places_;
        CELLMON_TRY(take_place());
        CELLMON_TRY_ASSIGN(auto environment, environment_for(*needs_));
        CELLMON_TRY(run_program({"restore", "--from", where, "--data", data_path()}, environment));
        return start_server(std::move(environment));
    }();
    expect_away(false);
    return restored;
}

}  // namespace cellmon::harness::plan
