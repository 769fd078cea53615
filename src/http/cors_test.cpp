// Goal: pages and names are told apart by their whole host. Method: tables of what attackers write.
#include "http/cors.hpp"

#include <gtest/gtest.h>

#include "http/authority.hpp"
#include "http/router.hpp"

namespace cellmon::http {
namespace {

CorsPolicy closed() {
    CorsPolicy policy;
    policy.any_origin = false;
    policy.this_machine = true;
    policy.origins = {"https://class.example"};
    policy.check_host = true;
    policy.hosts = {"class.example"};
    return policy;
}

TEST(Authority, HostsWithoutTheirPorts) {
    EXPECT_EQ(host_of("Class.Example:8000"), "class.example");
    EXPECT_EQ(host_of("[::1]:80"), "[::1]");
    EXPECT_EQ(host_of("[::1"), "");
    EXPECT_EQ(host_of_origin("https://class.example:1"), "class.example");
    EXPECT_EQ(host_of_origin("null"), "");
    for (const char* name : {"localhost", "127.0.0.1", "127.255.1.2", "[::1]"})
        EXPECT_TRUE(is_this_machine(name)) << name;
    for (const char* name : {"", "local", "localhost.example", "127.0.0.1.example", "128.0.0.1",
                             "0.0.0.0", "[::2]", "::1", "127.0.0.1/x", "2130706433", "127.1"})
        EXPECT_FALSE(is_this_machine(name)) << name;
}

TEST(Cors, OnlyKnownNamesAreAnswered) {
    const CorsPolicy policy = closed();
    for (const char* host : {"localhost:8000", "127.0.0.1", "[::1]:1", "class.example:443"})
        EXPECT_TRUE(policy.allows_host(host)) << host;
    for (const char* host : {"", "evil.example", "class.example.evil", "localhost.evil", "[::2]"})
        EXPECT_FALSE(policy.allows_host(host)) << host;
    EXPECT_TRUE(CorsPolicy{}.allows_host("evil.example"));
}

TEST(Cors, AddressesAreNoNames) {
    CorsPolicy policy = closed();
    policy.addresses = true;
    for (const char* host : {"192.0.2.1:8000", "[2001:db8::1]:8000", "localhost", "class.example"})
        EXPECT_TRUE(policy.allows_host(host)) << host;
    for (const char* host : {"", "evil.example", "192.0.2.1.evil.example", "192.0.2.1@evil.example",
                             "2001:db8::1", "[evil]", "3221225985", "192.0.2"})
        EXPECT_FALSE(policy.allows_host(host)) << host;
}

TEST(Cors, OnlyKnownPagesMayChange) {
    const CorsPolicy policy = closed();
    for (const char* origin : {"http://localhost:3000", "http://127.0.0.1:8888", "http://[::1]",
                               "https://class.example", "http://class.example:8000"})
        EXPECT_TRUE(policy.may_change(origin, "class.example")) << origin;
    for (const char* origin :
         {"http://evil.example", "null", "", "http://", "https://class.example.evil",
          "http://localhost.evil", "http://localhost@evil.example"})
        EXPECT_FALSE(policy.may_change(origin, "localhost")) << origin;
    EXPECT_FALSE(policy.may_change("http://class.example", "localhost")) << "not as it is listed";
    EXPECT_TRUE(CorsPolicy{}.may_change("http://evil.example", "localhost"));
}

TEST(Cors, ARouteOpenToAllIsFoundInAllItsSpellings) {
    Router router;
    router.open_to_any_origin("/api/v1/events");
    for (const char* path : {"/api/v1/events", "/api/v1/events/", "/api/v1/v1/events"})
        EXPECT_TRUE(router.takes_any_origin(path)) << path;
    for (const char* path : {"/api/v1/events/export", "/api/v1/event", "/", "//api/v1/events"})
        EXPECT_FALSE(router.takes_any_origin(path)) << path;
}

}  // namespace
}  // namespace cellmon::http
