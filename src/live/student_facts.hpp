#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <xxhash.h>

#include "live/cell_table.hpp"
#include "live/help_signals.hpp"
#include "live/order_key.hpp"

namespace cellmon::live {

/// A value and the place of the entry that told it.
template <typename T>
struct Latest {
    T value{};
    OrderKey key;

    template <typename U>
    void take(const U& told, const OrderKey& at) {
        if (at <= key) return;
        value = told;
        key = at;
    }
    bool operator==(const Latest&) const = default;
};

/// A text, its hash, by which it is compared without a look at it, and the place of the entry that
/// told it.
struct LatestText {
    std::string value;
    std::uint64_t hash = hash_of({});
    OrderKey key;

    [[nodiscard]] static std::uint64_t hash_of(std::string_view text) {
        return XXH3_64bits(text.data(), text.size());
    }

    /// Whether it is another text now.
    bool take(std::string_view told, const OrderKey& at) {
        if (at <= key) return false;
        key = at;
        if (std::exchange(hash, hash_of(told)) == hash) return false;
        value = told;
        return true;
    }
    bool operator==(const LatestText&) const = default;
};

struct CellPlace {
    std::string id;
    std::int64_t index = -1;

    bool operator==(const CellPlace&) const = default;
};

/// What the journal says of one student; nothing here depends on what time it is, or on the order
/// in which the entries came.
struct StudentFacts {
    std::string email;
    LatestText name;
    LatestText team;
    LatestText class_code;
    LatestText notebook;
    /// Another number whenever one of the texts above is another. Which one depends on the order.
    std::uint32_t texts = 0;
    Latest<CellPlace> cell;
    OrderKey last_activity;
    Latest<bool> last_run;  ///< True: it failed. Only runs that count.
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;
    CellTable cells;
    HelpSignals help;
};

}  // namespace cellmon::live
