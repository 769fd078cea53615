#include "api/offline/item_results.hpp"

#include <algorithm>

#include "ingest/batch_answer.hpp"

namespace cellmon::api {
namespace {

ItemOutcome outcome_of(journal::Outcome outcome) {
    switch (outcome) {
        case journal::Outcome::duplicate:
            return ItemOutcome::duplicate;
        case journal::Outcome::conflict:
            return ItemOutcome::conflict;
        case journal::Outcome::stored:
        case journal::Outcome::failed:  // Then the whole body was answered 503.
            break;
    }
    return ItemOutcome::stored;
}

}  // namespace

std::string_view name_of(ItemOutcome outcome) {
    switch (outcome) {
        case ItemOutcome::stored:
            return "stored";
        case ItemOutcome::duplicate:
            return "duplicate";
        case ItemOutcome::conflict:
            return "conflict";
        case ItemOutcome::refused:
            break;
    }
    return "refused";
}

std::vector<ItemResult> item_results(const ingest::Ingest::Taken& taken) {
    std::vector<ItemResult> results;
    results.reserve(taken.batch.total_items);
    for (std::size_t i = 0; i < taken.batch.events.size(); ++i) {
        ItemResult result;
        result.index = taken.batch.events[i].index;
        result.event_id = taken.batch.events[i].id.to_string();
        result.outcome = outcome_of(taken.entries[i].outcome);
        if (result.outcome == ItemOutcome::conflict) {
            result.field = "eventId";
            result.reason = ingest::conflict_reason();
        }
        results.push_back(std::move(result));
    }
    for (const event::RefusedItem& item : taken.batch.refused) {
        results.push_back({item.index,
                           {},
                           ItemOutcome::refused,
                           std::string(item.field),
                           std::string(item.reason)});
    }
    std::ranges::sort(results, {}, &ItemResult::index);
    return results;
}

}  // namespace cellmon::api
