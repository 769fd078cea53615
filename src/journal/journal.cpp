#include "journal/journal.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/thread.hpp"
#include "journal/commit_log.hpp"

namespace cellmon::journal {
namespace {

constexpr auto kHousekeepingPeriod = std::chrono::milliseconds(200);

using Submissions = std::vector<std::unique_ptr<Submission>>;

}  // namespace

std::size_t Submission::payload_bytes() const {
    std::size_t total = 0;
    for (const NewEntry& entry : entries)
        total += entry.payload.size();
    return total;
}

class Journal::Impl {
  public:
    Impl(std::unique_ptr<CommitLog> log, JournalLimits limits, Dependencies dependencies)
        : log_(std::move(log)), limits_(limits), dependencies_(std::move(dependencies)) {
        durable_ = log_->end().sequence;
    }

    Result<void> start() {
        CELLMON_TRY(check_disk());
        writer_ = std::jthread([this](const std::stop_token& stop) { write_loop(stop); });
        housekeeper_ = std::jthread([this](const std::stop_token& stop) { housekeep(stop); });
        return {};
    }

    ~Impl() {
        housekeeper_.request_stop();
        writer_.request_stop();
        if (housekeeper_.joinable()) housekeeper_.join();
        if (writer_.joinable()) writer_.join();
    }

    Result<void> submit(std::unique_ptr<Submission>&& submission) {
        const std::size_t bytes = submission->payload_bytes();
        const std::lock_guard lock(mutex_);
        if (!poisoned_.empty()) return fail(ErrorCode::io, poisoned_);
        if (stopping_) return fail(ErrorCode::unavailable, "the journal is closing");
        if (disk_low_) {
            return fail(ErrorCode::no_space,
                        fmt::format("less than {} bytes are free for the journal",
                                    limits_.disk_reserve_bytes));
        }
        // A single submission larger than the whole queue is taken when nothing else waits.
        if (!queue_.empty() && queued_bytes_ + bytes > limits_.queue_bytes) {
            return fail(ErrorCode::unavailable, "the journal's queue is full");
        }
        if (log_->ids().overloaded()) {
            return fail(ErrorCode::unavailable, "the id index cannot keep up");
        }
        queued_bytes_ += bytes;
        queue_.push_back(std::move(submission));
        pending_.notify_one();
        return {};
    }

    [[nodiscard]] JournalStatus status() const {
        JournalStatus status = counters();
        const std::lock_guard lock(mutex_);
        status.queued_bytes = queued_bytes_;
        status.disk_low = disk_low_;
        status.poisoned = poisoned_;
        return status;
    }

    std::uint64_t wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                              const std::stop_token& stop) const {
        std::unique_lock lock(durable_mutex_);
        durable_changed_.wait_for(lock, stop, timeout, [&] { return durable_.load() > sequence; });
        return durable_.load();
    }

    CommitLog& log() { return *log_; }
    [[nodiscard]] std::uint64_t durable() const { return durable_.load(); }
    void set_observer(CommitObserver* observer) { observer_ = observer; }

  private:
    [[nodiscard]] JournalStatus counters() const {
        JournalStatus status;
        status.durable_sequence = durable_.load();
        status.groups = groups_.load();
        status.duplicates = duplicates_.load();
        status.conflicts = conflicts_.load();
        status.bytes_written = bytes_written_.load();
        status.segments = log_->segments();
        status.id_runs = log_->ids().run_count();
        status.ids = log_->ids().size();
        status.last_sync_us = last_sync_us_.load();
        return status;
    }

    void write_loop(const std::stop_token& stop) {
        set_thread_name("journal-writer");
        while (true) {
            Submissions group = take_group(stop);
            if (group.empty()) break;
            commit(std::move(group));
        }
        refuse_queue();
    }

    /// Waits for work; everything that is pending, up to the group's limits. Empty: stop.
    Submissions take_group(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        pending_.wait(lock, stop, [this] { return !queue_.empty(); });
        Submissions group;
        if (!poisoned_.empty() || queue_.empty()) {
            stopping_ = true;
            return group;
        }
        std::size_t bytes = 0;
        std::size_t entries = 0;
        while (!queue_.empty()) {
            const std::size_t next_bytes = queue_.front()->payload_bytes();
            const std::size_t next_entries = queue_.front()->entries.size();
            if (!group.empty() && (bytes + next_bytes > limits_.group_bytes ||
                                   entries + next_entries > limits_.group_entries)) {
                break;
            }
            bytes += next_bytes;
            entries += next_entries;
            group.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        queued_bytes_ -= bytes;
        return group;
    }

    void commit(Submissions group) {
        entries_.clear();
        for (const auto& submission : group) {
            for (NewEntry& entry : submission->entries)
                entries_.push_back(&entry);
        }
        if (const auto committed = log_->commit(entries_); !committed) {
            fail_group(std::move(group), committed.error());
            return;
        }
        if (!log_->stored().empty()) announce();
        count_outcomes();
        complete(std::move(group));
    }

    /// Makes the new entries visible: to the observer and to readers; CommitLog told
    /// other processes.
    void announce() {
        const auto stored = log_->stored();
        const auto written = log_->written();
        if (observer_ != nullptr) {
            for (std::size_t i = 0; i < stored.size(); ++i) {
                observer_->committed(written[i].header, written[i].chain, stored[i]->origin);
            }
        }
        {
            const std::lock_guard lock(durable_mutex_);
            durable_ = log_->end().sequence;
        }
        durable_changed_.notify_all();
        ++groups_;
        bytes_written_ += log_->last_record_bytes();
        last_sync_us_ = log_->last_sync_us();
    }

    void count_outcomes() {
        for (const NewEntry* entry : entries_) {
            if (entry->outcome == Outcome::duplicate) ++duplicates_;
            if (entry->outcome == Outcome::conflict) ++conflicts_;
        }
    }

    void fail_group(Submissions group, const Error& error) {
        for (NewEntry* entry : entries_) {
            entry->outcome = Outcome::failed;
            entry->sequence = 0;
        }
        if (log_->poisoned()) {
            {
                const std::lock_guard lock(mutex_);
                poisoned_ = error.message;
            }
            if (dependencies_.on_poisoned) dependencies_.on_poisoned(error.message);
        } else {
            const std::lock_guard lock(mutex_);
            disk_low_ = error.code == ErrorCode::no_space;
        }
        complete(std::move(group));
    }

    void complete(Submissions group) {
        std::map<unsigned, Submissions> by_waiter;
        for (auto& submission : group) {
            by_waiter[submission->waiter].push_back(std::move(submission));
        }
        for (auto& [waiter, done] : by_waiter) {
            dependencies_.completions.complete(waiter, std::move(done));
        }
    }

    /// Completes what still waits when the loop ends.
    void refuse_queue() {
        Submissions rest;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            while (!queue_.empty()) {
                rest.push_back(std::move(queue_.front()));
                queue_.pop_front();
            }
            queued_bytes_ = 0;
        }
        for (const auto& submission : rest) {
            for (NewEntry& entry : submission->entries)
                entry.outcome = Outcome::failed;
        }
        complete(std::move(rest));
    }

    Result<void> check_disk() {
        CELLMON_TRY_ASSIGN(const std::uint64_t free,
                           dependencies_.files.free_bytes(log_->directory()));
        const std::lock_guard lock(mutex_);
        disk_low_ = free < limits_.disk_reserve_bytes;
        return {};
    }

    /// Prepares segments, writes and merges ids, watches the disk. Its failures cost time or
    /// memory, never an event, and are tried again in the next round.
    void housekeep(const std::stop_token& stop) {
        set_thread_name("journal-keeper");
        std::unique_lock lock(housekeeping_mutex_);
        while (!stop.stop_requested()) {
            static_cast<void>(check_disk());
            while (!stop.stop_requested()) {
                const auto worked = log_->maintain();
                if (!worked || !*worked) break;
            }
            housekeeping_wait_.wait_for(lock, stop, kHousekeepingPeriod, [] { return false; });
        }
    }

    std::unique_ptr<CommitLog> log_;
    JournalLimits limits_;
    Dependencies dependencies_;
    CommitObserver* observer_ = nullptr;
    std::vector<NewEntry*> entries_;  // Of the writer's thread: the group being committed.

    mutable std::mutex mutex_;  // Guards what follows.
    std::condition_variable_any pending_;
    std::deque<std::unique_ptr<Submission>> queue_;
    std::size_t queued_bytes_ = 0;
    bool disk_low_ = false;
    bool stopping_ = false;
    std::string poisoned_;

    mutable std::mutex durable_mutex_;
    mutable std::condition_variable_any durable_changed_;
    std::atomic<std::uint64_t> durable_{0};

    std::atomic<std::uint64_t> groups_{0};
    std::atomic<std::uint64_t> duplicates_{0};
    std::atomic<std::uint64_t> conflicts_{0};
    std::atomic<std::uint64_t> bytes_written_{0};
    std::atomic<std::int64_t> last_sync_us_{0};

    std::mutex housekeeping_mutex_;
    std::condition_variable_any housekeeping_wait_;
    std::jthread writer_;
    std::jthread housekeeper_;
};

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(std::string directory, JournalLimits limits,
                                               Dependencies dependencies) {
    CELLMON_TRY_ASSIGN(auto log, CommitLog::open(dependencies.files, std::move(directory), limits,
                                                 dependencies.clock, dependencies.random));
    auto impl = std::make_unique<Impl>(std::move(log), limits, std::move(dependencies));
    CELLMON_TRY(impl->start());
    return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

void Journal::set_observer(CommitObserver* observer) {
    impl_->set_observer(observer);
}
Result<void> Journal::submit(std::unique_ptr<Submission>&& submission) {
    return impl_->submit(std::move(submission));
}
const std::string& Journal::directory() const {
    return impl_->log().directory();
}
Id128 Journal::journal_id() const {
    return impl_->log().identity().journal_id;
}
std::uint64_t Journal::epoch() const {
    return impl_->log().identity().epoch;
}
std::uint64_t Journal::durable_sequence() const {
    return impl_->durable();
}
std::uint64_t Journal::dropped_bytes() const {
    return impl_->log().dropped_bytes();
}
JournalStatus Journal::status() const {
    return impl_->status();
}
VisibleThrough Journal::visible_through() const {
    return [impl = impl_.get()] { return impl->durable(); };
}
std::uint64_t Journal::wait_beyond(std::uint64_t sequence, std::chrono::milliseconds timeout,
                                   const std::stop_token& stop) const {
    return impl_->wait_beyond(sequence, timeout, stop);
}

}  // namespace cellmon::journal
