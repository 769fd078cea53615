#include "harness/monitor/influx_probe.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <simdjson.h>

#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::monitor {
namespace {

constexpr std::chrono::milliseconds kInfluxTimeout{30'000};

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

/// For a query string.
std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        encoded +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

}  // namespace

Result<InfluxAddress> InfluxAddress::make(std::string_view url, std::string database,
                                          std::string_view user, std::string_view password,
                                          std::string_view token) {
    InfluxAddress address;
    CELLMON_TRY_ASSIGN(address.endpoint, Endpoint::parse(url));
    address.database = std::move(database);
    if (!token.empty()) {
        const bool plain =
            std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
        if (!plain) return fail(ErrorCode::invalid, "the token of InfluxDB has a space in it");
        address.endpoint.credentials = fmt::format("Authorization: Token {}\r\n", token);
    } else if (!user.empty()) {
        address.endpoint.credentials = fmt::format("Authorization: Basic {}\r\n",
                                                   base64(fmt::format("{}:{}", user, password)));
    }
    return address;
}

Result<double> points_in(std::string_view answer) {
    using simdjson::SUCCESS;
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    if (parser.parse(answer.data(), answer.size()).get(json) != SUCCESS)
        return fail(ErrorCode::unavailable, "the answer is not one of InfluxDB");
    std::string_view error;
    if (json["error"].get(error) == SUCCESS ||
        json["results"].at(0)["error"].get(error) == SUCCESS) {
        return fail(ErrorCode::unavailable, fmt::format("InfluxDB says: {}", error));
    }
    simdjson::dom::object result;
    if (json["results"].at(0).get(result) != SUCCESS)
        return fail(ErrorCode::unavailable, "the answer is not one of InfluxDB");
    simdjson::dom::element series;
    if (result["series"].get(series) != SUCCESS) return 0;
    double points = 0;
    if (series.at(0)["values"].at(0).at(1).get(points) != SUCCESS)
        return fail(ErrorCode::unavailable, "the answer of InfluxDB has no number");
    return points;
}

InfluxProbe::InfluxProbe(InfluxAddress address,
                         std::shared_ptr<const std::atomic<bool>> interrupted)
    : StoreProbe("InfluxDB", Metric::influx_points, kInfluxTimeout, std::move(interrupted)),
      address_(std::move(address)),
      path_(fmt::format("/query?db={}&q={}", percent_encoded(address_.database),
                        percent_encoded("SELECT count(sequence) FROM student_progress"))) {}

Result<double> InfluxProbe::count() {
    CELLMON_TRY_ASSIGN(const Response response, http_get(address_.endpoint, path_, wait()));
    return points_in(response.body);
}

}  // namespace cellmon::harness::monitor
