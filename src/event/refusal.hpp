#pragma once

#include <string>

#include "event/decode.hpp"
#include "event/item.hpp"

namespace cellmon::event {

/// Describes items that cannot be taken: for the answer, and for quarantine, which keeps of them
/// what their level of consent allows.
class RefusalWriter {
  public:
    /// `masks`: secrets in what goes into quarantine are masked; an answer gives a client back what
    /// it sent.
    RefusalWriter(TextPool& pool, bool masks) : values_(pool), stored_values_(pool, masks) {}

    /// The text of every view lies in `arena`.
    [[nodiscard]] RefusedItem write(const Item& item, std::size_t index, const Fault& fault,
                                    Batch::Arena& arena);

    /// What may be kept of an item that waits, as JSON (Decoder::storable).
    [[nodiscard]] std::string storable(const Item& item);

    /// A value as it came; a long one as the start of its text, with "…" at its end.
    void append_bounded(std::string& out, const JsonValue& value, std::size_t max_bytes);

  private:
    void write_answer(const Item& item, const RefusedItem& refused);
    void write_quarantine(const Item& item, const RefusedItem& refused);
    void write_stored(const Item& item);
    static void append_bounded_json(std::string& out, std::string_view json, std::size_t max_bytes);

    ValueWriter values_;
    ValueWriter stored_values_;
    std::string json_;
    std::string value_;
};

}  // namespace cellmon::event
