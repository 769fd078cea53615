#include "audit/row_comparison.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace cellmon::audit {
namespace {

/// Where the events of a range belong, and how often each of them is stored.
class Places {
  public:
    Places(std::span<const StoredRow> expected, std::span<const StoredRow> stored) {
        for (const StoredRow& row : expected)
            own_.emplace(row.id, row.sequence);
        for (const StoredRow& row : stored)
            ++copies_[row.id];
    }

    /// Of a row that holds another event than belongs there.
    [[nodiscard]] Difference judge(const StoredRow& row, Kind otherwise) const {
        const auto own = own_.find(row.id);
        const std::string id = row.id.to_string();
        if (own == own_.end()) {
            return {otherwise, row.sequence,
                    row.id,    fmt::format("event {} stands here and does not belong here", id),
                    {},        0};
        }
        if (copies_.at(row.id) > 1) {
            return {Kind::doubled,
                    row.sequence,
                    row.id,
                    fmt::format("event {} of sequence {} stands here, too", id, own->second),
                    {},
                    0};
        }
        return {Kind::order, row.sequence,
                row.id,      fmt::format("event {} of sequence {} stands here", id, own->second),
                {},          0};
    }

    [[nodiscard]] bool is_stored(const Id128& id) const { return copies_.contains(id); }

  private:
    std::unordered_map<Id128, std::uint64_t> own_;
    std::unordered_map<Id128, std::uint64_t> copies_;
};

Difference missing(const StoredRow& row) {
    return {Kind::missing, row.sequence, row.id, "it is not there", {}, 0};
}

/// The row that stands at the place of `promised`.
void judge_kept(const StoredRow& row, const StoredRow& promised, const Places& places,
                std::vector<Difference>& found) {
    if (row.remains) {
        found.push_back(missing(promised));
    } else if (row.id != promised.id && row.id != Id128{}) {
        found.push_back(places.judge(row, Kind::changed));
        // Its own event is somewhere else, or lost.
        if (!places.is_stored(promised.id)) found.push_back(missing(promised));
    } else if (row.mark != promised.mark) {
        found.push_back({Kind::changed, row.sequence, row.id, "its content differs", {}, 0});
    }
}

}  // namespace

std::vector<Difference> compare_rows(std::span<const StoredRow> expected,
                                     std::span<const StoredRow> stored) {
    const Places places(expected, stored);
    std::vector<Difference> found;
    auto row = stored.begin();
    for (const StoredRow& promised : expected) {
        for (; row != stored.end() && row->sequence < promised.sequence; ++row)
            found.push_back(places.judge(*row, Kind::extra));
        if (row == stored.end() || row->sequence > promised.sequence) {
            found.push_back(missing(promised));
            continue;
        }
        // Of several the right one, if there is one.
        const auto end = std::find_if(row, stored.end(), [&](const StoredRow& other) {
            return other.sequence != promised.sequence;
        });
        const auto right = std::find_if(
            row, end, [&](const StoredRow& other) { return other.mark == promised.mark; });
        const auto kept = right == end ? row : right;
        judge_kept(*kept, promised, places, found);
        for (; row != end; ++row) {
            if (row == kept) continue;
            found.push_back(
                {Kind::doubled, row->sequence, row->id, "there is more than one row of it", {}, 0});
        }
    }
    for (; row != stored.end(); ++row)
        found.push_back(places.judge(*row, Kind::extra));
    return found;
}

}  // namespace cellmon::audit
