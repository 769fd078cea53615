#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "privacy/class_consents.hpp"
#include "privacy/consent.hpp"

namespace cellmon::event {

/// Named limits of a body; each has a line in docs/reference/configuration.md.
struct DecodeLimits {
    std::size_t items = 1'000;  ///< Events in one body.
    std::size_t nesting = 32;   ///< Depth of arrays and objects inside an item.
    std::size_t item_bytes =
        1U << 20U;  ///< Stored size of one normalised event; `extra` is cut first.
};

/// One accepted item. The views point into the batch.
struct DecodedEvent {
    std::size_t index = 0;  ///< Position in the body.
    Id128 id;
    std::uint64_t content_hash = 0;  ///< `canonical v1`.
    std::string_view payload;        ///< Normalised JSON, as it goes into the journal.
    std::uint32_t payload_crc = 0;
    std::string_view event_type;  ///< `unknown` when missing (§3.1).
    std::string_view email;
    std::string_view class_code;
    std::string_view stream_id;  ///< Empty: none.
    std::uint64_t stream_first =
        0;  ///< The item's own number, or the first number a `stream_gap` gives up.
    std::uint64_t stream_last = 0;
    TimeUs client_time_us =
        0;  ///< As the client sent it, in bounds or not; 0 when missing or unreadable.
};

/// One refused item: what is wrong with which field, and the item itself for the answer (§3.1) and
/// for quarantine.
struct RefusedItem {
    std::size_t index = 0;
    std::string_view field;  ///< Empty: the item as a whole.
    std::string_view reason;
    std::string_view answer_json;  ///< The object for `failed_events`: the contract's 18 keys
                                   ///< (nulls included) plus index, field, reason.

    /// Set when the item names its stream number: it is kept in quarantine, so that the number
    /// counts as refused.
    bool quarantined = false;
    Id128 quarantine_id;  ///< Hash of the item, so that sending it again stores nothing.
    std::uint64_t content_hash = 0;
    std::string_view quarantine_payload;
    std::uint32_t payload_crc = 0;
    std::string_view email;
    std::string_view class_code;
    std::string_view stream_id;
    std::uint64_t stream_number = 0;
};

/// What a body decodes to. Owns all memory the views point into; movable, addresses stay.
class Batch {
  public:
    Batch();
    Batch(Batch&&) noexcept;
    Batch& operator=(Batch&&) noexcept;
    ~Batch();

    std::vector<DecodedEvent> events;
    std::vector<RefusedItem> refused;
    std::size_t total_items = 0;

    class Arena;
    [[nodiscard]] Arena& arena() { return *arena_; }  ///< event/arena.hpp

  private:
    std::unique_ptr<Arena> arena_;
};

/// A fault of the body as a whole, in the form of §1.3.
struct BodyError {
    int status = 422;         ///< 413 or 422.
    std::string detail_json;  ///< The value of `detail`.
};

enum class BodyForm { json, ndjson };

/// Decodes bodies: an array of events, a single event, or NDJSON. Keeps its parser's buffers
/// between calls. One thread each.
class Decoder {
  public:
    explicit Decoder(DecodeLimits limits, RandomSource& random, privacy::Options privacy = {});
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;
    ~Decoder();

    /// What is known of a body besides its text.
    struct About {
        /// Of the class whose key the body came with: what names no class is of that one, what
        /// names another is refused; empty: there was no key.
        std::string_view class_code{};
        /// To which level classes lower consent; nullptr: none does.
        const privacy::ClassConsents::Page* classes = nullptr;
        /// Of items from storable(), in their order: the hashes they had; none: the item is as it
        /// was sent.
        std::span<const std::optional<std::uint64_t>> content_hashes{};
    };

    /// `received_us` is the receive time of every item. `[]` is an empty batch, not an error.
    tl::expected<Batch, BodyError> decode(std::string_view body, BodyForm form, TimeUs received_us,
                                          const About& about);
    tl::expected<Batch, BodyError> decode(std::string_view body, BodyForm form,
                                          TimeUs received_us) {
        return decode(body, form, received_us, About{});
    }

    /// What may be kept of an item that waits to be decoded later, as JSON of the same form, and
    /// the hash of all of it.
    struct Storable {
        std::string json;
        std::uint64_t content_hash = 0;
    };
    /// Of one JSON object, valid as such. `about` as in decode(). Text that is no object is an
    /// empty object.
    [[nodiscard]] Storable storable(std::string_view object, TimeUs received_us,
                                    const About& about);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::event
