// Goal: the real extension's traffic comes through whole. Method: decodes both recordings, byte for
// byte as posted, reads every payload back, and counts how the cells ended.

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <simdjson.h>

#include "event/decode_fixture.hpp"
#include "event/execution_status.hpp"

namespace cellmon::event {
namespace {

class Recordings : public DecodeFixture, public ::testing::WithParamInterface<const char*> {
  protected:
    std::vector<std::string> posted_bodies() {
        std::ifstream file(std::string(CELLMON_TEST_DATA "/") + GetParam());
        std::vector<std::string> bodies;
        simdjson::dom::parser parser;
        for (std::string line; std::getline(file, line);) {
            const auto request = parser.parse(simdjson::padded_string(line)).value();
            if (request["method"].get_string().value() == "POST") {
                bodies.emplace_back(request["body"].get_string().value());
            }
        }
        return bodies;
    }
};

TEST_P(Recordings, EveryEventIsReadAndEveryCellCounted) {
    std::map<std::string, int> cells;
    std::map<Id128, std::uint64_t> hashes;
    for (const std::string& body : posted_bodies()) {
        const Batch batch = decode(body);
        EXPECT_TRUE(batch.refused.empty());
        for (const DecodedEvent& decoded : batch.events) {
            const auto [known, is_new] = hashes.try_emplace(decoded.id, decoded.content_hash);
            EXPECT_EQ(known->second, decoded.content_hash) << "a resent event has the same content";
            if (!is_new) continue;
            const auto event = reader_.read(decoded.payload);
            ASSERT_TRUE(event.has_value()) << decoded.payload;
            EXPECT_TRUE((*event)->extra.empty()) << (*event)->extra;
            EXPECT_FALSE((*event)->event_time_missing);
            if ((*event)->event_type != "cell_executed") continue;
            const ExecutionStatus status = execution_status_of(**event);
            ++cells[status == ExecutionStatus::none ? std::string(*(*event)->cell_type)
                                                    : std::string(name_of(status))];
        }
    }
    const bool resent = std::string_view(GetParam()).find("retries") != std::string_view::npos;
    EXPECT_EQ(hashes.size(), resent ? 20U : 22U);
    EXPECT_EQ(cells,
              (std::map<std::string, int>{
                  {"success", 7}, {"error", 3}, {"aborted", 4}, {"skipped", 1}, {"markdown", 2}}));
}

TEST_P(Recordings, EveryMemberComesBackAsItWasSent) {
    simdjson::dom::parser sent_parser;
    simdjson::dom::parser stored_parser;
    bool japanese = false;
    bool emoji = false;
    for (const std::string& body : posted_bodies()) {
        const Batch batch = decode(body);
        const auto items = sent_parser.parse(body).get_array().value();
        for (const DecodedEvent& decoded : batch.events) {
            japanese = japanese || decoded.payload.find("チーム") != std::string_view::npos;
            emoji = emoji || decoded.payload.find("\xF0\x9F") != std::string_view::npos;
            const auto stored =
                stored_parser.parse(simdjson::padded_string(decoded.payload)).value();
            const auto sent = items.at(decoded.index).get_object().value();
            EXPECT_EQ(stored.get_object().value().size(), sent.size());
            for (const auto member : sent) {
                std::string expected = simdjson::minify(member.value);
                // 2026-11-23T17:43:11.118Z is stored with six decimals.
                if (member.key == "eventTime") expected.insert(expected.size() - 2, "000");
                EXPECT_EQ(simdjson::minify(stored[member.key].value()), expected);
            }
        }
    }
    EXPECT_TRUE(japanese);
    EXPECT_TRUE(emoji);
}

INSTANTIATE_TEST_SUITE_P(Files, Recordings,
                         ::testing::Values("recorded-extension-traffic.jsonl",
                                           "recorded-extension-traffic-retries.jsonl"),
                         [](const auto& instance) {
                             return instance.index == 0 ? "plain" : "retries";
                         });

}  // namespace
}  // namespace cellmon::event
