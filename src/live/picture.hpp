#pragma once

// What the live part shows of a class: the seam between the fold (LiveService), which makes
// pictures, and those who send them out. Everything here is immutable once published and may be
// read by any thread.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "base/clock.hpp"
#include "base/id128.hpp"

namespace cellmon::live {

/// In the order of precedence: the first that applies holds.
enum class Status : std::uint8_t { help, significant_error, error, active, idle };

/// The name on the wire.
[[nodiscard]] constexpr std::string_view name_of(Status status) {
    switch (status) {
        case Status::help:
            return "help";
        case Status::significant_error:
            return "significant_error";
        case Status::error:
            return "error";
        case Status::active:
            return "active";
        case Status::idle:
            return "idle";
    }
    return "unknown";
}

/// A cell whose latest runs failed.
struct ErrorCell {
    std::string cell_id;
    std::uint32_t count = 0;  ///< Failures since the latest success, at most 32.
    TimeUs last_error_us = 0;
    bool is_significant = false;  ///< So many that the student counts as stuck.

    bool operator==(const ErrorCell&) const = default;
};

/// All that is shown of a student. Times of 0 mean: never, or unknown. What changes with each event
/// comes first: there two views differ, and there is all that sums need.
struct StudentView {
    TimeUs last_activity_us = 0;
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;
    Status status = Status::idle;
    bool asks_help = false;
    std::uint32_t consecutive_errors = 0;  ///< The longest streak of `error_cells`.
    TimeUs status_since_us = 0;
    TimeUs help_since_us = 0;
    TimeUs running_since_us = 0;
    std::int64_t cell_index = -1;        ///< -1: unknown.
    std::vector<ErrorCell> error_cells;  ///< Newest first.
    std::string cell_id;
    std::string notebook;  ///< Path of the notebook of the latest event that has one.
    std::string email;
    std::string name;        ///< Empty when no event told it.
    std::string team;        ///< Empty: none.
    std::string class_code;  ///< Empty: none.

    bool operator==(const StudentView&) const = default;
};

/// A student as of one moment, and the JSON of it that all messages share. Counts its readers
/// itself, beside what they read first.
class StudentPicture
    : public boost::intrusive_ref_counter<StudentPicture, boost::thread_safe_counter> {
    mutable std::atomic<bool> is_written_ = false;  // Here, for what changes lies together.

  public:
    StudentPicture() = default;
    /// With a text of the caller's.
    explicit StudentPicture(std::string fragment)
        : is_written_(true), fragment_(std::move(fragment)) {}

    std::uint64_t changed_sequence = 0;  ///< The fold's sequence when this came to differ.
    StudentView view;

    /// The object `S` of docs/reference/live.md; written when somebody first asks for it, for most
    /// pictures are followed by the next before anybody does. Any thread.
    [[nodiscard]] const std::string& fragment() const;
    /// By which a picture of a later start of the program is known to be the same.
    [[nodiscard]] std::uint64_t fragment_hash() const;
    /// Call it behind a change of `view`, before anybody else can read this.
    void forget_fragment() { is_written_.store(false, std::memory_order_relaxed); }

  private:
    mutable std::mutex mutex_;  // Of who writes it.
    mutable std::string fragment_;
};

using StudentPicturePtr = boost::intrusive_ptr<const StudentPicture>;

/// Sums over students.
struct Counters {
    std::uint64_t students = 0;
    std::uint64_t active = 0;
    std::uint64_t help = 0;  ///< Students who ask now.
    std::uint64_t error = 0;
    std::uint64_t significant_error = 0;
    std::uint64_t idle = 0;
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;  ///< Failed executions.

    void add(const StudentView& view) { count(view, 1); }
    /// Of a student who was added.
    void remove(const StudentView& view) { count(view, -1); }
    bool operator==(const Counters&) const = default;

  private:
    void count(const StudentView& view, int sign);
};

/// Places in Picture::students by email. What it says stays, so that pictures share one that grows
/// with the class. Any thread.
class StudentIndex {
  public:
    void add(const std::string& email, std::size_t place);
    [[nodiscard]] std::optional<std::size_t> find(std::string_view email) const;

  private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::size_t, std::less<>> places_;
};

/// The class as it was when the fold had come through `sequence`.
struct Picture {
    Id128 journal_id;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    TimeUs at_us = 0;
    std::uint64_t step = 0;                      ///< How many were made before it.
    std::vector<StudentPicturePtr> students;     ///< In the order in which they were first seen.
    std::shared_ptr<const StudentIndex> places;  ///< Of them, and of some who came later; not null.
    Counters all;

    /// Null when no such student was seen.
    [[nodiscard]] StudentPicturePtr find(std::string_view email) const;
};

using PicturePtr = std::shared_ptr<const Picture>;

/// What one student was and is.
struct Change {
    StudentPicturePtr before;  ///< Null: the student is new.
    StudentPicturePtr now;
    std::size_t place = 0;  ///< In Picture::students.
};

/// One conflated step.
struct Tick {
    PicturePtr picture;
    std::vector<Change> changes;  ///< Each student once; none when only the sequence went on.
};

/// Told of each step by the live thread, in order. Must not block and must not call LiveService but
/// for picture().
class PictureListener {
  public:
    virtual ~PictureListener() = default;
    virtual void pictured(const Tick& tick) = 0;
};

}  // namespace cellmon::live
