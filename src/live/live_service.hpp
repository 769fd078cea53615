#pragma once

#include <array>
#include <chrono>
#include <cstdint>
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
#include "live/class_state.hpp"
#include "live/picture.hpp"
#include "live/rules.hpp"
#include "live/spares.hpp"
#include "projection/entry_source.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace cellmon::live {

/// Named limits; each has a line in docs/reference/configuration.md.
struct LiveOptions {
    /// Between two steps, when something changes; twice that behind a step with many changes.
    std::chrono::milliseconds conflation{50};
    std::chrono::milliseconds idle_wait{1'000};  ///< Without news, before it looks again.
    std::size_t fold_entries = 4'096;            ///< Between two looks at the clock.
    Thresholds thresholds;                       ///< Until others are set.
};

/// The state written down, to go on from.
struct LiveCheckpoint {
    std::uint64_t sequence = 0;  ///< Folded through.
    std::string bytes;
};

struct LiveStatus {
    std::uint64_t sequence = 0;  ///< Folded through.
    std::uint64_t durable_sequence = 0;
    std::uint64_t ticks = 0;
    std::uint64_t changes = 0;  ///< Pictures of students made.
    std::uint64_t unreadable = 0;
    std::uint64_t failures = 0;
    std::string last_error;  ///< Empty, or why the fold waits.
};

/// The class as it is now: folds the durable entries of the journal on a thread of its own and
/// makes pictures of it. Needs no store. Pictures also change with time alone.
class LiveService {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
    };

    /// Restores the state from the checkpoint, if it is there and belongs to this history, and
    /// folds all that is durable behind it; so the first picture is whole. ErrorCode of the source
    /// when it cannot be read.
    static Result<std::unique_ptr<LiveService>> open(
        LiveOptions options, std::unique_ptr<projection::EntrySource> source,
        const std::string& checkpoint_path, Dependencies dependencies);

    LiveService(const LiveService&) = delete;
    LiveService& operator=(const LiveService&) = delete;
    ~LiveService();

    /// Starts the thread; `listener` (may be null) hears of each step from then on and must outlive
    /// the service, or stop() must come first.
    void start(PictureListener* listener);

    /// No step begins after this returns. May be called again.
    void stop();

    /// The newest picture; never null. Any thread, at once.
    [[nodiscard]] PicturePtr picture() const;

    /// Shows everybody by other thresholds within LiveOptions::idle_wait. Any thread.
    void set_thresholds(const Thresholds& thresholds);
    /// What was set last. Any thread.
    [[nodiscard]] Thresholds thresholds() const;

    [[nodiscard]] LiveStatus status() const;
    [[nodiscard]] std::vector<telemetry::MetricFamily> metrics() const;

    /// How far a checkpoint written now would reach.
    [[nodiscard]] std::uint64_t sequence() const;
    /// A checkpoint of now. Any thread.
    [[nodiscard]] LiveCheckpoint make_checkpoint();
    /// Writes it durably. Any thread, one at a time.
    Result<void> checkpoint(io::FileSystem& files, const std::string& path);

  private:
    /// What the picture of one student rests on.
    struct Shown {
        boost::intrusive_ptr<StudentPicture> picture;  // Null: not shown yet.
        // The one before, of which the next is made once nobody reads it any more.
        boost::intrusive_ptr<StudentPicture> spare;
        // Of both, what StudentFacts::texts was.
        std::uint32_t picture_texts = 0;
        std::uint32_t spare_texts = 0;
        std::size_t place = 0;  // In Picture::students, once shown.
        TimeUs next_change_us = kNever;
        bool folded = false;             // Entries came in since the picture was made.
        std::uint64_t old_sequence = 0;  // From the checkpoint: when the picture with this hash
        std::uint64_t old_hash = 0;      // had come to differ.

        /// The spare, or a new one in its place when somebody reads it.
        StudentPicture& next(const StudentFacts& facts);
    };

    LiveService(LiveOptions options, std::unique_ptr<projection::EntrySource> source,
                Dependencies dependencies);

    Result<void> restore(const std::string& checkpoint_path);
    Result<void> seek_first_kept();
    Result<void> load(const std::string& checkpoint_path);
    [[nodiscard]] std::string serialise() const;

    void run(const std::stop_token& stop);
    void take_thresholds();
    Result<std::size_t> fold_some(std::size_t most_entries);
    void wait(const std::stop_token& stop);
    void note_failure(const Error& error, const std::stop_token& stop);
    [[nodiscard]] bool step_is_due(TimeUs now) const;
    [[nodiscard]] std::int64_t until_next_step_us() const;
    void step(TimeUs now);
    void make_changes(TimeUs now, std::vector<Change>& changes);
    void note_next_change(const Shown& shown);
    [[nodiscard]] std::unique_ptr<Picture> take_up_to_date();
    [[nodiscard]] PicturePtr make_picture(std::unique_ptr<Picture> made, TimeUs now,
                                          const std::vector<Change>& changes);

    const LiveOptions options_;
    const std::unique_ptr<projection::EntrySource> source_;
    const Dependencies dependencies_;
    PictureListener* listener_ = nullptr;

    mutable std::mutex state_mutex_;  // The fold; held for as long as fold_entries take.
    ClassState state_;
    journal::Cursor cursor_;
    std::vector<Shown> shown_;            // Beside state_.students().
    std::size_t shown_students_ = 0;      // With a picture.
    std::vector<std::uint32_t> waiting_;  // Places with `folded`.
    TimeUs earliest_change_us_ = kNever;  // Before it nobody changes with time alone.
    Thresholds thresholds_;               // Of the live thread.

    mutable std::mutex picture_mutex_;  // Held for a pointer or a number only.
    PicturePtr picture_;
    LiveStatus status_;
    Thresholds wanted_thresholds_;

    // Of all pictures.
    const std::shared_ptr<StudentIndex> places_ = std::make_shared<StudentIndex>();
    Spares<Picture> pictures_;
    // Places in Picture::students that each of the latest steps changed, at its number modulo their
    // count.
    std::array<std::vector<std::size_t>, 8> changed_;
    std::vector<Change> changes_;  // Empty: its memory, for the next step.
    // Of the live thread: when the last step began, steady, and the pause behind it.
    std::int64_t last_step_us_ = 0;
    std::chrono::microseconds pause_{0};
    std::jthread thread_;
};

}  // namespace cellmon::live
