#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/canonical.hpp"
#include "event/event.hpp"
#include "event/field_set.hpp"
#include "event/field_value.hpp"
#include "event/json_value.hpp"
#include "privacy/consent.hpp"

namespace cellmon::event {

/// Why an item cannot be taken.
struct Fault {
    std::string_view field;  ///< Empty: the item as a whole.
    std::string_view reason;
};

/// Something longer than is stored.
struct CutMark {
    std::string_view name;
    std::size_t bytes = 0;
    std::string sha256;
};

/// Where the identity of an event comes from.
enum class IdOrigin : std::uint8_t { client, content, random };

/// One item of a body: what was sent, and what is made of it. Reused from item to item.
class Item {
  public:
    Item(TextPool& pool, CanonicalHasher& hasher) : pool_(pool), hasher_(hasher) {}

    /// Nothing was sent.
    void clear();

    /// Takes the members of the item apart. Before anything else.
    void take(const JsonValue& item);

    [[nodiscard]] bool is_object() const { return is_object_; }
    [[nodiscard]] std::uint64_t content_hash(std::uint64_t seed = 0) const;

    /// Reads every field, cuts keys that are too long, settles identity, stream and time.
    [[nodiscard]] std::optional<Fault> read(TimeUs received_us);

    /// Behind read(), for an item that came with the key of a class: it is of that class, whatever
    /// it names; a fault when it names another one. What the client sent, and so the hash of it,
    /// stays as it is: sent again by another key, or when the class has another code, it is the
    /// same event.
    [[nodiscard]] std::optional<Fault> settle_class(std::string_view class_code);

    /// The level that the client asks for: `absent` where it says nothing, the strictest where
    /// nobody knows what it says.
    [[nodiscard]] privacy::Consent consent(privacy::Consent absent) const;

    /// Behind read(): takes away all that needs more than `most`. The hash stays that of what was
    /// sent. Below `output` nothing is left that the schema does not know.
    void withhold(privacy::Consent most);

    /// Behind withhold(): masks secrets in free texts, when `masks`, and cuts what is too long.
    void shape_texts(bool masks);

    /// It is the item with this hash, whatever is left of it: it was held back before.
    void keep_hash(std::uint64_t content_hash) { kept_hash_ = content_hash; }

    /// Sets the event id that the client did not send.
    void set_id(std::string text, IdOrigin origin);

    [[nodiscard]] const JsonValue& whole() const { return whole_; }
    [[nodiscard]] const JsonValue& sent(Field field) const { return sent_[index(field)]; }
    [[nodiscard]] bool was_sent(Field field) const { return sent_fields_.has(field); }
    [[nodiscard]] const FieldValue& value(Field field) const { return values_[index(field)]; }
    /// A text field's value; empty when absent.
    [[nodiscard]] std::string_view text(Field field) const;

    [[nodiscard]] const FieldSet& set_fields() const { return set_fields_; }
    [[nodiscard]] const FieldSet& kept_fields() const { return kept_fields_; }
    [[nodiscard]] std::span<const Member> unknown() const {
        return withheld_extra_ ? std::span<const Member>{} : unknown_;
    }
    [[nodiscard]] const std::vector<CutMark>& cuts() const { return cuts_; }

    [[nodiscard]] TimeUs event_time_us() const { return event_time_us_; }
    [[nodiscard]] TimeUs client_time_us() const { return client_time_us_; }
    [[nodiscard]] bool clock_bad() const { return clock_bad_; }
    [[nodiscard]] bool event_time_missing() const { return event_time_missing_; }
    [[nodiscard]] IdOrigin id_origin() const { return id_origin_; }
    /// Whether the client named no class, and its key did.
    [[nodiscard]] bool class_from_key() const { return class_from_key_; }
    /// What withhold() was told; what it took away.
    [[nodiscard]] privacy::Consent applied_consent() const { return applied_; }
    [[nodiscard]] const FieldSet& withheld() const { return withheld_; }
    [[nodiscard]] bool withheld_extra() const { return withheld_extra_; }
    /// Secrets that shape_texts() masked.
    [[nodiscard]] std::size_t masked() const { return masked_; }
    [[nodiscard]] std::uint64_t stream_first() const { return stream_first_; }
    [[nodiscard]] std::uint64_t stream_last() const { return stream_last_; }

    /// Shortens every text that may be cut to `max_bytes`, for an item that is too large as a
    /// whole.
    void shorten_texts(std::size_t max_bytes);

  private:
    static constexpr std::size_t index(Field field) { return static_cast<std::size_t>(field); }

    void set_text(Field field, CleanText text);
    void keep(Field field);
    void cut_text(Field field, std::size_t max_bytes);
    void mask_text(Field field);
    void take_away(Field field);
    void name_error();
    [[nodiscard]] bool settle_identity();
    void settle_time(TimeUs received_us);
    void settle_stream();

    TextPool& pool_;
    CanonicalHasher& hasher_;

    JsonValue whole_;
    bool is_object_ = false;
    FieldSet sent_fields_;  // not null
    std::array<JsonValue, kFieldCount> sent_;
    std::vector<Member> unknown_;  // not null

    FieldSet set_fields_;
    FieldSet kept_fields_;
    std::array<FieldValue, kFieldCount> values_;
    std::vector<CutMark> cuts_;
    TimeUs event_time_us_ = 0;
    TimeUs client_time_us_ = 0;
    bool clock_bad_ = false;
    bool event_time_missing_ = false;
    IdOrigin id_origin_ = IdOrigin::client;
    bool class_from_key_ = false;
    privacy::Consent applied_ = privacy::Consent::output;
    FieldSet withheld_;
    bool withheld_extra_ = false;
    std::size_t masked_ = 0;
    std::string mask_buffer_;
    std::optional<std::uint64_t> kept_hash_;
    std::uint64_t stream_first_ = 0;
    std::uint64_t stream_last_ = 0;
};

}  // namespace cellmon::event
