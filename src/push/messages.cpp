#include "push/messages.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "event/json_object.hpp"

namespace cellmon::push {
namespace {

using event::JsonObject;

constexpr std::size_t kFragmentBytes = 512;  // A usual one, to reserve memory by.

void append_counters(std::string& out, const live::Counters& counters) {
    JsonObject object(out);
    object.number("students", counters.students);
    object.number("active", counters.active);
    object.number("help", counters.help);
    object.number("error", counters.error);
    object.number("significantError", counters.significant_error);
    object.number("idle", counters.idle);
    object.number("executions", counters.executions);
    object.number("errors", counters.errors);
    object.end();
}

/// What each message begins with; leaves the list of students open.
class Message {
  public:
    Message(std::string_view type, const live::Picture& picture, const live::Counters& counters,
            const std::uint64_t* from, std::size_t students)
        : object_(text_) {
        text_.reserve(256 + students * kFragmentBytes);
        object_.text("type", type);
        object_.text("epoch", epoch_of(picture));
        if (from != nullptr) object_.number("from", *from);
        object_.number("sequence", picture.sequence);
        object_.time("at", picture.at_us);
        object_.key("counters");
        append_counters(text_, counters);
        object_.key("students");
        text_.push_back('[');
    }

    void add(const live::StudentPicture& student) {
        if (text_.back() != '[') text_.push_back(',');
        text_.append(student.fragment());
    }

    std::string end() {
        text_.push_back(']');
        object_.end();
        return std::move(text_);
    }

    std::string end(const std::vector<std::string_view>& gone) {
        text_.push_back(']');
        object_.key("gone");
        text_.push_back('[');
        for (const std::string_view email : gone) {
            if (text_.back() != '[') text_.push_back(',');
            event::append_json_string(text_, email);
        }
        text_.push_back(']');
        object_.end();
        return std::move(text_);
    }

  private:
    std::string text_;
    JsonObject object_;
};

}  // namespace

std::string epoch_of(const live::Picture& picture) {
    return fmt::format("{}-{}", picture.journal_id.to_string(), picture.epoch);
}

std::string snapshot_message(const live::Picture& picture, const Room& room) {
    if (room.kind == Room::Kind::student) {
        Message message("snapshot", picture, room.counters(picture), nullptr, 1);
        const auto student = picture.find(room.name);
        if (student && room.holds(student->view)) message.add(*student);
        return message.end();
    }
    Message message("snapshot", picture, room.counters(picture), nullptr, picture.students.size());
    for (const auto& student : picture.students) {
        if (room.holds(student->view)) message.add(*student);
    }
    return message.end();
}

std::string delta_message(const live::Picture& picture, const Room& room,
                          const live::Counters& counters, std::uint64_t from,
                          const std::vector<const live::Change*>& changes) {
    Message message("delta", picture, counters, &from, changes.size());
    std::vector<std::string_view> gone;
    for (const live::Change* change : changes) {
        if (room.holds(change->now->view)) {
            message.add(*change->now);
        } else {
            gone.push_back(change->now->view.email);
        }
    }
    return message.end(gone);
}

bool can_resume(const live::Picture& picture, const Room& room, std::string_view epoch,
                std::uint64_t sequence) {
    // Who left a class, a team or somebody's sight meanwhile is not known any more.
    const bool nobody_leaves =
        !room.sight && (room.kind == Room::Kind::everyone || room.kind == Room::Kind::student);
    return nobody_leaves && sequence <= picture.sequence && epoch == epoch_of(picture);
}

std::string resume_message(const live::Picture& picture, const Room& room, std::uint64_t sequence) {
    Message message("delta", picture, room.counters(picture), &sequence, 16);
    for (const auto& student : picture.students) {
        // The same sequence too: a student may have changed with time alone since.
        if (student->changed_sequence >= sequence && room.holds(student->view)) {
            message.add(*student);
        }
    }
    return message.end({});
}

}  // namespace cellmon::push
