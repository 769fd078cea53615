#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "delivery/number_ranges.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"

namespace cellmon::delivery {

struct DeliveryLimits {
    std::int64_t gap_grace_us =
        30'000'000;  ///< A gap is missing, and asked for, when it is older than this.
    std::size_t gaps_in_answer = 64;
};

/// What a client is told of one of its streams.
struct StreamAnswer {
    std::string stream_id;
    std::uint64_t received_through = 0;
    std::vector<NumberRanges::Gap> missing;
    std::string_view new_stream;  ///< Empty, or why the client must open a new stream: `cloned` or
                                  ///< `too_many_gaps`.
};

/// What is known of one student's delivery.
struct StudentDelivery {
    std::string email;
    std::string class_code;      ///< Of the student's last event that named one.
    std::uint64_t received = 0;  ///< Events stored.
    std::uint64_t missing =
        0;  ///< Numbers of the student's streams that never came, older than the grace.
    std::uint64_t refused = 0;    ///< Items kept in quarantine.
    std::uint64_t abandoned = 0;  ///< Numbers the client gave up.
    std::uint64_t duplicates =
        0;  ///< Resent events since the last checkpoint that survived; a hint, not a ledger.
    std::uint64_t streams = 0;
    TimeUs last_seen_us = 0;
    std::int64_t clock_offset_us =
        0;  ///< Receive time minus the client's time, the smallest of the last eight.

    /// Adds another student's counts to these, and takes the later time; who it is stays.
    void add(const StudentDelivery& other);
};

/// Makes loss accountable: folds the journal into the received numbers of each stream and the
/// counts of each student. Fed by the journal's thread in sequence order; asked by any thread.
class Delivery final : public journal::CommitObserver {
  public:
    Delivery(DeliveryLimits limits, const Clock& clock) : limits_(limits), clock_(clock) {}

    void committed(const journal::EntryHeader& header, std::uint64_t chain,
                   const journal::Origin& origin) override;

    /// Counts resent events, each named by its student. Takes the lock once.
    void count_duplicates(std::span<const std::string_view> emails);

    [[nodiscard]] std::vector<StreamAnswer> answer(
        const std::vector<std::string_view>& stream_ids) const;
    [[nodiscard]] std::vector<StudentDelivery> students() const;

    /// Loads the checkpoint if it is there and belongs to this history, then folds the entries
    /// behind it up to the durable end. Before the first committed(). Returns how many entries it
    /// could not count, because their content was removed and there was no checkpoint of them.
    Result<std::uint64_t> restore(io::FileSystem& files, const std::string& checkpoint_path,
                                  journal::Reader& reader);

    /// Takes a student out of a checkpoint, as if nothing of them had been folded; no file, no
    /// student. The address without regard to case (ASCII). While nobody uses the file.
    static Result<void> forget(io::FileSystem& files, const std::string& checkpoint_path,
                               std::string_view email, const Clock& clock);

    /// Writes the checkpoint durably. Any thread, one at a time.
    Result<void> checkpoint(io::FileSystem& files, const std::string& checkpoint_path);

    [[nodiscard]] std::uint64_t sequence() const;

  private:
    struct Stream {
        std::uint32_t student = 0;
        NumberRanges numbers;
        bool cloned = false;
    };
    struct Student {
        std::string email;
        std::string class_code;
        std::uint64_t received = 0;
        std::uint64_t refused = 0;
        std::uint64_t abandoned = 0;
        std::uint64_t duplicates = 0;
        TimeUs last_seen_us = 0;
        std::array<std::int64_t, 8> offsets_us{};  // A ring of the last clock offsets.
        std::uint64_t offset_count = 0;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    template <typename Value>
    using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

    std::uint32_t student_index(std::string_view email);
    void fold(const journal::EntryHeader& header, const journal::Origin& origin);
    void fold_stream(const journal::EntryHeader& header, const journal::Origin& origin,
                     std::uint32_t student);
    void forget_student(std::string_view email);
    [[nodiscard]] std::string serialise() const;
    Result<void> load(io::FileSystem& files, const std::string& path);
    Result<void> deserialise(std::string_view bytes, const std::string& path);

    DeliveryLimits limits_;
    const Clock& clock_;

    mutable std::mutex mutex_;
    journal::Cursor cursor_;
    std::vector<Student> students_;
    ByText<std::uint32_t> student_by_email_;
    ByText<Stream> streams_;
};

}  // namespace cellmon::delivery
