// How LiveService makes pictures of its state.
#include <algorithm>
#include <limits>

#include <xxhash.h>

#include "live/fragment.hpp"
#include "live/live_service.hpp"

namespace cellmon::live {
namespace {

constexpr std::size_t kNotShown = std::numeric_limits<std::size_t>::max();

}  // namespace

std::vector<Change> LiveService::make_changes(TimeUs now) {
    shown_.resize(state_.students().size());
    if (earliest_change_us_ <= now) {
        // A look at each student is less work than keeping them in the order of their next change.
        for (std::uint32_t place = 0; place < shown_.size(); ++place) {
            if (shown_[place].next_change_us <= now && !shown_[place].folded) {
                waiting_.push_back(place);
            }
        }
    }
    std::vector<Change> changes;
    changes.reserve(waiting_.size());
    for (const std::uint32_t place : waiting_) {
        Shown& shown = shown_[place];
        const bool folded = std::exchange(shown.folded, false);
        const StudentFacts& facts = state_.students()[place];
        // What an instructor did makes no student of somebody who never sent an event.
        if (!facts.last_activity.set()) continue;
        Judgement judged = judge(facts, options_.thresholds, now);
        shown.next_change_us = judged.next_change_us;
        if (shown.picture && shown.picture->view == judged.view) continue;
        auto made = std::make_shared<StudentPicture>();
        made->fragment = fragment_of(judged.view);
        made->view = std::move(judged.view);
        made->changed_sequence = cursor_.sequence;
        if (!shown.picture && !folded && shown.old_sequence != 0 &&
            shown.old_hash == XXH3_64bits(made->fragment.data(), made->fragment.size())) {
            made->changed_sequence = shown.old_sequence;
        }
        StudentPicturePtr before = std::move(shown.picture);
        shown.picture = made;
        changes.push_back({std::move(before), std::move(made)});
    }
    waiting_.clear();
    earliest_change_us_ = kNever;
    for (const Shown& shown : shown_)
        earliest_change_us_ = std::min(earliest_change_us_, shown.next_change_us);
    return changes;
}

PicturePtr LiveService::make_picture(TimeUs now) {
    auto made = std::make_shared<Picture>();
    made->journal_id = cursor_.journal_id;
    made->epoch = cursor_.epoch;
    made->sequence = cursor_.sequence;
    made->at_us = now;
    made->places = picture_->places;
    places_.resize(shown_.size(), kNotShown);
    made->students.reserve(shown_.size());
    std::shared_ptr<StudentIndex> grown;
    // A student keeps the place in which he was first shown.
    made->students.resize(picture_->students.size());
    for (std::size_t place = 0; place < shown_.size(); ++place) {
        const StudentPicturePtr& student = shown_[place].picture;
        if (!student) continue;
        if (places_[place] == kNotShown) {
            if (!grown) grown = std::make_shared<StudentIndex>(*picture_->places);
            places_[place] = made->students.size();
            grown->emplace(student->view.email, places_[place]);
            made->students.emplace_back();
        }
        made->students[places_[place]] = student;
        made->all.add(student->view);
        if (!student->view.class_code.empty()) {
            made->by_class[student->view.class_code].add(student->view);
        }
        if (!student->view.team.empty()) made->by_team[student->view.team].add(student->view);
    }
    if (grown) made->places = std::move(grown);
    return made;
}

}  // namespace cellmon::live
