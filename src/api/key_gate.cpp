#include "api/key_gate.hpp"

#include <string>

#include "api/refusals.hpp"
#include "auth/class_key.hpp"

namespace cellmon::api {
namespace {

constexpr std::string_view kNoKey =
    "Events need a class key on this server: send it as the header field X-Class-Key, or behind "
    "the address of the events as ?key=KEY. An instructor of the class makes one";
constexpr std::string_view kBad =
    "This class key is unknown, revoked or expired. Ask an instructor of the class for the one "
    "that is good now";
constexpr std::string_view kUntold =
    "This class key is not known yet, and the classroom's database is away; send the events again";

/// Empty: there is none.
std::string_view key_of(const http::Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    if (const auto field = request.header("x-class-key"); !field.empty()) return field;
    const std::string_view field = request.header("authorization");
    // A token of an account is no key, and says nothing of a class.
    if (http::equal_ignoring_case(field.substr(0, kScheme.size()), kScheme)) {
        const std::string_view credentials = field.substr(kScheme.size());
        if (credentials.starts_with(auth::kClassKeyPrefix)) return credentials;
    }
    return request.query_value("key").value_or(std::string_view());
}

}  // namespace

std::optional<http::Response> KeyGate::check(http::Request& request) {
    const std::string_view key = key_of(request);
    if (key.empty()) {
        if (!required_) return std::nullopt;
        ++missing_;
        return unauthorized(kNoKey);
    }
    auto answer = keys_.look_up(key, clock_.now_us());
    switch (answer.verdict) {
        case auth::KeyRing::Verdict::good:
            request.principal = std::move(answer.class_code);
            return std::nullopt;
        case auth::KeyRing::Verdict::untold:
            ++untold_;
            return http::unavailable_response(kUntold);
        case auth::KeyRing::Verdict::bad:
            break;
    }
    ++bad_;
    return unauthorized(kBad);
}

std::vector<telemetry::MetricFamily> KeyGate::metrics() const {
    const auto count = [](const std::atomic<std::uint64_t>& value) {
        return static_cast<double>(value.load());
    };
    telemetry::MetricFamily refused{"cellmon_class_key_refusals_total",
                                    "Bodies of events that were not let in by a class key",
                                    telemetry::MetricKind::counter,
                                    {}};
    refused.samples = {{{{"why", "missing"}}, count(missing_), {}},
                       {{{"why", "bad"}}, count(bad_), {}},
                       {{{"why", "database_away"}}, count(untold_), {}}};
    return {std::move(refused), telemetry::gauge("cellmon_class_keys", "Class keys that are good",
                                                 static_cast<double>(keys_.size()))};
}

std::string_view class_of_key(const http::Request& request) {
    const auto* code = static_cast<const std::string*>(request.principal.get());
    return code == nullptr ? std::string_view() : std::string_view(*code);
}

}  // namespace cellmon::api
