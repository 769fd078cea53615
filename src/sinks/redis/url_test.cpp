// Goal: a URL of Redis is read as people write it, and what is wrong is said without repeating it.
#include "sinks/redis/url.hpp"

#include <gtest/gtest.h>

namespace cellmon::redis {
namespace {

TEST(RedisUrl, ReadsAllParts) {
    const auto address = parse_url("redis://ann:p%40ss%2Fw%25@redis.example:7000/3");
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(address->host, "redis.example");
    EXPECT_EQ(address->port, 7000);
    EXPECT_EQ(address->database, 3U);
    EXPECT_EQ(address->user, "ann");
    EXPECT_EQ(address->password, "p@ss/w%");
}

TEST(RedisUrl, AllButTheHostMayBeLeftOut) {
    for (const auto* url :
         {"redis://localhost", "redis://localhost/", "redis://localhost:6379/0"}) {
        const auto address = parse_url(url);
        ASSERT_TRUE(address) << url << address.error().message;
        EXPECT_EQ(address->host, "localhost");
        EXPECT_EQ(address->port, 6379);
        EXPECT_EQ(address->database, 0U);
        EXPECT_EQ(address->password, "");
    }
    EXPECT_EQ(parse_url("redis://:secret@[::1]:6380")->host, "::1");
    EXPECT_EQ(name_of(*parse_url("redis://:secret@[::1]:6380")), "[::1]:6380");
    EXPECT_EQ(parse_url("redis://:se@cret@host")->password, "se@cret");
}

TEST(RedisUrl, SaysWhatIsWrongAndRepeatsNothing) {
    for (const auto* url :
         {"", "hunter2", "http://:hunter2@host", "rediss://:hunter2@host", "redis://",
          "redis://:hunter2@", "redis://:hunter2@:6379", "redis://:hunter2@host:0",
          "redis://:hunter2@host:port", "redis://:hunter2@host:70000", "redis://:hunter2@host/x",
          "redis://:hunter2@host/-1", "redis://:hunter2%zz@host", "redis://hunter2@host",
          "redis://hunter2:@host", "redis://:hunter2@[::1", "redis://:hunter2@[::1]6379"}) {
        const auto address = parse_url(url);
        ASSERT_FALSE(address) << url;
        EXPECT_EQ(address.error().code, ErrorCode::invalid);
        EXPECT_EQ(address.error().message.find("hunter2"), std::string::npos);
        EXPECT_NE(address.error().message.find("redis://USER:PASSWORD@HOST:PORT/DATABASE"),
                  std::string::npos);
    }
}

}  // namespace
}  // namespace cellmon::redis
