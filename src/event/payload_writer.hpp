#pragma once

#include <string>
#include <vector>

#include "event/decode.hpp"
#include "event/item.hpp"

namespace cellmon::event {

/// Writes the normal form of an accepted item (README.md of this module).
class PayloadWriter {
  public:
    PayloadWriter(const DecodeLimits& limits, TextPool& pool) : limits_(limits), values_(pool) {}

    /// Replaces `out`. False when the item is larger than `item_bytes` even with all cut that may
    /// be; shortens the item's texts on the way there.
    [[nodiscard]] bool write(Item& item, std::string& out);

  private:
    enum class Objects : std::uint8_t { keep, cut };

    void write(const Item& item, std::string& out, Objects objects);
    void write_field(const Item& item, Field field, std::string& out, Objects objects);
    void write_object(const Item& item, Field field, std::string& out, Objects objects);
    void write_extra(const Item& item, std::string& out, Objects objects);
    void write_extra_member(std::string_view name, const JsonValue& value, Objects objects);
    void write_marks(const Item& item, std::string& out) const;
    void write_cuts(std::string& out) const;
    void mark_cut(std::string_view name, std::string_view whole);

    const DecodeLimits& limits_;
    ValueWriter values_;
    std::vector<CutMark> cuts_;
    std::string extra_;
};

}  // namespace cellmon::event
