#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "event/decode.hpp"
#include "event/event_reader.hpp"

namespace cellmon::event {

/// Decodes bodies at a fixed receive time with a repeatable random source.
class DecodeFixture : public ::testing::Test {
  protected:
    static constexpr TimeUs kReceived = 1'795'455'793'000'000;  // 2026-11-23T17:43:13Z

    Batch decode(std::string_view body, BodyForm form = BodyForm::json) {
        auto batch = decoder_.decode(body, form, kReceived);
        EXPECT_TRUE(batch.has_value()) << body << ": " << (batch ? "" : batch.error().detail_json);
        return batch ? std::move(*batch) : Batch();
    }

    BodyError error(std::string_view body, BodyForm form = BodyForm::json) {
        auto batch = decoder_.decode(body, form, kReceived);
        EXPECT_FALSE(batch.has_value()) << body;
        return batch ? BodyError{} : batch.error();
    }

    /// The payload of an event with an identity, an id, a time, and `members` (`"name":value,…`).
    std::string payload(std::string_view members) {
        const Batch batch = decode(item(members));
        if (batch.events.size() != 1) {
            ADD_FAILURE() << members << " was refused";
            return {};
        }
        return std::string(batch.events[0].payload);
    }

    /// The part of the payload behind what item() gives every event.
    std::string rest(std::string_view members) {
        const std::string whole = payload(members);
        constexpr std::string_view kStart =
            R"({"eventId":"e","eventTime":"2026-11-23T17:43:13.000000Z","emailAddress":"a@b")";
        EXPECT_TRUE(whole.starts_with(kStart)) << whole;
        return whole.size() > kStart.size()
                   ? whole.substr(kStart.size(), whole.size() - kStart.size() - 1)
                   : whole;
    }

    /// `field: reason` of the refusal, or "accepted".
    std::string refusal(std::string_view members) {
        const Batch batch = decode(item(members));
        if (batch.refused.size() != 1) return "accepted";
        return std::string(batch.refused[0].field) + ": " + std::string(batch.refused[0].reason);
    }

    std::uint64_t hash(std::string_view json) {
        const Batch batch = decode(json);
        return batch.events.empty() ? 0 : batch.events[0].content_hash;
    }

    static std::string item(std::string_view members) {
        std::string body =
            R"({"eventId":"e","emailAddress":"a@b","eventTime":"2026-11-23T17:43:13Z")";
        if (!members.empty()) body.append(",").append(members);
        return body + "}";
    }

    SeededRandom random_{1};
    Decoder decoder_{DecodeLimits{}, random_};
    EventReader reader_;
};

}  // namespace cellmon::event
