// Goal: the document that the program carries has the routes of the program, and asks for the same
// tokens. Method: the embedded JSON against the access table, which every route must be in.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "api/access_table.hpp"
#include "dashboard/assets.hpp"

namespace cellmon::api {
namespace {

using classroom::Role;
using RouteName = std::pair<std::string, std::string>;

std::string_view name_of(Need need) {
    switch (need) {
        case Need::nothing:
            return "nothing";
        case Need::ingest:
            return "ingest";
        case Need::token:
            return "token";
        case Need::name:
            return "name";
        case Need::account:
            break;
    }
    return "account";
}

std::string access_text(const Access& access) {
    return std::string(name_of(access.need)) + ' ' + std::string(classroom::name_of(access.least));
}

std::string small(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

/// As the document has it: `{name...}` is a parameter like others there.
std::string documented_path(std::string_view pattern) {
    constexpr std::string_view kRest = "...}";
    std::string path(pattern);
    if (path.ends_with(kRest)) path.replace(path.size() - kRest.size(), kRest.size(), "}");
    return path;
}

/// What each operation of the document asks for.
std::map<RouteName, std::string> documented() {
    const auto assets = dashboard::assets();
    const auto found = std::find_if(assets.begin(), assets.end(), [](const auto& asset) {
        return asset.path == "/api/v1/openapi.json";
    });
    std::map<RouteName, std::string> operations;
    if (found == assets.end()) return operations;
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parser.parse(found->bytes.data(), found->bytes.size());
    const simdjson::dom::object paths = document["paths"];
    for (const auto path : paths) {
        const simdjson::dom::object item = path.value;
        for (const auto operation : item) {
            const std::string_view need = operation.value["x-access"]["need"];
            const std::string_view role = operation.value["x-access"]["role"];
            operations[{std::string(operation.key), std::string(path.key)}] =
                std::string(need) + ' ' + std::string(role);
        }
    }
    return operations;
}

TEST(OpenApi, HasTheRoutesOfTheProgramAndTheirAccess) {
    std::map<RouteName, std::string> routes;
    for (const AccessLine& line : access_table()) {
        routes[{small(http::name_of(line.method)), documented_path(line.pattern)}] =
            access_text(line.access);
    }
    EXPECT_EQ(documented(), routes);
}

}  // namespace
}  // namespace cellmon::api
