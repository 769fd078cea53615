// How LiveService makes pictures of its state.
#include <algorithm>
#include <map>
#include <string>

#include <xxhash.h>

#include "live/fragment.hpp"
#include "live/live_service.hpp"

namespace cellmon::live {
namespace {

using Sums = std::map<std::string, Counters, std::less<>>;

/// The sums of a name go with its last student.
void remove(Sums& sums, const std::string& name, const StudentView& view) {
    if (name.empty()) return;
    const auto sum = sums.find(name);
    sum->second.remove(view);
    if (sum->second.students == 0) sums.erase(sum);
}

void add(Sums& sums, const std::string& name, const StudentView& view) {
    if (!name.empty()) sums[name].add(view);
}

/// Most students stay where they are: one search then.
void shift(Sums& sums, const std::string& from, const StudentView& before, const std::string& to,
           const StudentView& now) {
    if (from == to && !to.empty()) {
        Counters& sum = sums.find(to)->second;
        sum.remove(before);
        sum.add(now);
        return;
    }
    remove(sums, from, before);
    add(sums, to, now);
}

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
        Judgement judged = judge(facts, thresholds_, now);
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
        if (!shown.picture) shown.place = shown_students_++;
        StudentPicturePtr before = std::move(shown.picture);
        shown.picture = made;
        changes.push_back({std::move(before), std::move(made), shown.place});
    }
    waiting_.clear();
    earliest_change_us_ = kNever;
    for (const Shown& shown : shown_)
        earliest_change_us_ = std::min(earliest_change_us_, shown.next_change_us);
    return changes;
}

/// The picture before with the changes, so that a step costs what changed and not the class.
PicturePtr LiveService::make_picture(TimeUs now, const std::vector<Change>& changes) {
    auto made = std::make_shared<Picture>(*picture_);
    made->journal_id = cursor_.journal_id;
    made->epoch = cursor_.epoch;
    made->sequence = cursor_.sequence;
    made->at_us = now;
    std::shared_ptr<StudentIndex> grown;
    for (const Change& change : changes) {
        const StudentView& view = change.now->view;
        if (change.before) {
            const StudentView& before = change.before->view;
            made->all.remove(before);
            shift(made->by_class, before.class_code, before, view.class_code, view);
            shift(made->by_team, before.team, before, view.team, view);
            made->students[change.place] = change.now;
        } else {
            if (!grown) grown = std::make_shared<StudentIndex>(*picture_->places);
            grown->emplace(view.email, change.place);
            made->students.push_back(change.now);
            add(made->by_class, view.class_code, view);
            add(made->by_team, view.team, view);
        }
        made->all.add(view);
    }
    if (grown) made->places = std::move(grown);
    return made;
}

}  // namespace cellmon::live
