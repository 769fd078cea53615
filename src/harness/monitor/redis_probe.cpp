#include "harness/monitor/redis_probe.hpp"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "base/percent.hpp"

namespace cellmon::harness::monitor {
namespace {

constexpr std::chrono::milliseconds kRedisTimeout{5'000};
constexpr std::size_t kMostAnswerBytes = 1U << 20U;
constexpr std::string_view kLineEnd = "\r\n";

tl::unexpected<Error> not_redis() {
    return fail(ErrorCode::unavailable, "the answer is not one of Redis");
}

/// The text of a whole answer (a line, a text with a length, an error); nullopt: more has to come.
Result<std::optional<std::string>> bulk_text(std::string_view answer) {
    const auto end = answer.find(kLineEnd);
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = answer.substr(1, end - 1);
    if (answer[0] == '-') return fail(ErrorCode::unavailable, fmt::format("Redis says: {}", line));
    if (answer[0] == '+') return std::string(line);
    std::size_t bytes = 0;
    if (answer[0] != '$' ||
        std::from_chars(line.data(), line.data() + line.size(), bytes).ec != std::errc() ||
        bytes > kMostAnswerBytes) {
        return not_redis();
    }
    const auto body = answer.substr(end + kLineEnd.size());
    if (body.size() < bytes + kLineEnd.size()) return std::nullopt;
    return std::string(body.substr(0, bytes));
}

}  // namespace

Result<RedisAddress> RedisAddress::parse(std::string_view url) {
    constexpr std::string_view kScheme = "redis://";
    const auto wrong = [] {
        return fail(ErrorCode::invalid,
                    "the Redis must be a URL like redis://:PASSWORD@127.0.0.1:6379");
    };
    if (!url.starts_with(kScheme)) return wrong();
    std::string_view place = url.substr(kScheme.size());
    place = place.substr(0, place.find('/'));
    RedisAddress address;
    if (const auto at = place.rfind('@'); at != std::string_view::npos) {
        const auto login = place.substr(0, at);
        place.remove_prefix(at + 1);
        const auto colon = login.find(':');
        const auto user = percent_decode(login.substr(0, colon));
        const auto password =
            percent_decode(colon == std::string_view::npos ? "" : login.substr(colon + 1));
        if (!user || !password) return wrong();
        address.user = *user;
        address.password = *password;
    }
    const auto colon = place.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && place.find(']', colon) == std::string_view::npos;
    auto endpoint = Endpoint::parse(fmt::format("http://{}{}", place, has_port ? "" : ":6379"));
    if (!endpoint) {
        if (endpoint.error().code == ErrorCode::invalid) return wrong();
        return fail(endpoint.error().code, fmt::format("cannot resolve the Redis at {}", place));
    }
    address.endpoint = std::move(*endpoint);
    return address;
}

std::optional<double> connected_clients(std::string_view info) {
    constexpr std::string_view kName = "connected_clients:";
    const auto at = info.find(kName);
    if (at == std::string_view::npos) return std::nullopt;
    const auto number = info.substr(at + kName.size());
    double value = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc())
        return std::nullopt;
    return value;
}

RedisProbe::RedisProbe(RedisAddress address, std::shared_ptr<const std::atomic<bool>> interrupted)
    : StoreProbe("Redis", Metric::redis_clients, kRedisTimeout, std::move(interrupted)),
      address_(std::move(address)) {}

Result<std::string> RedisProbe::ask(std::initializer_list<std::string_view> words) {
    std::string command = fmt::format("*{}\r\n", words.size());
    for (const auto word : words)
        fmt::format_to(std::back_inserter(command), "${}\r\n{}\r\n", word.size(), word);
    CELLMON_TRY(stream_->send(command, wait()));
    std::string answer;
    while (answer.size() < kMostAnswerBytes) {
        CELLMON_TRY_ASSIGN(const std::string bytes, stream_->receive(wait()));
        if (bytes.empty()) return fail(ErrorCode::unavailable, "Redis has closed the connection");
        answer += bytes;
        CELLMON_TRY_ASSIGN(auto text, bulk_text(answer));
        if (text) return std::move(*text);
    }
    return not_redis();
}

Result<void> RedisProbe::connect() {
    CELLMON_TRY_ASSIGN(stream_, Stream::connect(address_.endpoint, wait()));
    if (address_.password.empty()) return {};
    CELLMON_TRY(address_.user.empty() ? ask({"AUTH", address_.password})
                                      : ask({"AUTH", address_.user, address_.password}));
    return {};
}

Result<double> RedisProbe::count() {
    const auto asked = [&]() -> Result<double> {
        if (!stream_) CELLMON_TRY(connect());
        CELLMON_TRY_ASSIGN(const std::string info, ask({"INFO", "clients"}));
        const auto clients = connected_clients(info);
        if (!clients) return not_redis();
        return *clients;
    }();
    if (!asked) stream_.reset();
    return asked;
}

}  // namespace cellmon::harness::monitor
