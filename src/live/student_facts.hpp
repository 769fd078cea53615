#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

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

struct CellPlace {
    std::string id;
    std::int64_t index = -1;

    bool operator==(const CellPlace&) const = default;
};

/// What the journal says of one student; nothing here depends on what time it is, or on the order
/// in which the entries came.
struct StudentFacts {
    std::string email;
    Latest<std::string> name;
    Latest<std::string> team;
    Latest<std::string> class_code;
    Latest<std::string> notebook;
    Latest<CellPlace> cell;
    OrderKey last_activity;
    Latest<bool> last_run;  ///< True: it failed. Only runs that count.
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;
    CellTable cells;
    HelpSignals help;

    bool operator==(const StudentFacts&) const = default;
};

}  // namespace cellmon::live
