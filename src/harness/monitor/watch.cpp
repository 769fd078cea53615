#include "harness/monitor/watch.hpp"

#include <charconv>

#include <fmt/format.h>

namespace cellmon::harness::monitor {
namespace {

struct Pair {
    std::string_view name;
    std::string_view value;
};

Result<Pair> split(std::string_view text, std::string_view option, std::string_view example) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
        return fail(ErrorCode::invalid, fmt::format("--{} is {}, not {}", option, example, text));
    }
    return Pair{text.substr(0, equals), text.substr(equals + 1)};
}

template <typename T>
Result<T> number(std::string_view text, std::string_view option, std::string_view example) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
        return fail(ErrorCode::invalid,
                    fmt::format("--{} is {}; {} is no such number", option, example, text));
    }
    return value;
}

}  // namespace

Result<Watch> Watch::by_pid(std::string_view text) {
    constexpr std::string_view kExample = "a name and a process, like server=4711";
    CELLMON_TRY_ASSIGN(const Pair pair, split(text, "pid", kExample));
    Watch watch{std::string(pair.name), 0, 0, {}};
    CELLMON_TRY_ASSIGN(watch.pid, number<pid_t>(pair.value, "pid", kExample));
    return watch;
}

Result<Watch> Watch::by_port(std::string_view text) {
    constexpr std::string_view kExample = "a name and a port, like postgresql=5432";
    CELLMON_TRY_ASSIGN(const Pair pair, split(text, "port", kExample));
    Watch watch{std::string(pair.name), 0, 0, {}};
    CELLMON_TRY_ASSIGN(watch.port, number<std::uint16_t>(pair.value, "port", kExample));
    return watch;
}

Result<Watch> Watch::by_command(std::string_view text) {
    CELLMON_TRY_ASSIGN(
        const Pair pair,
        split(text, "command", "a name and a piece of a command line, like influxdb=influxd"));
    return Watch{std::string(pair.name), 0, 0, std::string(pair.value)};
}

}  // namespace cellmon::harness::monitor
