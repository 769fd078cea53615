#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"
#include "harness/ledger/event_content.hpp"

namespace cellmon::harness {

/// What the client was told about an event.
enum class Outcome {
    unknown,    ///< Sent or about to be, no answer that says what became of it.
    acked,      ///< The server promised that it is stored.
    duplicate,  ///< The server said that it had it before, which is the same promise.
    refused,    ///< The server said that it will never store it.
};
[[nodiscard]] std::string_view name_of(Outcome outcome);

/// Of the file's format; another one is refused.
inline constexpr std::int64_t kLedgerVersion = 2;

/// How the run that a ledger belongs to was made, so that it can be gone on with. The first line of
/// the file.
struct LedgerHeader {
    std::uint32_t students = 0;
    std::int64_t minutes = 0;
    std::uint64_t seed = 0;
    TimeUs start_us = 0;
    std::string class_code = "PY-2026-03";  ///< That newer clients name; empty: none.
    bool flood = false;  ///< `--speed max` or `--rate`: bodies made from templates, ids by counter.
    std::uint32_t errors_per_mille = 150;  ///< Share of failed executions.

    bool operator==(const LedgerHeader&) const = default;
};

struct LedgerEntry {
    EventContent content;
    std::int64_t intended_us = 0;  ///< Wall clock, µs: when it should have gone out,
    std::int64_t sent_us = 0;      ///< and when it did, the last time.
    Outcome outcome = Outcome::unknown;
};

/// Writes a ledger: a header line, a line for each event before it is first sent, and a line for
/// what became of it. Every line reaches the operating system before the call returns, so that
/// nothing is lost when this process is killed. One thread.
class LedgerWriter {
  public:
    /// An empty path makes a writer that writes nothing.
    static Result<LedgerWriter> create(const std::string& path, const LedgerHeader& header);
    /// Goes on behind the last whole line of an existing ledger; a torn last line is cut off.
    static Result<LedgerWriter> append(const std::string& path);

    LedgerWriter(LedgerWriter&& other) noexcept;
    LedgerWriter& operator=(LedgerWriter&&) = delete;
    ~LedgerWriter();

    [[nodiscard]] bool enabled() const { return descriptor_ >= 0; }
    void sent(const Id128& id, const EventContent& content, std::int64_t intended_us,
              std::int64_t sent_us);
    void outcome(const Id128& id, std::int64_t sent_us, Outcome outcome);
    /// Hands all lines to the operating system; call it before the request goes out and after each
    /// answer.
    [[nodiscard]] Result<void> flush();

  private:
    explicit LedgerWriter(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
    std::string lines_;
};

/// A ledger as read back. Of several outcomes of an event the last one counts, but a promise once
/// given stays.
struct Ledger {
    LedgerHeader header;
    std::unordered_map<Id128, LedgerEntry> entries;
    std::vector<Id128> order;  ///< Ids in the order of their first sending.
    bool torn_last_line = false;

    /// Tolerates a torn last line; ErrorCode::corrupt for anything else that does not read.
    static Result<Ledger> read(const std::string& path);
};

}  // namespace cellmon::harness
