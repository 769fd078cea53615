#include "push/room.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::push {
namespace {

using Kind = Room::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 3> kForms{{
    {"class:", Kind::school_class},
    {"team:", Kind::team},
    {"student:", Kind::student},
}};

}  // namespace

Room Room::bounded_by(const live::SightPtr& by) const {
    Room room{kind, name, by};
    // Whoever teaches the class sees all of it.
    if (by && kind == Kind::school_class && by->has(name)) room.sight = nullptr;
    return room;
}

bool Room::holds(const live::StudentView& view) const {
    if (!live::sees(sight, view)) return false;
    switch (kind) {
        case Kind::everyone:
            return true;
        case Kind::school_class:
            return view.class_code == name;
        case Kind::team:
            return view.team == name;
        case Kind::student:
            return view.email == name;
    }
    return false;
}

live::Counters Room::counters(const live::Picture& picture) const {
    if (kind == Kind::everyone && !sight) return picture.all;
    live::Counters sums;
    const auto add = [&](const live::StudentPicturePtr& student) {
        if (student && holds(student->view)) sums.add(student->view);
    };
    if (kind == Kind::student) {
        add(picture.find(name));
    } else {
        std::for_each(picture.students.begin(), picture.students.end(), add);
    }
    return sums;
}

std::string Room::key() const {
    std::string key = sight ? fmt::format("sight {} ", sight->id()) : std::string();
    for (const auto& [prefix, form] : kForms) {
        if (kind == form) return key.append(prefix).append(name);
    }
    return key;
}

Result<Room> parse_room(std::string_view text) {
    if (text.empty()) return Room{};
    // It is said again in messages, which are text.
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        return fail(ErrorCode::invalid, "must be UTF-8");
    }
    for (const auto& [prefix, kind] : kForms) {
        if (text.starts_with(prefix) && text.size() > prefix.size()) {
            return Room{kind, std::string(text.substr(prefix.size()))};
        }
    }
    return fail(ErrorCode::invalid, "must be class:CODE, team:NAME or student:EMAIL");
}

}  // namespace cellmon::push
