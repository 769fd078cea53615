#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/ingest.hpp"

namespace cellmon::api {

/// What became of one event of a body.
enum class ItemOutcome : std::uint8_t {
    stored,
    duplicate,  ///< It was stored before, and is not stored again.
    conflict,   ///< Its id is stored with other content; the new one is kept in quarantine.
    refused,
};
[[nodiscard]] std::string_view name_of(ItemOutcome outcome);

struct ItemResult {
    std::size_t index = 0;
    std::string event_id;  ///< As the journal knows it; empty: refused.
    ItemOutcome outcome = ItemOutcome::stored;
    std::string field;  ///< Of a conflict or a refusal.
    std::string reason;

    /// Whether it is in the journal.
    [[nodiscard]] bool is_in() const {
        return outcome == ItemOutcome::stored || outcome == ItemOutcome::duplicate;
    }
};

/// In the order of the body.
[[nodiscard]] std::vector<ItemResult> item_results(const ingest::Ingest::Taken& taken);

}  // namespace cellmon::api
