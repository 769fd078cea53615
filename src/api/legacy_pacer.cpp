#include "api/legacy_pacer.hpp"

#include <algorithm>
#include <utility>

#include "api/dashboard_json.hpp"

namespace cellmon::api {

LegacyPacer::LegacyPacer(std::chrono::milliseconds burst)
    : burst_us_(std::chrono::microseconds(burst).count()),
      last_push_us_(std::numeric_limits<std::int64_t>::min() / 2) {}

void LegacyPacer::take(const live::Tick& tick, std::int64_t now_us) {
    note_fetches(now_us);
    for (const live::Change& change : tick.changes) {
        const live::StudentView& now = change.now->view;
        const bool asked = change.before && change.before->view.asks_help;
        const bool other_team = change.before && change.before->view.team != now.team;
        News& news = news_of(change.place);
        changes_.add(now_us);
        if (!change.before || other_team) unseen_.add(now_us);
        if (asked == now.asks_help) continue;
        news.help_changed = help_waits_ = true;
        help_count_.add(now_us);
    }
}

LegacyPacer::News& LegacyPacer::news_of(std::size_t place) {
    if (place >= where_.size()) where_.resize(place + 1, kNowhere);
    if (where_[place] == kNowhere) {
        where_[place] = static_cast<std::uint32_t>(waiting_.size());
        waiting_.push_back({place});
    }
    return waiting_[where_[place]];
}

void LegacyPacer::Want::add(std::int64_t now_us) {
    oldest_us = std::min(oldest_us, now_us);
    newest_us = now_us;
}

void LegacyPacer::Want::fetched(std::int64_t through_us) {
    if (!any()) return;
    oldest_us = newest_us <= through_us ? kNever : std::max(oldest_us, through_us);
}

/// Notes the last fetch that surely was: a dashboard fetches in every kFetchUs that begin kQuietUs
/// or more behind a push.
void LegacyPacer::note_fetches(std::int64_t now_us) {
    const std::int64_t through_us = now_us - (kPauseUs - kQuietUs);
    if (through_us < last_push_us_ + kQuietUs) return;
    changes_.fetched(through_us);
    unseen_.fetched(through_us);
    help_count_.fetched(through_us);
}

std::int64_t LegacyPacer::next_us() const {
    if (once_.empty() && waiting_.empty()) return kNever;
    const auto starved = [](const Want& want, std::int64_t at_us) {
        return want.any() && at_us - want.oldest_us > kStarvedUs;
    };
    const std::int64_t pause_end_us = last_push_us_ + std::max(burst_us_, kPauseUs);
    std::int64_t burst_us = last_push_us_ + burst_us_;
    if (unseen_.any() || help_count_.any() || starved(changes_, burst_us)) burst_us = pause_end_us;
    if (!help_waits_ && !help_once_) return burst_us;
    // A repetition may wait, too: the fetch in the pause shows what it would tell.
    const std::int64_t help_us = last_push_us_ + kSpacingUs;
    return starved(unseen_, help_us) ? pause_end_us : std::min(burst_us, help_us);
}

std::vector<LegacyPacer::Item> LegacyPacer::push(std::int64_t now_us, const live::Picture& newest) {
    if (next_us() > now_us) return {};
    note_fetches(now_us);
    std::vector<Item> items;
    items.reserve(once_.size() + waiting_.size());
    for (const News& news : once_) {
        const std::uint32_t newer = where_[news.place];
        if (newer == kNowhere) {
            items.push_back({newest.students[news.place], news.help_changed});
        } else {
            waiting_[newer].help_changed |= news.help_changed;
        }
    }
    for (const News& news : waiting_) {
        items.push_back({newest.students[news.place], news.help_changed});
        where_[news.place] = kNowhere;
    }
    std::swap(once_, waiting_);
    waiting_.clear();
    help_once_ = std::exchange(help_waits_, false);
    last_push_us_ = now_us;
    return items;
}

std::vector<std::string> legacy_messages(const std::vector<LegacyPacer::Item>& items, TimeUs now) {
    std::vector<std::string> messages;
    messages.reserve(items.size());
    for (const LegacyPacer::Item& item : items) {
        const live::StudentView& view = item.student->view;
        if (item.help_changed) messages.push_back(help_json(view, now));
        messages.push_back(progress_update_json(view, now));
    }
    return messages;
}

}  // namespace cellmon::api
