// Goal: whatever a text holds, InfluxDB reads it back as it was meant, and no two points ever have
// one place. Method: what the line protocol's own page says, spelled out; properties over random
// places; tests/stores reads hurtful texts back from the real thing.

#include "sinks/influxdb/line_protocol.hpp"

#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cellmon::influxdb {
namespace {

std::string tag_line(std::string_view value) {
    std::string out;
    LineWriter line(out);
    line.begin("m");
    line.tag("t", value);
    line.integer("n", 1);
    line.end(5);
    return out;
}

std::string text_line(std::string_view value) {
    std::string out;
    LineWriter line(out);
    line.begin("m");
    line.text("f", value);
    line.end(5);
    return out;
}

TEST(LineWriter, EveryKindOfValue) {
    std::string out;
    LineWriter line(out);
    line.begin("m");
    line.tag("block", std::uint64_t{12});
    line.tag("t", "x");
    line.integer("i", -3);
    line.real("r", 0.1);
    line.real("whole", 2);
    line.boolean("yes", true);
    line.boolean("no", false);
    line.text("s", "x");
    line.end(-7);
    EXPECT_EQ(out, "m,block=12,t=x i=-3i,r=0.1,whole=2,yes=t,no=f,s=\"x\" -7\n");
}

TEST(LineWriter, TagsAreEscaped) {
    EXPECT_EQ(tag_line("a,b=c d"), "m,t=a\\,b\\=c\\ d n=1i 5\n");
    EXPECT_EQ(tag_line("日本語😀\"'"), "m,t=日本語😀\"' n=1i 5\n");
    EXPECT_EQ(tag_line(""), "m n=1i 5\n") << "InfluxDB knows no empty tag";
}

TEST(LineWriter, WhatNoTagCanHoldIsReplaced) {
    EXPECT_EQ(tag_line("a\\"), "m,t=a＼ n=1i 5\n");
    EXPECT_EQ(tag_line("\\,"), "m,t=＼\\, n=1i 5\n");
    EXPECT_EQ(tag_line("a\nb\tc\x7f"), "m,t=a␊b␉c␡ n=1i 5\n");
    EXPECT_EQ(tag_text("a,b\n\\"), "a,b␊＼");
}

TEST(LineWriter, TextsAreQuoted) {
    EXPECT_EQ(text_line("a \"b\" \\, =\n"), "m f=\"a \\\"b\\\" \\\\, =\n\" 5\n");
    EXPECT_EQ(text_line("\\"), "m f=\"\\\\\" 5\n");
    EXPECT_EQ(text_line(""), "m f=\"\" 5\n");
}

TEST(PointTime, MillisecondAndSequence) {
    EXPECT_EQ(point_time_ns(1'790'000'000'123'999, 7), 1'790'000'000'123'000'007);
    EXPECT_EQ(point_time_ns(1'790'000'000'123'999, 3'000'007), 1'790'000'000'123'000'007);
    EXPECT_EQ(block_of(999'999), 0U);
    EXPECT_EQ(block_of(3'000'007), 3U);
    EXPECT_EQ(point_time_ns(-1, 0), -1'000'000) << "cut towards the past on either side of 1970";
    EXPECT_EQ(point_time_ns(-1'000, 0), -1'000'000);
}

RC_GTEST_PROP(PointTime, TwoSequencesNeverShareAPlace, ()) {
    const auto sequence = [] { return *rc::gen::inRange<std::uint64_t>(1, 5'000'000); };
    const auto time = [] {
        return *rc::gen::inRange<TimeUs>(1'790'000'000'000'000, 1'790'000'000'005'000);
    };
    const std::uint64_t one = sequence();
    // Neighbours, the same place in another block, and any other.
    const std::uint64_t other = *rc::gen::element(one + 1, one + 1'000'000, sequence());
    RC_PRE(one != other);
    RC_ASSERT(std::tuple(block_of(one), point_time_ns(time(), one)) !=
              std::tuple(block_of(other), point_time_ns(time(), other)));
}

}  // namespace
}  // namespace cellmon::influxdb
