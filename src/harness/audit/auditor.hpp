#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/id128.hpp"
#include "harness/audit/findings.hpp"
#include "harness/ledger/ledger.hpp"

namespace cellmon::harness {

/// A row of `cell_executions`, with the natural keys of what it points to.
struct StoredExecution {
    Execution execution;
    std::optional<std::int64_t> execution_count;
    TimeUs executed_us = 0;
    std::string email;
    std::string notebook;
    std::string cell;
};

/// A row of the `events` table, or of an export; what a store does not tell is absent.
struct StoredRow {
    std::uint64_t sequence = 0;
    Id128 id;
    std::optional<std::uint64_t> content_hash;
    std::optional<std::string> type;
    std::optional<TimeUs> time_us;
    std::optional<std::string> email;
    std::optional<std::string> notebook;
    std::optional<std::string> cell;
    bool has_executions = false;  ///< The store has a table of executions.
    std::optional<StoredExecution> execution;
};

/// What two stores are compared by.
struct StoredKey {
    Id128 id;
    std::optional<std::uint64_t> content_hash;
};

/// Compares what a store holds with what the clients were promised. Feed it a store's events in
/// sequence order, then finish().
class StoreCheck {
  public:
    /// `name` stands before each sample. `others_allowed`: events that the ledger does not know are
    /// no phantoms.
    StoreCheck(std::string name, const Ledger& ledger, bool others_allowed);

    /// This store is made from that journal: what is wrong there is told there, and not once more
    /// here. Before the first event; the journal stays until finish().
    void behind(const StoreCheck& journal) { journal_ = &journal; }

    /// One event; `content` when the store holds it whole.
    void event(const StoredRow& row, const EventContent* content);
    /// Looks for what was promised and did not come.
    void finish();

    [[nodiscard]] const Findings& findings() const { return findings_; }
    [[nodiscard]] Findings& findings() { return findings_; }
    /// Whether anything is wrong with this event, told here or by the journal in front.
    [[nodiscard]] bool is_faulty(const Id128& id) const;
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t events() const { return events_; }
    [[nodiscard]] std::uint64_t others() const { return others_; }
    [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
    [[nodiscard]] const std::unordered_map<std::uint64_t, StoredKey>& rows() const { return rows_; }

  private:
    void find(Fault fault, const Id128& id, std::string sample);

    std::string name_;
    const Ledger& ledger_;
    bool others_allowed_;
    const StoreCheck* journal_ = nullptr;
    Findings findings_;
    std::array<std::unordered_set<Id128>, kFaults> faulty_;
    std::unordered_map<Id128, std::uint64_t> sequence_of_;
    std::unordered_map<std::uint64_t, StoredKey> rows_;
    std::uint64_t events_ = 0;
    std::uint64_t others_ = 0;
    std::uint64_t last_sequence_ = 0;
};

/// Puts Fault::differs into `table` for every sequence of which the two do not say the same, but
/// for events of which something else is told already.
void compare_stores(const StoreCheck& journal, StoreCheck& table);

}  // namespace cellmon::harness
