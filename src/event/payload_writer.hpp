#pragma once

#include <string>
#include <vector>

#include "event/decode.hpp"
#include "event/item.hpp"

namespace cellmon::event {

/// Writes the normal form of an accepted item (README.md of this module).
class PayloadWriter {
  public:
    /// `masks`: secrets in objects and in `extra` are masked.
    PayloadWriter(const DecodeLimits& limits, TextPool& pool, bool masks)
        : limits_(limits), values_(pool, masks) {}

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
    static void write_consent(const Item& item, std::string& out);
    void mark_cut(std::string_view name, std::string_view whole);

    const DecodeLimits& limits_;
    ValueWriter values_;
    std::vector<CutMark> cuts_;
    std::string extra_;
};

}  // namespace cellmon::event
