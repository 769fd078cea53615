// Goal: what stores answer is read as it stands there, and what is no answer is none. Method: texts
// as Redis 7 and InfluxDB 1.6 send them.
#include <gtest/gtest.h>

#include "harness/monitor/influx_probe.hpp"
#include "harness/monitor/postgres_probe.hpp"
#include "harness/monitor/redis_probe.hpp"

namespace cellmon::harness::monitor {
namespace {

TEST(RedisAddress, IsReadFromAUrl) {
    const auto plain = RedisAddress::parse("redis://127.0.0.1");
    ASSERT_TRUE(plain.has_value());
    EXPECT_EQ(plain->endpoint.authority, "127.0.0.1:6379");
    EXPECT_EQ(plain->password, "");
    const auto full = RedisAddress::parse("redis://reader:p%40ss%2Fword@127.0.0.1:7000/3");
    ASSERT_TRUE(full.has_value());
    EXPECT_EQ(full->endpoint.authority, "127.0.0.1:7000");
    EXPECT_EQ(full->user, "reader");
    EXPECT_EQ(full->password, "p@ss/word");
    EXPECT_EQ(RedisAddress::parse("redis://:secret@127.0.0.1")->password, "secret");
}

TEST(RedisAddress, WhatIsNoneIsRefusedWithoutItsPassword) {
    for (const char* bad : {"http://127.0.0.1", "redis://", "redis://:secret%@127.0.0.1"}) {
        const auto refused = RedisAddress::parse(bad);
        ASSERT_FALSE(refused.has_value()) << bad;
        EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
    }
}

TEST(RedisInfo, ConnectedClients) {
    EXPECT_EQ(connected_clients("# Clients\r\nconnected_clients:17\r\ncluster_connections:0\r\n"),
              17);
    EXPECT_FALSE(connected_clients("# Clients\r\n").has_value());
    EXPECT_FALSE(connected_clients("connected_clients:\r\n").has_value());
}

TEST(InfluxAnswer, Points) {
    EXPECT_EQ(points_in(R"({"results":[{"statement_id":0,"series":[{"name":"student_progress",
        "columns":["time","count"],"values":[["1970-01-01T00:00:00Z",4242]]}]}]})"),
              4242);
    EXPECT_EQ(points_in(R"({"results":[{"statement_id":0}]})"), 0) << "a database without points";
}

TEST(InfluxAnswer, ErrorsAreNot0) {
    const auto no_database =
        points_in(R"({"results":[{"statement_id":0,"error":"database not found: x"}]})");
    ASSERT_FALSE(no_database.has_value());
    EXPECT_EQ(no_database.error().message, "InfluxDB says: database not found: x");
    EXPECT_FALSE(points_in(R"({"error":"authorization failed"})").has_value());
    for (const char* bad : {"", "{}", "<html>", R"({"results":[]})",
                            R"({"results":[{"series":[{"values":[["t",null]]}]}]})"}) {
        EXPECT_FALSE(points_in(bad).has_value()) << bad;
    }
}

TEST(InfluxAddress, SendsALoginOrAToken) {
    const auto make = [](std::string_view user, std::string_view password, std::string_view token) {
        return InfluxAddress::make("http://127.0.0.1:8086", "cellmon", user, password, token)
            ->endpoint.credentials;
    };
    EXPECT_EQ(make("", "", ""), "");
    EXPECT_EQ(make("user", "pass:word", ""), "Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n");
    EXPECT_EQ(make("user", "password", "t0ken"), "Authorization: Token t0ken\r\n");
    EXPECT_FALSE(InfluxAddress::make("http://127.0.0.1", "cellmon", "", "", "a\r\nb").has_value());
    EXPECT_FALSE(InfluxAddress::make("https://127.0.0.1", "cellmon", "", "", "").has_value());
}

TEST(PostgresUrl, ThePortOnThisMachine) {
    EXPECT_EQ(local_postgres_port("postgresql://u:p@127.0.0.1:5433/db"), 5433);
    EXPECT_EQ(local_postgres_port("host=localhost dbname=db"), 5432);
    EXPECT_FALSE(local_postgres_port("postgresql://u:p@db.example.com/db").has_value());
    EXPECT_FALSE(local_postgres_port("postgresql:///db").has_value());
    EXPECT_FALSE(local_postgres_port("no url at all").has_value());
}

}  // namespace
}  // namespace cellmon::harness::monitor
