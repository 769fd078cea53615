#pragma once

#include <string>

#include "event/decode.hpp"
#include "event/item.hpp"

namespace cellmon::event {

/// Describes items that cannot be taken: for the answer, and for quarantine.
class RefusalWriter {
  public:
    explicit RefusalWriter(TextPool& pool) : values_(pool) {}

    /// The text of every view lies in `arena`.
    [[nodiscard]] RefusedItem write(const Item& item, std::size_t index, const Fault& fault,
                                    Batch::Arena& arena);

    /// A value as it came; a long one as the start of its text, with "…" at its end.
    void append_bounded(std::string& out, const JsonValue& value, std::size_t max_bytes);

  private:
    void write_answer(const Item& item, const RefusedItem& refused);
    void write_quarantine(const Item& item, const RefusedItem& refused);

    ValueWriter values_;
    std::string json_;
    std::string value_;
};

}  // namespace cellmon::event
