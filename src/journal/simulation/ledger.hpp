#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "journal/commit_log.hpp"

namespace cellmon::journal::simulation {

/// An event of the simulation: everything about it follows from two numbers. The same number with
/// another variant is the same id with other content.
struct Item {
    std::uint64_t number = 0;
    std::uint32_t variant = 0;

    bool operator==(const Item&) const = default;
    [[nodiscard]] Id128 id() const;
    [[nodiscard]] std::uint64_t content_hash() const;
    [[nodiscard]] std::string payload() const;
};

/// What should become of a group, worked out without the journal.
struct Plan {
    struct Line {
        Outcome outcome = Outcome::failed;
        std::uint64_t sequence = 0;
    };
    struct Stored {
        Item item;
        EntryKind kind = EntryKind::event;
        [[nodiscard]] Id128 id() const;
    };
    std::vector<Line> lines;     ///< One for each item of the group.
    std::vector<Stored> stored;  ///< The entries that it adds.
};

/// The world outside the journal: what was acknowledged, and what nobody knows.
class Ledger {
  public:
    [[nodiscard]] Plan plan(const std::vector<Item>& group) const;

    /// The group was committed; its entries must be there from now on.
    void acknowledge(const Plan& plan, std::span<const CommitLog::Written> written);

    /// The commit failed: all of it may turn up at the next opening, or nothing.
    void leave_unknown(Plan plan) { unknown_ = std::move(plan); }

    /// Compares all that the journal holds after an opening; what was wrong. An unknown group that
    /// turned up counts as acknowledged, one that did not is gone for good.
    std::optional<std::string> check(io::FileSystem& files, const CommitLog& log);

    [[nodiscard]] std::uint64_t size() const { return stored_.size(); }
    [[nodiscard]] const Item& item(std::size_t index) const { return stored_[index].item; }
    [[nodiscard]] EntryKind kind(std::size_t index) const { return stored_[index].kind; }

  private:
    std::optional<std::string> compare(std::uint64_t sequence, const Plan::Stored& expected,
                                       const Entry& found) const;
    void add(const Plan::Stored& stored, std::uint64_t chain);

    std::vector<Plan::Stored> stored_;  // Sequence − 1 is the index.
    std::vector<std::uint64_t> chains_;
    std::unordered_map<Id128, std::uint64_t> ids_;
    Plan unknown_;
};

}  // namespace cellmon::journal::simulation
