#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cellmon::harness::chaos {

/// What may be done to a part of the system under test.
enum class Action {
    kill,     ///< kill -9 of the process and of all that it has started.
    restart,  ///< SIGTERM, wait for its end, start it again.
    stop,     ///< SIGSTOP: it keeps its connections and says nothing.
    go_on,    ///< `continue`: SIGCONT.
    start,    ///< Start it again, with the command it had.
    refuse,   ///< Of a gate: nobody listens, what was connected is reset.
    cut,      ///< Of a gate: what is connected now is reset; new connections pass.
    hang,     ///< Of a gate: connections are taken, and nothing passes.
    slow,     ///< Of a gate: `latency_ms` each way, `bytes_per_s` each way of a connection.
    open,     ///< Of a gate: bytes pass as they come.
    fill,     ///< Of a disk: fills it but for `leave_mb`.
    empty,    ///< Of a disk: gives back what was filled.
    clock,    ///< Steps its wall clock by `seconds`; 0: the true time again.
};
inline constexpr std::size_t kActions = static_cast<std::size_t>(Action::clock) + 1;
[[nodiscard]] std::string_view name_of(Action action);
/// nullopt: there is no such action.
[[nodiscard]] std::optional<Action> action_named(std::string_view name);
/// `kill, restart, …`, for a message.
[[nodiscard]] std::string names_of_actions();

/// Something that is done at a time.
struct Step {
    double at_s = 0;  ///< From the start of the timeline.
    Action action = Action::kill;
    std::string target;
    std::map<std::string, double, std::less<>> values;  ///< Of `slow`, `fill` and `clock`.

    [[nodiscard]] double value(std::string_view name, double otherwise) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
};

/// Steps in the order of their times; of those at one time, in the order in which they were named.
struct Timeline {
    static constexpr double kMostSeconds = 7 * 24 * 3'600.0;

    std::vector<Step> steps;

    void add(Step step);

    /// A step from `SECONDS:ACTION:TARGET` with `:NAME=VALUE,…` behind it where the action has
    /// values. ErrorCode::invalid, saying what is wrong with it.
    static Result<Step> parse_step(std::string_view text);
    /// From a TOML file: `[[step]]` with `at_s`, `action`, `target` and the action's values. An
    /// unknown key or a wrong type is ErrorCode::invalid with file, line, key and reason.
    static Result<Timeline> parse(std::string_view toml, std::string_view file);
};

/// ErrorCode::invalid when the step's time or values are none of its action.
Result<void> check(const Step& step);

}  // namespace cellmon::harness::chaos
