#pragma once

// What the live part shows of a class: the seam between the fold (LiveService), which makes
// pictures, and those who send them out. Everything here is immutable once published and may be
// read by any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

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

/// All that is shown of a student. Times of 0 mean: never, or unknown.
struct StudentView {
    std::string email;
    std::string name;        ///< Empty when no event told it.
    std::string team;        ///< Empty: none.
    std::string class_code;  ///< Empty: none.
    Status status = Status::idle;
    TimeUs status_since_us = 0;
    bool asks_help = false;
    TimeUs help_since_us = 0;
    std::uint64_t executions = 0;
    std::uint64_t errors = 0;
    std::uint32_t consecutive_errors = 0;  ///< The longest streak of `error_cells`.
    std::vector<ErrorCell> error_cells;    ///< Newest first.
    std::string notebook;  ///< Path of the notebook of the latest event that has one.
    std::string cell_id;
    std::int64_t cell_index = -1;  ///< -1: unknown.
    TimeUs running_since_us = 0;
    TimeUs last_activity_us = 0;

    bool operator==(const StudentView&) const = default;
};

/// A student as of one moment, and the JSON of it that all messages share.
struct StudentPicture {
    StudentView view;
    std::uint64_t changed_sequence = 0;  ///< The fold's sequence when this came to differ.
    std::string fragment;                ///< The object `S` of docs/reference/live.md.
};

using StudentPicturePtr = std::shared_ptr<const StudentPicture>;

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
