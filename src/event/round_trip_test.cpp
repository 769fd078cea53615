// Goal: any text comes back through decode → payload → EventReader as the rules say, in any order
// of members, and what is stored is stable. Method: properties over arbitrary strings of characters
// that are likely to hurt (surrogates, NUL, controls, quotes, Japanese, emoji), arbitrary orders
// and arbitrary extra values.

#include <algorithm>
#include <map>
#include <span>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "event/decode_fixture.hpp"
#include "event/text.hpp"

namespace cellmon::event {
namespace {

constexpr TimeUs kReceivedAt = 1'795'455'793'000'000;

/// A piece of JSON string text, and what must be stored of it.
struct Piece {
    std::string json;
    std::string stored;
};

const std::vector<Piece>& pieces() {
    static const std::vector<Piece> all{
        {"a", "a"},
        {" ", " "},
        {"0123456789abcdef", "0123456789abcdef"},
        {"\\\"", "\""},
        {"\\\\", "\\"},
        {"\\n", "\n"},
        {"\\/", "/"},
        {"\\u001f", "\x1F"},
        {"\\u0000", "\xE2\x90\x80"},
        {"\\ud800", "\xEF\xBF\xBD"},
        {"\\udfff", "\xEF\xBF\xBD"},
        {"\\ud83d\\ude00", "\xF0\x9F\x98\x80"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        {"チーム", "チーム"},
        {"\\u30c1", "チ"},
        {"\x7F", "\x7F"},
        {"\xFF", "\xEF\xBF\xBD"},
        {"\xE3\x81", "\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    return all;
}

constexpr std::size_t kMaxPieces = 15;  // shorter than any field's limit

/// \ud800 before \udfff would be one character, not two lone surrogates.
Piece join(const std::vector<int>& choices) {
    Piece joined;
    bool after_high = false;
    for (const int choice : std::span(choices).first(std::min(choices.size(), kMaxPieces))) {
        const Piece& piece = pieces()[static_cast<std::size_t>(choice)];
        if (after_high && piece.json == "\\udfff") continue;
        after_high = piece.json == "\\ud800";
        joined.json += piece.json;
        joined.stored += piece.stored;
    }
    return joined;
}

Piece any_text() {
    const int last = static_cast<int>(pieces().size());
    return join(*rc::gen::container<std::vector<int>>(rc::gen::inRange(0, last)));
}

/// Members of an event in JSON, by name, with what must be stored of them.
std::map<std::string, Piece> any_members() {
    std::map<std::string, Piece> members;
    for (const char* name :
         {"userName", "teamName", "notebookPath", "code", "result", "helpNote"}) {
        if (*rc::gen::arbitrary<bool>()) members[name] = any_text();
    }
    return members;
}

std::string body_of(std::vector<std::string> members) {
    std::string body = "{";
    for (const std::string& member : members) {
        if (body.size() > 1) body += ",";
        body += member;
    }
    return body + "}";
}

Batch decode_one(std::string_view body) {
    SeededRandom random(1);
    Decoder decoder(DecodeLimits{}, random);
    auto batch = decoder.decode(body, BodyForm::json, kReceivedAt);
    RC_ASSERT(batch.has_value());
    RC_ASSERT(batch->events.size() == 1U);
    return std::move(*batch);
}

RC_GTEST_PROP(RoundTrip, TextsComeBackInAnyOrder, ()) {
    const auto members = any_members();
    std::vector<std::string> json{R"("emailAddress":"a@b")", R"("eventId":"e")",
                                  R"("eventTime":"2026-11-23T17:43:13Z")", R"("cellIndex":4)"};
    for (const auto& [name, text] : members)
        json.push_back("\"" + name + "\":\"" + text.json + "\"");
    const Piece other = any_text();
    json.push_back("\"other\":{\"x\":[\"" + other.json + "\"]}");

    const Batch batch = decode_one(body_of(json));
    EventReader reader;
    const auto event = reader.read(batch.events[0].payload);
    RC_ASSERT(event.has_value());
    for (const FieldInfo& field : kFields) {
        const auto sent = members.find(std::string(field.name));
        if (sent != members.end())
            RC_ASSERT(std::string(((*event)->*field.text).value_or("absent")) ==
                      sent->second.stored);
    }
    RC_ASSERT((*event)->cell_index == 4);
    std::string extra = "{\"other\":{\"x\":[";
    append_json_string(extra, other.stored);
    RC_ASSERT((*event)->extra == extra + "]}}");

    // Another order: the same hash and the same payload.
    std::vector<std::string> shuffled = json;
    const auto turns = *rc::gen::inRange<std::size_t>(0, json.size());
    std::rotate(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(turns),
                shuffled.end());
    if (*rc::gen::arbitrary<bool>()) std::reverse(shuffled.begin(), shuffled.end());
    const Batch again = decode_one(body_of(shuffled));
    RC_ASSERT(again.events[0].content_hash == batch.events[0].content_hash);
    RC_ASSERT(again.events[0].payload == batch.events[0].payload);
}

RC_GTEST_PROP(RoundTrip, WhatIsStoredIsStable, ()) {
    std::vector<std::string> json{
        R"("emailAddress":"a@b")", R"("eventId":"e")",
        R"("eventTime":"2026-11-23T17:43:13.123456Z")",
        R"("executionDurationMs":)" + std::to_string(*rc::gen::inRange(-1000, 1000)) + ".5"};
    for (const auto& [name, text] : any_members())
        json.push_back("\"" + name + "\":\"" + text.json + "\"");
    const Batch first = decode_one(body_of(json));
    const Batch second = decode_one(first.events[0].payload);
    RC_ASSERT(second.events[0].payload == first.events[0].payload);
    RC_ASSERT(second.events[0].id == first.events[0].id);
}

RC_GTEST_PROP(RoundTrip, TimesAreWrittenAsFormatTimeDoes, ()) {
    const auto time = *rc::gen::inRange<TimeUs>(-62'167'219'200'000'000, 253'402'300'800'000'000);
    std::string text;
    append_time(text, time);
    RC_ASSERT(text == format_time(time));
}

RC_GTEST_PROP(RoundTrip, SpecialCharactersAreFoundWhereTheyAre, ()) {
    const auto text = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::just('x'), rc::gen::just('x'), rc::gen::just('\xE3'), rc::gen::arbitrary<char>()));
    const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    std::size_t expected = from;
    while (expected < text.size() && static_cast<unsigned char>(text[expected]) >= 0x20 &&
           text[expected] != '"' && text[expected] != '\\') {
        ++expected;
    }
    RC_ASSERT(find_special(text, from) == expected);
}

}  // namespace
}  // namespace cellmon::event
