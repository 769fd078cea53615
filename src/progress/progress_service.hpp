#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/cursor.hpp"
#include "progress/progress_state.hpp"
#include "projection/entry_source.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::progress {

/// What a step brought.
struct Step {
    std::uint64_t sequence = 0;  ///< Folded through.
    std::vector<StudentPtr> changed;
    std::vector<std::string> gone;  ///< Addresses of those who were reset.
    Notes made;                     ///< New notifications, the oldest first.
};

/// Told of each step by the thread of progress. Must not block.
class ProgressListener {
  public:
    virtual ~ProgressListener() = default;
    virtual void progressed(const Step& step) = 0;
};

/// Progress as the durable entries of the journal say it: folds them on a thread of its own, which
/// steps back before those that an event waits for and looks at the journal ten times a second at
/// most, or when somebody asks. Needs no store.
class ProgressService {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
    };

    /// Restores the state from the checkpoint, if it is there and belongs to this history, and
    /// folds all that is durable behind it. ErrorCode of the source when it cannot be read.
    static Result<std::unique_ptr<ProgressService>> open(
        std::unique_ptr<projection::EntrySource> source, const std::string& checkpoint_path,
        Dependencies dependencies);

    ProgressService(const ProgressService&) = delete;
    ProgressService& operator=(const ProgressService&) = delete;
    ~ProgressService();

    /// Starts the thread; `listener` (may be null) must outlive the service, or stop() come first.
    void start(ProgressListener* listener);
    /// No step begins after this returns. May be called again.
    void stop();

    /// Waits until all is folded that is durable now, for so long at most. Any thread but an I/O
    /// thread.
    void catch_up(std::chrono::milliseconds timeout);

    /// nullptr when nothing is known of them. Any thread, at once.
    [[nodiscard]] StudentPtr find(std::string_view email) const;
    /// By address. Any thread.
    [[nodiscard]] std::vector<StudentPtr> students() const;
    /// To all instructors; never null. Any thread.
    [[nodiscard]] std::shared_ptr<const Notes> instructor_notes() const;

    /// Whether the journal could be read the last time.
    [[nodiscard]] bool healthy() const;
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

    /// How far a checkpoint written now would reach.
    [[nodiscard]] std::uint64_t sequence() const;
    /// Writes one durably. Any thread, one at a time.
    Result<void> checkpoint(io::FileSystem& files, const std::string& path);

  private:
    ProgressService(std::unique_ptr<projection::EntrySource> source, Dependencies dependencies);

    Result<void> restore(const std::string& path);
    Result<void> load(const std::string& path);
    void run(const std::stop_token& stop);
    Result<std::size_t> fold_some();
    void publish();
    void wait(const std::stop_token& stop);
    void note_failure(const Error& error, const std::stop_token& stop);

    const std::unique_ptr<projection::EntrySource> source_;
    const Dependencies dependencies_;
    ProgressListener* listener_ = nullptr;

    std::mutex state_mutex_;  // The fold; held for as long as a batch takes.
    ProgressState state_;
    journal::Cursor cursor_;

    mutable std::mutex shown_mutex_;  // Held for pointers and numbers only.
    std::condition_variable_any shown_grew_;
    std::map<std::string, StudentPtr, std::less<>> shown_;
    std::shared_ptr<const Notes> shown_notes_;
    std::uint64_t shown_sequence_ = 0;
    std::uint64_t unreadable_ = 0;
    std::uint64_t failures_ = 0;
    std::string last_error_;  // Empty: the journal can be read.

    std::mutex pause_mutex_;
    std::condition_variable_any pause_;
    bool asked_ = false;  // Somebody waits in catch_up().
    std::jthread thread_;
};

}  // namespace cellmon::progress
