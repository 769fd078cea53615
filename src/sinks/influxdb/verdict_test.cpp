// Goal: no answer of InfluxDB makes points lost, or a good point a dead letter. Method: the answers
// of 1.x as they were seen, those of 2.x and of proxies as their pages have them.

#include "sinks/influxdb/verdict.hpp"

#include <gtest/gtest.h>

namespace cellmon::influxdb {
namespace {

using enum Verdict::Kind;

Verdict of(long status, std::string body) {
    return verdict_of({status, std::move(body)}, "class");
}

TEST(Verdict, Taken) {
    EXPECT_EQ(of(204, "").kind, taken);
    EXPECT_EQ(of(200, "").kind, taken);
}

TEST(Verdict, WhatIsTooOldForTheDatabaseIsNoFaultOfThePoint) {
    const Verdict verdict =
        of(400, R"({"error":"partial write: points beyond retention policy dropped=12"})");
    EXPECT_EQ(verdict.kind, expired);
    EXPECT_EQ(verdict.expired, 12U);
    EXPECT_EQ(of(422, R"({"code":"unprocessable entity","message":"failure writing points to )"
                      R"(database: partial write: dropped 1 points outside retention policy"})")
                  .kind,
              expired);
}

TEST(Verdict, Refused) {
    const Verdict verdict =
        of(400,
           R"({"error":"partial write: field type conflict: input field \"duration\" dropped=1"})");
    EXPECT_EQ(verdict.kind, refused);
    EXPECT_EQ(verdict.reason,
              "partial write: field type conflict: input field \"duration\" dropped=1");
    EXPECT_EQ(of(413, "").kind, too_large);
}

TEST(Verdict, WhatSaysNothingOfThePointsIsTriedAgain) {
    for (const long status : {100, 301, 401, 403, 404, 408, 429, 500, 502, 503})
        EXPECT_EQ(of(status, "<html>").kind, failed) << status;
    EXPECT_NE(of(401, "").reason.find("influx.password"), std::string::npos);
    EXPECT_NE(of(404, R"({"error":"database not found"})").reason.find("database class"),
              std::string::npos);
}

TEST(Verdict, ReasonsAreOneLineOfBoundedLength) {
    const std::string reason =
        of(400, "a\nb\r" + std::string(99, 'x') + std::string(1'000, '\xe3')).reason;
    EXPECT_EQ(reason.substr(0, 5), "a b x");
    EXPECT_LE(reason.size(), 300U);
    std::string characters;
    for (int n = 0; n < 200; ++n)
        characters += "語";
    const std::string cut = of(400, "x" + characters).reason;
    EXPECT_EQ((cut.size() - 1) % 3, 0U) << "not in the middle of a character";
}

TEST(Verdict, TheLogQuotesNoValues) {
    EXPECT_EQ(without_values("unable to parse 'student_progress,emailAddress=a@b': bad"),
              "unable to parse …");
    EXPECT_EQ(without_values("limit exceeded (1/1): tag=\"t\" value=\"a@b\" dropped=1"),
              "limit exceeded (1/1): tag=\"t\"…");
    EXPECT_EQ(without_values("field type conflict"), "field type conflict");
}

}  // namespace
}  // namespace cellmon::influxdb
