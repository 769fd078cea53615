#include "progress/progress_service.hpp"

#include <utility>

#include "base/thread.hpp"

namespace cellmon::progress {
namespace {

using std::chrono::milliseconds;

/// Between two looks at the journal, while nobody asks.
constexpr milliseconds kPause{100};
/// Without news, before it looks again.
constexpr milliseconds kIdleWait{1'000};
constexpr milliseconds kRetryPause{1'000};
/// Between two steps.
constexpr std::size_t kBatch = 4'096;

}  // namespace

ProgressService::ProgressService(std::unique_ptr<projection::EntrySource> source,
                                 Dependencies dependencies)
    : source_(std::move(source)),
      dependencies_(dependencies),
      shown_notes_(state_.instructor_notes()) {}

Result<std::unique_ptr<ProgressService>> ProgressService::open(
    std::unique_ptr<projection::EntrySource> source, const std::string& checkpoint_path,
    Dependencies dependencies) {
    std::unique_ptr<ProgressService> service(new ProgressService(std::move(source), dependencies));
    CELLMON_TRY(service->restore(checkpoint_path));
    const std::uint64_t durable = service->source_->durable_sequence();
    while (service->cursor_.sequence < durable) {
        const auto folded = service->fold_some();
        // What was removed keeps nobody from starting: the thread says it, and stays where it is.
        if (!folded && folded.error().code == ErrorCode::needs_snapshot) break;
        if (!folded) return fail(folded.error());
        if (*folded == 0) break;
    }
    service->publish();
    return service;
}

ProgressService::~ProgressService() {
    stop();
}

void ProgressService::start(ProgressListener* listener) {
    listener_ = listener;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ProgressService::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

StudentPtr ProgressService::find(std::string_view email) const {
    const std::lock_guard lock(shown_mutex_);
    const auto found = shown_.find(email);
    return found == shown_.end() ? nullptr : found->second;
}

std::vector<StudentPtr> ProgressService::students() const {
    std::vector<StudentPtr> students;
    const std::lock_guard lock(shown_mutex_);
    students.reserve(shown_.size());
    for (const auto& [email, student] : shown_)
        students.push_back(student);
    return students;
}

std::shared_ptr<const Notes> ProgressService::instructor_notes() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_notes_;
}

std::uint64_t ProgressService::sequence() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_sequence_;
}

bool ProgressService::healthy() const {
    const std::lock_guard lock(shown_mutex_);
    return last_error_.empty();
}

void ProgressService::catch_up(milliseconds timeout) {
    const std::uint64_t durable = source_->durable_sequence();
    {
        const std::lock_guard lock(shown_mutex_);
        if (shown_sequence_ >= durable) return;
    }
    {
        const std::lock_guard lock(pause_mutex_);
        asked_ = true;
        pause_.notify_all();
    }
    std::unique_lock lock(shown_mutex_);
    shown_grew_.wait_for(lock, timeout, [&] { return shown_sequence_ >= durable; });
}

void ProgressService::run(const std::stop_token& stop) {
    set_thread_name("progress");
    step_back();
    while (!stop.stop_requested()) {
        {
            const std::lock_guard lock(pause_mutex_);
            asked_ = false;
        }
        const auto folded = fold_some();
        publish();
        if (!folded) {
            note_failure(folded.error(), stop);
        } else if (*folded < kBatch) {
            wait(stop);
        }
    }
}

Result<std::size_t> ProgressService::fold_some() {
    const std::lock_guard lock(state_mutex_);
    std::size_t folded = 0;
    while (folded < kBatch) {
        CELLMON_TRY_ASSIGN(const auto entry, source_->next());
        if (!entry) break;
        state_.fold(*entry);
        cursor_.sequence = entry->header.sequence;
        cursor_.chain = entry->chain;
        ++folded;
    }
    if (folded > 0) {
        const std::lock_guard shown_lock(shown_mutex_);
        last_error_.clear();
    }
    return folded;
}

void ProgressService::publish() {
    Step step;
    {
        const std::lock_guard lock(state_mutex_);
        ProgressState::Changes changes = state_.take_changes();
        const std::lock_guard shown_lock(shown_mutex_);
        for (const std::string& email : changes.students) {
            if (StudentPtr student = state_.find(email)) {
                shown_[email] = student;
                step.changed.push_back(std::move(student));
            } else if (shown_.erase(email) > 0) {
                step.gone.push_back(email);
            }
        }
        shown_notes_ = state_.instructor_notes();
        shown_sequence_ = cursor_.sequence;
        step.sequence = cursor_.sequence;
        unreadable_ = state_.unreadable();
        step.made = std::move(changes.made);
    }
    shown_grew_.notify_all();
    const bool is_news = !step.changed.empty() || !step.gone.empty() || !step.made.empty();
    if (listener_ != nullptr && is_news) listener_->progressed(step);
}

void ProgressService::wait(const std::stop_token& stop) {
    {
        std::unique_lock lock(pause_mutex_);
        if (pause_.wait_for(lock, stop, kPause, [this] { return asked_; })) return;
    }
    // Whoever asks from now on asks for what is durable, and that ends this wait.
    source_->wait_beyond(cursor_.sequence, kIdleWait, stop);
}

void ProgressService::note_failure(const Error& error, const std::stop_token& stop) {
    bool is_new = false;
    {
        const std::lock_guard lock(shown_mutex_);
        is_new = last_error_ != error.message;
        last_error_ = error.message;
        ++failures_;
    }
    if (is_new) dependencies_.log.error("the progress cannot go on: {}", error.message);
    rest(kRetryPause, stop);
}

std::vector<telemetry::MetricFamily> ProgressService::metrics() const {
    const auto number = [](auto value) { return static_cast<double>(value); };
    const std::uint64_t durable = source_->durable_sequence();
    const std::lock_guard lock(shown_mutex_);
    const std::uint64_t behind = durable > shown_sequence_ ? durable - shown_sequence_ : 0;
    return {telemetry::gauge("cellmon_progress_students", "Students with progress",
                             number(shown_.size())),
            telemetry::gauge("cellmon_progress_instructor_notifications",
                             "Notifications to instructors that are kept",
                             number(shown_notes_->size())),
            telemetry::gauge("cellmon_progress_lag_events", "Durable events not yet folded",
                             number(behind)),
            telemetry::counter("cellmon_progress_failures_total", "Failed reads of the journal",
                               number(failures_)),
            telemetry::gauge("cellmon_progress_unreadable_entries",
                             "Entries of the journal that were passed over", number(unreadable_))};
}

}  // namespace cellmon::progress
