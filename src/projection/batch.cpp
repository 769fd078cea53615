#include "projection/batch.hpp"

#include "base/assert.hpp"

namespace cellmon::projection {

void Batch::start(const journal::Cursor& from) {
    before_ = from;
    first_ = 0;
    entries_.clear();
    payloads_.clear();
}

void Batch::add(const journal::Entry& entry) {
    Stored stored{entry, payloads_.size()};
    stored.entry.payload = {};
    payloads_ += entry.payload;
    // The sizes are taken from the arena, because a redacted entry keeps its header's length.
    entries_.push_back(stored);
}

void Batch::drop_front(std::size_t count) {
    CELLMON_ASSERT(count <= size());
    before_ = after(count);
    first_ += count;
}

journal::Entry Batch::entry(std::size_t index) const {
    CELLMON_ASSERT(index < size());
    const std::size_t at = first_ + index;
    const std::size_t end = at + 1 < entries_.size() ? entries_[at + 1].offset : payloads_.size();
    journal::Entry entry = entries_[at].entry;
    entry.payload =
        std::string_view(payloads_).substr(entries_[at].offset, end - entries_[at].offset);
    return entry;
}

journal::Cursor Batch::after(std::size_t count) const {
    if (count == 0) return before_;
    CELLMON_ASSERT(count <= size());
    const journal::Entry& last = entries_[first_ + count - 1].entry;
    return {before_.journal_id, before_.epoch, last.header.sequence, last.chain};
}

}  // namespace cellmon::projection
