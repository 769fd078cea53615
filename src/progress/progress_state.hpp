#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/byte_codec.hpp"
#include "base/result.hpp"
#include "event/event_reader.hpp"
#include "journal/reader.hpp"
#include "progress/progress_entry.hpp"
#include "progress/signal.hpp"
#include "progress/student.hpp"

namespace cellmon::progress {

/// The fold of the journal into the progress of each student (contract §10.5). What is said of
/// cells is, by OrderKey, the same in whatever order the entries of a student came; notifications
/// are made as they come. All of it is a function of the journal alone. One thread.
///
/// Students and notes that others hold are never changed: the next entry about them changes a copy.
class ProgressState {
  public:
    /// An entry that cannot be read is passed over and counted.
    void fold(const journal::Entry& entry);

    /// By address.
    using Students = std::map<std::string, std::shared_ptr<Student>, std::less<>>;
    [[nodiscard]] const Students& students() const { return students_; }
    /// nullptr when nothing is known of them.
    [[nodiscard]] StudentPtr find(std::string_view email) const;

    /// To all instructors; never null.
    [[nodiscard]] std::shared_ptr<const Notes> instructor_notes() const { return notes_; }

    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

    /// What came about since the last call.
    struct Changes {
        std::set<std::string, std::less<>> students;  ///< Addresses; also of who is gone.
        Notes made;                                   ///< The oldest first.
    };
    [[nodiscard]] Changes take_changes();

    /// As if nothing of that student had been folded, but for old notifications that made way for
    /// theirs; the address without regard to case (ASCII).
    void forget(std::string_view email);

    void write(ByteWriter& out) const;
    /// Into an empty state. ErrorCode::corrupt for bytes that write() did not make.
    Result<void> read(ByteReader& in);

  private:
    void fold_event(const journal::Entry& entry);
    void fold_server_entry(const journal::Entry& entry);
    void fold_cell(Student& student, Assignment& assignment, const Signal& signal,
                   const event::Event& event, const journal::Entry& entry, const OrderKey& at);
    void reset(std::string_view email);
    void mark_read(const ProgressEntry& entry);
    /// May be changed until it is next handed out.
    Student& student(std::string_view email);
    Notes& instructor_notes_to_change();
    void tell(Student& student, Note note);

    Students students_;
    std::shared_ptr<Notes> notes_ = std::make_shared<Notes>();
    event::EventReader reader_;
    std::uint64_t unreadable_ = 0;
    Changes changes_;
};

}  // namespace cellmon::progress
