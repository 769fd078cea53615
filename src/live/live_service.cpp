#include "live/live_service.hpp"

#include <algorithm>
#include <utility>

#include "base/thread.hpp"

namespace cellmon::live {
namespace {

constexpr std::chrono::milliseconds kRetryPause{1'000};

// Behind a step that changed so many students (320 a second, by the usual conflation) the next
// waits twice as long: half of what a step costs by itself, while help in a class that is not in
// such a hurry is shown as soon as ever.
constexpr std::size_t kManyChanges = 16;

// One picture is shown while the next is made of another; a third helps while somebody still reads.
constexpr std::size_t kMostSparePictures = 2;

}  // namespace

LiveService::LiveService(LiveOptions options, std::unique_ptr<projection::EntrySource> source,
                         Dependencies dependencies)
    : options_(options),
      source_(std::move(source)),
      dependencies_(dependencies),
      thresholds_(options.thresholds),
      wanted_thresholds_(options.thresholds),
      pictures_(kMostSparePictures) {}

Result<std::unique_ptr<LiveService>> LiveService::open(
    LiveOptions options, std::unique_ptr<projection::EntrySource> source,
    const std::string& checkpoint_path, Dependencies dependencies) {
    std::unique_ptr<LiveService> service(new LiveService(options, std::move(source), dependencies));
    CELLMON_TRY(service->restore(checkpoint_path));
    const std::uint64_t durable = service->source_->durable_sequence();
    while (service->cursor_.sequence < durable) {
        CELLMON_TRY_ASSIGN(const std::size_t folded, service->fold_some(options.fold_entries));
        if (folded == 0) break;
    }
    auto empty = std::make_shared<Picture>();
    empty->places = service->places_;
    service->picture_ = std::move(empty);
    service->step(dependencies.clock.now_us());
    return service;
}

LiveService::~LiveService() {
    stop();
}

void LiveService::start(PictureListener* listener) {
    listener_ = listener;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void LiveService::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

PicturePtr LiveService::picture() const {
    const std::lock_guard lock(picture_mutex_);
    return picture_;
}

LiveStatus LiveService::status() const {
    LiveStatus status;
    {
        const std::lock_guard lock(picture_mutex_);
        status = status_;
    }
    status.durable_sequence = source_->durable_sequence();
    return status;
}

std::uint64_t LiveService::sequence() const {
    const std::lock_guard lock(picture_mutex_);
    return status_.sequence;
}

void LiveService::run(const std::stop_token& stop) {
    set_thread_name("live");
    while (!stop.stop_requested()) {
        take_thresholds();
        const auto folded = fold_some(options_.fold_entries);
        const TimeUs now = dependencies_.clock.now_us();
        if (step_is_due(now) && until_next_step_us() <= 0) step(now);
        if (!folded) {
            note_failure(folded.error(), stop);
        } else if (*folded < options_.fold_entries) {
            wait(stop);
        }
    }
}

void LiveService::set_thresholds(const Thresholds& thresholds) {
    const std::lock_guard lock(picture_mutex_);
    wanted_thresholds_ = thresholds;
}

Thresholds LiveService::thresholds() const {
    const std::lock_guard lock(picture_mutex_);
    return wanted_thresholds_;
}

void LiveService::take_thresholds() {
    {
        const std::lock_guard lock(picture_mutex_);
        if (thresholds_ == wanted_thresholds_) return;
        thresholds_ = wanted_thresholds_;
    }
    // Whoever is shown is due now; whoever is not yet is judged when they are.
    for (Shown& shown : shown_) {
        if (shown.picture) shown.next_change_us = 0;
    }
    earliest_change_us_ = 0;
}

Result<std::size_t> LiveService::fold_some(std::size_t most_entries) {
    const std::lock_guard lock(state_mutex_);
    std::size_t folded = 0;
    while (folded < most_entries) {
        CELLMON_TRY_ASSIGN(const auto entry, source_->next());
        if (!entry) break;
        const std::uint32_t place = state_.fold(*entry);
        cursor_.sequence = entry->header.sequence;
        cursor_.chain = entry->chain;
        ++folded;
        if (place == ClassState::kNobody) continue;
        if (place >= shown_.size()) shown_.resize(place + 1);
        if (!std::exchange(shown_[place].folded, true)) waiting_.push_back(place);
    }
    if (folded > 0) {
        const std::lock_guard status_lock(picture_mutex_);
        status_.sequence = cursor_.sequence;
        status_.unreadable = state_.unreadable();
        status_.last_error.clear();
    }
    return folded;
}

bool LiveService::step_is_due(TimeUs now) const {
    return !waiting_.empty() || earliest_change_us_ <= now ||
           picture_->sequence != cursor_.sequence;
}

std::int64_t LiveService::until_next_step_us() const {
    return last_step_us_ + pause_.count() - dependencies_.clock.steady_us();
}

void LiveService::wait(const std::stop_token& stop) {
    using std::chrono::microseconds;
    using std::chrono::milliseconds;
    // Nothing is shown before, so nothing need wake it: it wakes once a step and not with the
    // journal's groups, and reads in one go what came meanwhile.
    const std::int64_t until_next_us = until_next_step_us();
    if (until_next_us > 0) return rest(microseconds(until_next_us), stop);
    const TimeUs now = dependencies_.clock.now_us();
    if (step_is_due(now)) return;
    // One more, because the wait is in whole milliseconds and the change is due only behind them.
    const TimeUs until = (earliest_change_us_ - now) / 1'000 + 1;
    source_->wait_beyond(cursor_.sequence, std::min(options_.idle_wait, milliseconds(until)), stop);
}

void LiveService::note_failure(const Error& error, const std::stop_token& stop) {
    bool is_new = false;
    {
        const std::lock_guard lock(picture_mutex_);
        is_new = status_.last_error != error.message;
        status_.last_error = error.message;
        ++status_.failures;
    }
    if (is_new) dependencies_.log.error("the live state cannot go on: {}", error.message);
    rest(kRetryPause, stop);
}

void LiveService::step(TimeUs now) {
    last_step_us_ = dependencies_.clock.steady_us();
    // First: until then it holds the earlier pictures of students, of which the changes are made.
    std::unique_ptr<Picture> made = take_up_to_date();
    Tick tick{nullptr, std::move(changes_)};
    {
        const std::lock_guard lock(state_mutex_);
        make_changes(now, tick.changes);
    }
    tick.picture = make_picture(std::move(made), now, tick.changes);
    {
        const std::lock_guard lock(picture_mutex_);
        picture_ = tick.picture;
        ++status_.ticks;
        status_.changes += tick.changes.size();
    }
    if (listener_ != nullptr) listener_->pictured(tick);
    pause_ = options_.conflation * (tick.changes.size() < kManyChanges ? 1 : 2);
    tick.changes.clear();
    changes_ = std::move(tick.changes);
}

}  // namespace cellmon::live
