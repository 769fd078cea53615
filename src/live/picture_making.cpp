// How LiveService makes pictures of its state.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <xxhash.h>

#include "live/fragment.hpp"
#include "live/live_service.hpp"

namespace cellmon::live {
namespace {

/// Most students are the same: to look costs less than to hold each anew.
void copy_what_differs(std::vector<StudentPicturePtr>& to,
                       const std::vector<StudentPicturePtr>& from) {
    to.resize(from.size());
    for (std::size_t place = 0; place < from.size(); ++place) {
        if (to[place] != from[place]) to[place] = from[place];
    }
}

}  // namespace

std::vector<Change> LiveService::make_changes(TimeUs now) {
    shown_.resize(state_.students().size());
    if (earliest_change_us_ <= now) {
        // A look at each student is less work than keeping them in the order of their next change.
        earliest_change_us_ = kNever;
        for (std::uint32_t place = 0; place < shown_.size(); ++place) {
            if (shown_[place].next_change_us > now) {
                note_next_change(shown_[place]);
            } else if (!shown_[place].folded) {
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
        std::unique_ptr<StudentPicture> made = student_pictures_.take();
        shown.next_change_us = judge(facts, thresholds_, now, made->view);
        note_next_change(shown);
        if (shown.picture && shown.picture->view == made->view) {
            student_pictures_.put_back(std::move(made));
            continue;
        }
        write_fragment(made->view, made->fragment);
        made->changed_sequence = cursor_.sequence;
        if (!shown.picture && !folded && shown.old_sequence != 0 &&
            shown.old_hash == XXH3_64bits(made->fragment.data(), made->fragment.size())) {
            made->changed_sequence = shown.old_sequence;
        }
        if (!shown.picture) shown.place = shown_students_++;
        StudentPicturePtr before = std::move(shown.picture);
        shown.picture = student_pictures_.publish(std::move(made));
        changes.push_back({std::move(before), shown.picture, shown.place});
    }
    waiting_.clear();
    return changes;
}

void LiveService::note_next_change(const Shown& shown) {
    earliest_change_us_ = std::min(earliest_change_us_, shown.next_change_us);
}

/// The picture before with the changes, so that a step costs what changed and not the class.
PicturePtr LiveService::make_picture(TimeUs now, const std::vector<Change>& changes) {
    std::unique_ptr<Picture> made = pictures_.take();
    made->journal_id = cursor_.journal_id;
    made->epoch = cursor_.epoch;
    made->sequence = cursor_.sequence;
    made->at_us = now;
    made->places = places_;
    made->all = picture_->all;
    copy_what_differs(made->students, picture_->students);
    for (const Change& change : changes) {
        if (change.before) {
            made->all.remove(change.before->view);
            made->students[change.place] = change.now;
        } else {
            places_->add(change.now->view.email, change.place);
            made->students.push_back(change.now);
        }
        made->all.add(change.now->view);
    }
    return pictures_.publish(std::move(made));
}

}  // namespace cellmon::live
