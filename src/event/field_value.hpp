#pragma once

#include <cstdint>
#include <string_view>

#include "event/event.hpp"
#include "event/json_value.hpp"

namespace cellmon::event {

/// What becomes of a value that was sent for a field.
enum class Fate : std::uint8_t {
    absent,  ///< null.
    set,     ///< The field has a value.
    kept,  ///< It means something, but no value of the field: the field stays absent, `extra` holds
           ///< what was sent.
    refused,  ///< It is of another type: the item is refused.
};

/// A value of a field, in the member for its kind. Objects stay what was sent.
struct FieldValue {
    Fate fate = Fate::absent;
    CleanText text{};
    std::int64_t integer = 0;  ///< Also times.
    double number = 0;
    bool boolean = false;
    std::string_view reason{};  ///< Why it is refused.

    [[nodiscard]] bool is_set() const { return fate == Fate::set; }
};

/// Reads a value for a field with the laxness of the predecessor: numeric texts become numbers, 1,
/// 0, "true", "yes" and the like become booleans, an integral float becomes an integer; a number is
/// never accepted for a text.
[[nodiscard]] FieldValue read_field_value(const FieldInfo& field, const JsonValue& sent,
                                          TextPool& pool);

}  // namespace cellmon::event
