#include "harness/chaos/timeline.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace cellmon::harness::chaos {
namespace {

constexpr std::array<std::string_view, kActions> kNames{
    "kill", "restart", "stop", "continue", "start", "refuse", "cut",
    "hang", "slow",    "open", "fill",     "empty", "clock"};

struct ValueOfAction {
    Action action;
    std::string_view name;
    double least;
    double most;
};
constexpr double kYear_s = 366 * 86'400.0;
constexpr std::array<ValueOfAction, 4> kValues{{
    {Action::slow, "latency_ms", 0, 60'000},
    {Action::slow, "bytes_per_s", 100, 1e12},
    {Action::fill, "leave_mb", 0, 1e6},
    {Action::clock, "seconds", -kYear_s, kYear_s},
}};

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorCode::invalid, std::move(message));
}

Result<double> number(std::string_view text, std::string_view what) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return wrong(fmt::format("{} is a number, not \"{}\"", what, text));
    return value;
}

std::string_view up_to(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

Result<Step> read_step(const toml::table& table) {
    Step step;
    bool has_time = false;
    bool has_action = false;
    for (const auto& [key, node] : table) {
        const std::string_view name = key.str();
        if (name == "action" || name == "target") {
            const auto* text = node.as_string();
            if (text == nullptr) return wrong(fmt::format("{} must be a text", name));
            if (name == "target") {
                step.target = text->get();
                continue;
            }
            const auto action = action_named(text->get());
            if (!action)
                return wrong(
                    fmt::format("action \"{}\" is none of {}", text->get(), names_of_actions()));
            step.action = *action;
            has_action = true;
            continue;
        }
        const auto value = node.value<double>();
        if (!value || !node.is_number()) return wrong(fmt::format("{} must be a number", name));
        if (name == "at_s") {
            step.at_s = *value;
            has_time = true;
        } else {
            step.values.emplace(name, *value);
        }
    }
    if (!has_time) return wrong("at_s is missing");
    if (!has_action) return wrong("action is missing");
    if (step.target.empty()) return wrong("target is missing");
    CELLMON_TRY(check(step));
    return step;
}

}  // namespace

std::string_view name_of(Action action) {
    return kNames[static_cast<std::size_t>(action)];
}

std::optional<Action> action_named(std::string_view name) {
    const auto* const found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<Action>(found - kNames.begin());
}

std::string names_of_actions() {
    return fmt::format("{}", fmt::join(kNames, ", "));
}

Result<void> check(const Step& step) {
    if (!(step.at_s >= 0 && step.at_s <= Timeline::kMostSeconds))
        return wrong("a time is a number of seconds from 0 to one week");
    for (const auto& [name, value] : step.values) {
        const auto* const known =
            std::find_if(kValues.begin(), kValues.end(), [&](const ValueOfAction& one) {
                return one.action == step.action && one.name == name;
            });
        if (known == kValues.end())
            return wrong(fmt::format("{} has no value {}", name_of(step.action), name));
        if (!(value >= known->least && value <= known->most))
            return wrong(fmt::format("{} must be {:g} to {:g}", name, known->least, known->most));
    }
    if (step.action == Action::slow && step.values.empty())
        return wrong("slow needs latency_ms or bytes_per_s");
    if (step.action == Action::clock && step.values.empty()) return wrong("clock needs seconds");
    return {};
}

void Timeline::add(Step step) {
    const auto behind =
        std::upper_bound(steps.begin(), steps.end(), step.at_s,
                         [](double at_s, const Step& other) { return at_s < other.at_s; });
    steps.insert(behind, std::move(step));
}

Result<Step> Timeline::parse_step(std::string_view text) {
    Step step;
    std::string_view rest = text;
    const std::string_view time = up_to(rest, ':');
    const std::string_view action = up_to(rest, ':');
    step.target = up_to(rest, ':');
    CELLMON_TRY_ASSIGN(step.at_s, number(time, "the time of a step, in seconds,"));
    const auto known = action_named(action);
    if (!known)
        return wrong(fmt::format("action \"{}\" is none of {}", action, names_of_actions()));
    step.action = *known;
    if (step.target.empty()) return wrong("a step is SECONDS:ACTION:TARGET");
    while (!rest.empty()) {
        std::string_view value = up_to(rest, ',');
        const std::string_view name = up_to(value, '=');
        CELLMON_TRY_ASSIGN(const double parsed, number(value, name));
        step.values.insert_or_assign(std::string(name), parsed);
    }
    CELLMON_TRY(check(step));
    return step;
}

Result<Timeline> Timeline::parse(std::string_view toml, std::string_view file) {
    Timeline timeline;
    const auto at = [&](const toml::node& node, std::string_view message) {
        return wrong(fmt::format("{}:{}: {}", file, node.source().begin.line, message));
    };
    try {
        const toml::table table = toml::parse(toml, file);
        for (const auto& [key, node] : table) {
            if (key.str() != "step")
                return at(node, fmt::format("{} is unknown; a timeline has [[step]]", key.str()));
            const auto* steps = node.as_array();
            if (steps == nullptr || !steps->is_array_of_tables())
                return at(node, "step must be written as [[step]]");
            for (const auto& one : *steps) {
                auto step = read_step(*one.as_table());
                if (!step) return at(one, step.error().message);
                timeline.add(std::move(*step));
            }
        }
    } catch (const toml::parse_error& error) {
        return wrong(
            fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
    }
    if (timeline.steps.empty()) return wrong(fmt::format("{}: there is no [[step]]", file));
    return timeline;
}

}  // namespace cellmon::harness::chaos
