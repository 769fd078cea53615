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
        const auto [place, is_new] = places_.try_emplace(now.email, waiting_.size());
        if (is_new) waiting_.emplace_back();
        Item& item = waiting_[place->second];
        item.student = change.now;
        if (asked != now.asks_help) item.help_changed = help_waits_ = true;
        if (!change.before || other_team || asked != now.asks_help) want_fetch(now_us);
    }
}

void LegacyPacer::want_fetch(std::int64_t now_us) {
    wanted_since_us_ = std::min(wanted_since_us_, now_us);
    wanted_last_us_ = now_us;
}

/// Takes as fetched what was there before the last fetch that surely happened: a dashboard fetches
/// in every kFetchUs that begin kQuietUs or more behind a push.
void LegacyPacer::note_fetches(std::int64_t now_us) {
    const std::int64_t fetched_us = now_us - (kPauseUs - kQuietUs);
    if (wanted_since_us_ == kNever || fetched_us < last_push_us_ + kQuietUs) return;
    if (wanted_last_us_ <= fetched_us) {
        wanted_since_us_ = kNever;
    } else {
        wanted_since_us_ = std::max(wanted_since_us_, fetched_us);
    }
}

std::int64_t LegacyPacer::next_us() const {
    if (waiting_.empty()) return kNever;
    const bool wanted = wanted_since_us_ != kNever;
    const std::int64_t paused_us = last_push_us_ + std::max(burst_us_, kPauseUs);
    const std::int64_t burst_us = wanted ? paused_us : last_push_us_ + burst_us_;
    if (!help_waits_) return burst_us;
    const std::int64_t help_us = last_push_us_ + kHelpSpacingUs;
    const bool starved = wanted && help_us - wanted_since_us_ > kStarvedUs;
    return starved ? paused_us : std::min(burst_us, help_us);
}

std::vector<LegacyPacer::Item> LegacyPacer::push(std::int64_t now_us) {
    if (next_us() > now_us) return {};
    note_fetches(now_us);
    places_.clear();
    help_waits_ = false;
    last_push_us_ = now_us;
    return std::exchange(waiting_, {});
}

std::vector<std::string> legacy_messages(const std::vector<LegacyPacer::Item>& items,
                                         std::uint32_t significant_errors, TimeUs now) {
    std::vector<std::string> messages;
    messages.reserve(items.size());
    for (const LegacyPacer::Item& item : items) {
        const live::StudentView& view = item.student->view;
        if (item.help_changed) messages.push_back(help_json(view, now));
        messages.push_back(progress_update_json(view, significant_errors, now));
    }
    return messages;
}

}  // namespace cellmon::api
