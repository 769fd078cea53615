#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "classroom/role.hpp"
#include "http/request.hpp"

namespace cellmon::api {

/// When a route asks for a token.
enum class Need : std::uint8_t {
    nothing,  ///< Never: it tells nothing about anybody, or is how one logs in.
    ingest,   ///< Never, but for a class key: where events come in, from pages of every origin.
    token,    ///< With `auth.mode = required`; it shows whom its caller may see (api/sights).

    /// As `token`; a token that is sent without need is looked at all the same, so that what
    /// somebody does bears their name.
    name,
    account,  ///< Always (contract §1.5).
};

struct Access {
    Need need = Need::account;
    classroom::Role least =
        classroom::Role::admin;  ///< The least role, where a token is asked for.
};

struct AccessLine {
    http::Method method;
    std::string_view pattern;
    Access access;
};

/// Every route of the program; its document has the same (openapi_test.cpp).
[[nodiscard]] std::span<const AccessLine> access_table();

/// Who may use a route; null for one that the table does not know, which no program starts with.
[[nodiscard]] const Access* access_of(http::Method method, std::string_view pattern);

/// The patterns that pages of every origin may use.
[[nodiscard]] std::vector<std::string_view> ingest_patterns();

}  // namespace cellmon::api
