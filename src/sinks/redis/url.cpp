#include "sinks/redis/url.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/percent.hpp"

namespace cellmon::redis {
namespace {

tl::unexpected<Error> refuse(std::string_view why) {
    return fail(ErrorCode::invalid,
                fmt::format("the URL of Redis must be redis://USER:PASSWORD@HOST:PORT/DATABASE "
                            "(all but HOST may be left out): {}",
                            why));
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

Result<void> take_person(std::string_view text, Address& address) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return refuse("a user without a password");
    auto user = percent_decode(text.substr(0, colon));
    auto password = percent_decode(text.substr(colon + 1));
    if (!user || !password) return refuse("user or password hold a % that is no escape");
    if (password->empty() && !user->empty()) return refuse("a user without a password");
    address.user = std::move(*user);
    address.password = std::move(*password);
    return {};
}

Result<void> take_place(std::string_view text, Address& address) {
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos)
            return refuse("the bracket of the address is not closed");
        address.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') return refuse("the port is not a number");
    } else {
        const auto colon = text.find(':');
        address.host = text.substr(0, colon);
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (address.host.empty()) return refuse("HOST is missing");
    if (port.empty()) return {};
    const auto value = number<std::uint16_t>(port.substr(1));
    if (!value || *value == 0) return refuse("PORT must be a number from 1 to 65535");
    address.port = *value;
    return {};
}

}  // namespace

Result<Address> parse_url(std::string_view url) {
    constexpr std::string_view kScheme = "redis://";
    if (url.starts_with("rediss://")) {
        return refuse("TLS (rediss://) is not spoken; let a tunnel do it, such as stunnel");
    }
    if (!url.starts_with(kScheme)) return refuse("it does not begin with redis://");
    url.remove_prefix(kScheme.size());
    Address address;
    const auto slash = url.find('/');
    std::string_view place = url.substr(0, slash);
    // A password may hold an @ that somebody forgot to encode; a host cannot.
    if (const auto at = place.rfind('@'); at != std::string_view::npos) {
        CELLMON_TRY(take_person(place.substr(0, at), address));
        place.remove_prefix(at + 1);
    }
    CELLMON_TRY(take_place(place, address));
    if (slash == std::string_view::npos || slash + 1 == url.size()) return address;
    const auto database = number<unsigned>(url.substr(slash + 1));
    if (!database) return refuse("DATABASE must be a number");
    address.database = *database;
    return address;
}

std::string name_of(const Address& address) {
    const bool is_v6 = address.host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", address.host, address.port)
                 : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace cellmon::redis
