#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "live/picture.hpp"
#include "live/sight.hpp"

namespace cellmon::push {

/// The part of a class that a client looks at; docs/reference/live.md, Rooms.
struct Room {
    enum class Kind : std::uint8_t { everyone, school_class, team, student };

    Kind kind = Kind::everyone;
    std::string name;                ///< Code, name or email; empty for everyone.
    live::SightPtr sight = nullptr;  ///< Of those, the students whom it sees; null: all.

    bool operator==(const Room&) const = default;

    /// The room as somebody with that sight may see it. What two see alike is the same room.
    [[nodiscard]] Room bounded_by(const live::SightPtr& by) const;

    /// Whether the student is in it.
    [[nodiscard]] bool holds(const live::StudentView& view) const;

    /// The sums over its students, each of whom is looked at but in the simplest rooms.
    [[nodiscard]] live::Counters counters(const live::Picture& picture) const;

    /// Equal for equal rooms and for no others.
    [[nodiscard]] std::string key() const;
};

/// From the query's value: `class:CODE`, `team:NAME`, `student:EMAIL`, or empty for everyone.
/// ErrorCode::invalid for another form.
[[nodiscard]] Result<Room> parse_room(std::string_view text);

/// Calls `use(key)` for each room without a sight that holds the student, as Room::key() has it.
template <typename Use>
void for_each_room_key(const live::StudentView& view, Use use) {
    use(Room{}.key());
    use(Room{Room::Kind::student, view.email}.key());
    if (!view.class_code.empty()) use(Room{Room::Kind::school_class, view.class_code}.key());
    if (!view.team.empty()) use(Room{Room::Kind::team, view.team}.key());
}

}  // namespace cellmon::push
