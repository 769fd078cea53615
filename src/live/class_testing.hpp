#pragma once

// What the tests of this module share: entries as a journal hands them out, made of what a client
// would post. Not part of the library.

#include <deque>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "event/decode.hpp"
#include "journal/reader.hpp"
#include "live/server_entry.hpp"

namespace cellmon::live::testing {

inline constexpr TimeUs kStartUs = 1'790'000'000'000'000;

/// Entries with consecutive sequences from 1.
class Entries {
  public:
    /// Decodes one posted object as the server does and appends it.
    const journal::Entry& post(std::string_view json, TimeUs received_us) {
        auto batch = decoder_.decode(json, event::BodyForm::json, received_us);
        EXPECT_TRUE(batch.has_value() && batch->events.size() == 1) << json;
        return append(journal::EntryKind::event, batch->events.at(0).payload, received_us);
    }

    const journal::Entry& append(journal::EntryKind kind, std::string_view payload,
                                 TimeUs received_us) {
        payloads_.emplace_back(payload);
        journal::Entry entry;
        entry.header.sequence = all_.size() + 1;
        entry.header.received_us = received_us;
        entry.header.kind = kind;
        entry.chain = entry.header.sequence * 0x9e3779b97f4a7c15U;
        entry.payload = payloads_.back();
        all_.push_back(entry);
        return all_.back();
    }

    const journal::Entry& append(const ServerEntry& entry) {
        return append(journal::EntryKind::server, write_server_entry(entry), entry.at_us);
    }

    [[nodiscard]] const std::deque<journal::Entry>& all() const { return all_; }

  private:
    SeededRandom random_{11};
    event::Decoder decoder_{event::DecodeLimits{}, random_};
    std::deque<std::string> payloads_;
    std::deque<journal::Entry> all_;
};

}  // namespace cellmon::live::testing
