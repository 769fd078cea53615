#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "journal/cursor.hpp"
#include "journal/reader.hpp"

namespace cellmon::projection {

/// Consecutive entries with their payloads, kept so that they can be applied again after a failure.
class Batch {
  public:
    /// Empties the batch; `from` names the history that its entries belong to.
    void start(const journal::Cursor& from);
    void add(const journal::Entry& entry);

    /// Forgets the first `count` entries, which are applied.
    void drop_front(std::size_t count);

    [[nodiscard]] std::size_t size() const { return entries_.size() - first_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] std::size_t payload_bytes() const { return payloads_.size(); }

    /// The entry at `index`; its payload is valid while the batch is not changed.
    [[nodiscard]] journal::Entry entry(std::size_t index) const;

    /// The cursor in front of the batch, and the one behind its first `count` entries.
    [[nodiscard]] const journal::Cursor& before() const { return before_; }
    [[nodiscard]] journal::Cursor after(std::size_t count) const;

  private:
    struct Stored {
        journal::Entry entry;  ///< Its payload is empty; the bytes lie in `payloads_`.
        std::size_t offset = 0;
    };

    journal::Cursor before_;
    std::size_t first_ = 0;
    std::vector<Stored> entries_;
    std::string payloads_;
};

}  // namespace cellmon::projection
