// How LiveService makes pictures of its state.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/prefetch.hpp"
#include "live/live_service.hpp"

namespace cellmon::live {
namespace {

// So many pictures of students before it is their turn, memory is asked for them; of one that is to
// be made, for what changes with each event.
constexpr std::size_t kAhead = 4;
constexpr std::size_t kChangingBytes = 192;

}  // namespace

void LiveService::make_changes(TimeUs now, std::vector<Change>& changes) {
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
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (i + kAhead < waiting_.size()) {
            const Shown& later = shown_[waiting_[i + kAhead]];
            prefetch(later.spare.get(), kChangingBytes);
            prefetch(later.picture.get(), 1);
        }
        const std::uint32_t place = waiting_[i];
        Shown& shown = shown_[place];
        const bool folded = std::exchange(shown.folded, false);
        const StudentFacts& facts = state_.students()[place];
        // What an instructor did makes no student of somebody who never sent an event.
        if (!facts.last_activity.set()) continue;
        StudentPicture& made = shown.next(facts);
        shown.next_change_us = show_rest(facts, thresholds_, now, made.view);
        note_next_change(shown);
        if (shown.picture && shown.picture->view == made.view) continue;
        made.forget_fragment();
        made.changed_sequence = cursor_.sequence;
        if (!shown.picture && !folded && shown.old_sequence != 0 &&
            shown.old_hash == made.fragment_hash()) {
            made.changed_sequence = shown.old_sequence;
        }
        if (!shown.picture) shown.place = shown_students_++;
        std::swap(shown.picture_texts, shown.spare_texts);
        shown.picture.swap(shown.spare);
        changes.push_back({shown.spare, shown.picture, shown.place});
    }
    waiting_.clear();
}

/// Shows the texts of the student, and else what it showed.
StudentPicture& LiveService::Shown::next(const StudentFacts& facts) {
    const bool is_new = !spare || spare->use_count() > 1;
    if (is_new) spare = new StudentPicture();
    if (is_new || spare_texts != facts.texts) show_texts(facts, spare->view);
    spare_texts = facts.texts;
    return *spare;
}

void LiveService::note_next_change(const Shown& shown) {
    earliest_change_us_ = std::min(earliest_change_us_, shown.next_change_us);
}

/// An earlier picture with the students of the newest, at the cost of what changed since.
std::unique_ptr<Picture> LiveService::take_up_to_date() {
    std::unique_ptr<Picture> earlier = pictures_.take();
    const auto& newest = picture_->students;
    if (picture_->step - earlier->step > changed_.size()) {
        earlier->students = newest;
        return earlier;
    }
    earlier->students.resize(newest.size());
    for (std::uint64_t step = earlier->step + 1; step <= picture_->step; ++step) {
        const std::vector<std::size_t>& changed = changed_[step % changed_.size()];
        for (std::size_t i = 0; i < changed.size(); ++i) {
            if (i + kAhead < changed.size()) {
                // Of both the count of readers changes.
                const std::size_t later = changed[i + kAhead];
                prefetch(earlier->students[later].get(), 1);
                prefetch(newest[later].get(), 1);
            }
            earlier->students[changed[i]] = newest[changed[i]];
        }
    }
    return earlier;
}

/// The picture before with the changes, so that a step costs what changed and not the class.
PicturePtr LiveService::make_picture(std::unique_ptr<Picture> made, TimeUs now,
                                     const std::vector<Change>& changes) {
    made->step = picture_->step + 1;
    made->journal_id = cursor_.journal_id;
    made->epoch = cursor_.epoch;
    made->sequence = cursor_.sequence;
    made->at_us = now;
    made->places = places_;
    made->all = picture_->all;
    std::vector<std::size_t>& changed = changed_[made->step % changed_.size()];
    changed.clear();
    for (const Change& change : changes) {
        changed.push_back(change.place);
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
