#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_codec.hpp"
#include "base/result.hpp"
#include "event/event_reader.hpp"
#include "journal/reader.hpp"
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

    static constexpr std::uint32_t kNobody = 0xffffffffU;

    /// In the order in which they were first seen; a place is never given up.
    [[nodiscard]] const std::vector<StudentFacts>& students() const { return students_; }
    /// nullptr when no such student was seen; until the next fold().
    [[nodiscard]] const StudentFacts* find(std::string_view email) const;
    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

    void write(ByteWriter& out) const;
    /// Into an empty state. ErrorCode::corrupt for bytes that write() did not make.
    Result<void> read(ByteReader& in);

  private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::uint32_t place_of(std::string_view email);
    std::uint32_t fold_event(const journal::Entry& entry);
    std::uint32_t fold_server_entry(const journal::Entry& entry);

    std::vector<StudentFacts> students_;
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> places_;
    event::EventReader reader_;
    std::uint64_t unreadable_ = 0;
};

}  // namespace cellmon::live
