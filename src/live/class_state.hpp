#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.hpp"
#include "base/result.hpp"
#include "event/event_reader.hpp"
#include "event/execution_status.hpp"
#include "journal/reader.hpp"
#include "live/place_index.hpp"
#include "live/student_facts.hpp"

namespace cellmon::live {

/// The fold of the journal into facts of each student. Every step is a sum or a maximum in the
/// order of OrderKey, so late and repeated entries of any order lead to the same state as a
/// recomputation. One thread.
class ClassState {
  public:
    /// Folds one entry in and returns the place of the student it spoke of, or kNobody. An entry
    /// whose payload cannot be read is passed over and counted.
    std::uint32_t fold(const journal::Entry& entry);

    static constexpr std::uint32_t kNobody = PlaceIndex::kNowhere;

    /// In the order in which they were first seen; a place is given up by forget() alone.
    [[nodiscard]] const std::vector<StudentFacts>& students() const { return students_; }
    /// nullptr when no such student was seen; until the next fold().
    [[nodiscard]] const StudentFacts* find(std::string_view email) const;
    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

    /// As if nothing of that student had been folded; the address without regard to case (ASCII).
    /// The places that were given up, each as it was before: places behind them move up.
    std::vector<std::uint32_t> forget(std::string_view email);

    void write(ByteWriter& out) const;
    /// Into an empty state. ErrorCode::corrupt for bytes that write() did not make.
    Result<void> read(ByteReader& in);

  private:
    /// What fold_event() looks at.
    static constexpr event::FieldSet kFields =
        event::kExecutionStatusFields |
        event::FieldSet{
            event::Field::stream_id,     event::Field::stream_sequence, event::Field::user_name,
            event::Field::team_name,     event::Field::class_code,      event::Field::notebook_path,
            event::Field::kernel_status, event::Field::cell_id,         event::Field::cell_index,
        };

    std::uint32_t place_of(std::string_view email);
    std::uint32_t fold_event(const journal::Entry& entry);
    std::uint32_t fold_server_entry(const journal::Entry& entry);

    std::vector<StudentFacts> students_;
    PlaceIndex places_;  // By email.
    event::EventReader reader_{kFields};
    std::uint64_t unreadable_ = 0;
};

}  // namespace cellmon::live
