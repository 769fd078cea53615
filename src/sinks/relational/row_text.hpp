#pragma once

#include <string>

#include "event/event.hpp"
#include "journal/reader.hpp"
#include "sinks/relational/detail.hpp"

namespace cellmon::relational {

// All that the tables say of one entry and of no other, as one text: the columns of its row in
// `events` and in the table of its detail, by natural keys, one behind the other. audit_queries.cpp
// makes the same text of the stored columns. What depends on other events (places in an order,
// streaks, requests, sums) is not in it.

[[nodiscard]] std::string event_text(const journal::EntryHeader& header, const event::Event& event,
                                     const Detail& detail);
[[nodiscard]] std::string redacted_text(const journal::EntryHeader& header);
[[nodiscard]] std::string dead_letter_text(const journal::Entry& entry);
[[nodiscard]] std::string quarantine_text(const journal::Entry& entry);

/// Between two columns, and in place of one that is null. A text that holds them is no danger: it
/// takes more than an accident to make two rows alike.
inline constexpr char kColumnEnd = '\x1f';
inline constexpr char kNull = '\x01';

}  // namespace cellmon::relational
