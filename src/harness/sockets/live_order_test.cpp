// Goal: a message that is lost, doubled back, of another history or no message at all is found, and
// what the page allows is not. Method: sound sequences of messages, each then broken in one way.
#include "harness/sockets/live_order.hpp"

#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cellmon::harness {
namespace {

using Type = LiveMessage::Type;

constexpr std::string_view kDelta =
    R"({"type":"delta","epoch":"e-1","from":7,"sequence":9,"at":"2026-11-25T09:30:00.123456Z",)"
    R"("counters":{"students":1},"students":[{"email":"a","type":"x","sequence":1}],"gone":[]})";

TEST(LiveMessage, IsReadFromTheMessagesOfThePage) {
    const auto delta = read_live_message(kDelta);
    ASSERT_TRUE(delta);
    EXPECT_EQ(delta->type, Type::delta);
    EXPECT_EQ(delta->epoch, "e-1");
    EXPECT_EQ(delta->from, 7U);
    EXPECT_EQ(delta->sequence, 9U);
    EXPECT_EQ(delta->at, "2026-11-25T09:30:00.123456Z");
    const auto snapshot = read_live_message(
        R"({"type":"snapshot","epoch":"e-1","sequence":18446744073709551615,"at":"t","students":[]})");
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->type, Type::snapshot);
    EXPECT_EQ(snapshot->sequence, UINT64_MAX);
    EXPECT_EQ(read_live_message(R"({"type":"status","received":3})")->type, Type::status);
    EXPECT_EQ(read_live_message(R"({"type":"pong"})")->type, Type::other);
}

TEST(LiveMessage, IsReadInAnyOrderBehindAnyValue) {
    const auto message = read_live_message(
        " { \"sequence\" : 9 , \"odd\\\"}{\" : {\"from\":1,\"x\":[\"]\\\\\",{}]} , \"at\":\"t\",\n"
        "\"n\":null,\"epoch\":\"e\", \"from\":7,\"d\":-1.5e3, \"type\":\"delta\" } ");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->from, 7U);
    EXPECT_EQ(message->sequence, 9U);
    EXPECT_EQ(message->epoch, "e");
}

TEST(LiveMessage, IsNotReadFromAnythingElse) {
    for (const std::string_view text :
         {"", "[]", "{}", "null", "{\"type\":\"delta\"}", "{\"type\"", "{\"type\":}",
          R"({"type":"delta","epoch":"e","sequence":9,"at":"t"})",
          R"({"type":"snapshot","epoch":"e","sequence":-1,"at":"t"})",
          R"({"type":"snapshot" "epoch":"e","sequence":1,"at":"t"})",
          R"({"x":"snapshot","epoch":"e","sequence":1,"at":"t"})"}) {
        EXPECT_FALSE(read_live_message(text)) << text;
    }
    // Cut before the last field that is needed.
    for (std::size_t size = 0; size < kDelta.find("\"at\""); ++size)
        EXPECT_FALSE(read_live_message(kDelta.substr(0, size))) << size;
}

LiveMessage snapshot(std::uint64_t sequence, std::string_view epoch = "e") {
    return {Type::snapshot, epoch, 0, sequence, {}};
}

LiveMessage delta(std::uint64_t from, std::uint64_t sequence, std::string_view epoch = "e") {
    return {Type::delta, epoch, from, sequence, {}};
}

std::uint64_t missed(const std::vector<LiveMessage>& messages) {
    LiveOrder order;
    for (const LiveMessage& message : messages)
        static_cast<void>(order.take(message));
    return order.missed();
}

std::string first_fault(const std::vector<LiveMessage>& messages) {
    LiveOrder order;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto fault = order.take(messages[i]);
        if (!fault.empty()) return fmt::format("{}: {}", i, fault);
    }
    return "";
}

TEST(LiveOrder, TakesWhatThePageAllows) {
    LiveMessage status;
    status.type = Type::status;
    EXPECT_EQ(first_fault({status, snapshot(5), delta(5, 7), status, delta(7, 7), delta(3, 8),
                           snapshot(8), snapshot(9), delta(9, 10), snapshot(1, "other"),
                           delta(1, 2, "other")}),
              "");
}

TEST(LiveOrder, FindsWhatItForbids) {
    EXPECT_EQ(first_fault({delta(0, 1)}), "0: a delta before any snapshot");
    EXPECT_EQ(first_fault({snapshot(1, "")}), "0: a snapshot without epoch");
    EXPECT_EQ(first_fault({snapshot(5), delta(5, 6, "other")}), "1: a delta of another epoch");
    EXPECT_EQ(first_fault({snapshot(5), snapshot(4)}), "1: an older snapshot came later");
    // Any one of a row of deltas lost, and any two neighbours exchanged.
    const std::vector<LiveMessage> sound = {snapshot(5), delta(5, 6), delta(6, 8), delta(8, 9),
                                            delta(9, 12)};
    ASSERT_EQ(first_fault(sound), "");
    for (std::size_t i = 1; i + 1 < sound.size(); ++i) {
        auto lost = sound;
        lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_EQ(first_fault(lost), "") << "what is missing is not out of order";
        EXPECT_EQ(missed(lost), 1U);
        auto exchanged = sound;
        std::swap(exchanged[i], exchanged[i + 1]);
        EXPECT_EQ(first_fault(exchanged), fmt::format("{}: an older delta came later", i + 1));
        EXPECT_EQ(missed(exchanged), 0U) << "what came too late is not missing";
    }
    EXPECT_EQ(missed(sound), 0U);
    EXPECT_EQ(first_fault({snapshot(5), delta(5, 9), delta(5, 8)}), "2: an older delta came later");
    EXPECT_EQ(first_fault({snapshot(5), delta(6, 6), delta(5, 6)}), "2: an older delta came later")
        << "one of the same sequence that was held back";
}

TEST(LiveOrder, AGapStaysOneAndIsNamed) {
    LiveOrder order;
    for (const LiveMessage& message :
         {snapshot(5), delta(5, 6), delta(8, 9), delta(9, 10), delta(12, 13), snapshot(13)})
        EXPECT_EQ(order.take(message), "");
    EXPECT_EQ(order.sequence(), 13U);
    EXPECT_EQ(order.missed(), 2U) << "a snapshot heals the picture, and brings no message back";
    EXPECT_EQ(order.first_missed().after, 6U);
    EXPECT_EQ(order.first_missed().until, 8U);
    EXPECT_EQ(order.take(delta(6, 8)), "an older delta came later");
    EXPECT_EQ(order.missed(), 2U);
}

TEST(LiveOrder, GapsHaveABound) {
    constexpr std::uint64_t kGaps = 5'000;
    LiveOrder order;
    EXPECT_EQ(order.take(snapshot(0)), "");
    for (std::uint64_t i = 1; i <= kGaps; ++i)
        EXPECT_EQ(order.take(delta(2 * i, 2 * i + 1)), "");
    EXPECT_EQ(order.missed(), kGaps);
    EXPECT_EQ(order.first_missed().until, 2U);
}

}  // namespace
}  // namespace cellmon::harness
