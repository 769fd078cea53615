#include "push/room.hpp"

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

live::Counters counters_of(const std::map<std::string, live::Counters, std::less<>>& table,
                           std::string_view name) {
    const auto found = table.find(name);
    return found == table.end() ? live::Counters{} : found->second;
}

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
    if (sight) {
        live::Counters seen;
        for (const live::StudentPicturePtr& student : picture.students) {
            if (holds(student->view)) seen.add(student->view);
        }
        return seen;
    }
    switch (kind) {
        case Kind::everyone:
            break;
        case Kind::school_class:
            return counters_of(picture.by_class, name);
        case Kind::team:
            return counters_of(picture.by_team, name);
        case Kind::student: {
            live::Counters one;
            if (const auto student = picture.find(name)) one.add(student->view);
            return one;
        }
    }
    return picture.all;
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
