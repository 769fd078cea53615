#include "config/values.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

#include <fmt/core.h>

namespace cellmon::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t size;
};

constexpr std::array<Unit, 5> kByteUnits = {
    {{"GiB", 1U << 30U}, {"MiB", 1U << 20U}, {"KiB", 1U << 10U}, {"B", 1}, {"", 1}}};
constexpr std::array<Unit, 4> kTimeUnits = {
    {{"h", 3'600'000}, {"min", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 1> kShareUnits = {{{"%", 1}}};

Result<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                      std::string_view what) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view name = text.substr(digits);
    for (const Unit& unit : units) {
        if (unit.name != name) continue;
        CELLMON_TRY_ASSIGN(const std::uint64_t count, parse_count(text.substr(0, digits)));
        if (count > std::numeric_limits<std::uint64_t>::max() / unit.size) {
            return fail(ErrorCode::invalid, "the number is too large");
        }
        return count * unit.size;
    }
    return fail(ErrorCode::invalid, std::string(what));
}

std::string format_with_unit(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.size == 0) {
            return fmt::format("{}{}", value / unit.size, unit.name);
        }
    }
    return fmt::format("0{}", units.back().name);
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
        return fail(ErrorCode::invalid, "the number is too large");
    }
    if (error != std::errc() || end != text.data() + text.size()) {
        return fail(ErrorCode::invalid, "it is not a whole number");
    }
    return value;
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
    return parse_with_unit(text, kByteUnits,
                           "it is not a size: a whole number with B, KiB, MiB or GiB behind it");
}

Result<std::uint64_t> parse_duration_ms(std::string_view text) {
    return parse_with_unit(text, kTimeUnits,
                           "it is not a duration: a whole number with ms, s, min or h behind it");
}

Result<std::uint64_t> parse_percent(std::string_view text) {
    return parse_with_unit(text, kShareUnits, "it is not a share: a whole number with % behind it");
}

Result<ListenAddress> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return fail(ErrorCode::invalid, "it is not HOST:PORT");
    }
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return fail(ErrorCode::invalid, "an IPv6 address stands in brackets");
    }
    const auto port = parse_count(text.substr(colon + 1));
    if (!port || *port > std::numeric_limits<std::uint16_t>::max()) {
        return fail(ErrorCode::invalid, "the port is not a number from 0 to 65535");
    }
    if (host.empty()) return fail(ErrorCode::invalid, "the host is empty");
    return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string format_bytes(std::uint64_t bytes) {
    return format_with_unit(bytes, std::span(kByteUnits).first(4));
}

std::string format_duration(std::uint64_t duration_ms) {
    return format_with_unit(duration_ms, kTimeUnits);
}

std::string format_percent(std::uint64_t percent) {
    return format_with_unit(percent, kShareUnits);
}

std::string format_address(const ListenAddress& address) {
    const bool brackets = address.host.find(':') != std::string::npos;
    return brackets ? fmt::format("[{}]:{}", address.host, address.port)
                    : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace cellmon::config
