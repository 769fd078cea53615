#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace cellmon::event {

/// `natural`: an integer above 2^63-1. `vast`: a number that simdjson cannot hold
/// (json_repair.hpp).
enum class JsonKind : std::uint8_t {
    null,
    boolean,
    integer,
    natural,
    real,
    vast,
    text,
    array,
    object
};

/// A parsed JSON value. Its views are valid until the parser's next document.
class JsonValue {
  public:
    JsonValue() = default;
    /// `repaired`: the document went through repair_json, so a text that begins with NUL is a vast
    /// number.
    JsonValue(simdjson::dom::element element, bool repaired)
        : element_(element), repaired_(repaired) {}

    [[nodiscard]] JsonKind kind() const;

    // Each only for its own kind.
    [[nodiscard]] bool boolean() const { return element_.get_bool().value_unsafe(); }
    [[nodiscard]] std::int64_t integer() const { return element_.get_int64().value_unsafe(); }
    [[nodiscard]] std::uint64_t natural() const { return element_.get_uint64().value_unsafe(); }
    [[nodiscard]] double real() const { return element_.get_double().value_unsafe(); }
    [[nodiscard]] std::string_view text() const { return element_.get_string().value_unsafe(); }
    [[nodiscard]] std::string_view vast() const { return text().substr(1); }
    [[nodiscard]] simdjson::dom::array array() const { return element_.get_array().value_unsafe(); }
    [[nodiscard]] simdjson::dom::object object() const {
        return element_.get_object().value_unsafe();
    }

    /// An element of this array or object.
    [[nodiscard]] JsonValue child(simdjson::dom::element element) const {
        return {element, repaired_};
    }

  private:
    simdjson::dom::element element_;
    bool repaired_ = false;
};

/// Keeps texts that had to be changed or joined, until it is cleared.
class TextPool {
  public:
    [[nodiscard]] std::string_view store(std::string text) {
        return texts_.emplace_front(std::move(text));
    }
    void clear() { texts_.clear(); }

  private:
    std::forward_list<std::string> texts_;
};

/// A text in which every NUL is U+2400. `plain`: nothing in it has to be escaped.
struct CleanText {
    std::string_view bytes;
    bool plain = true;
};

[[nodiscard]] std::string_view without_nul(std::string_view text, TextPool& pool);
[[nodiscard]] CleanText clean(std::string_view text, TextPool& pool);

struct Member {
    std::string_view name;
    JsonValue value;
};

/// Drops, of members with equal names from `begin` on, all but the last; it takes the place of the
/// first.
void drop_repeated(std::vector<Member>& members, std::size_t begin);

/// Writes values as normalised JSON: no spaces, clean texts, repeated members dropped, numbers in
/// their shortest form.
class ValueWriter {
  public:
    /// `masks`: secrets in texts are masked, also those that their member's name tells.
    explicit ValueWriter(TextPool& pool, bool masks = false) : pool_(pool), masks_(masks) {}

    /// Appends `value`; returns its depth: 0 for a scalar, 1 for an array or object of scalars.
    std::size_t write(std::string& out, const JsonValue& value);

    /// The same for the value of a member with that name.
    std::size_t write_named(std::string& out, std::string_view name, const JsonValue& value);

    /// Secrets masked since set_masked().
    [[nodiscard]] std::size_t masked() const { return masked_; }
    void set_masked(std::size_t count) { masked_ = count; }

  private:
    void write_text(std::string& out, std::string_view text);
    std::size_t write_array(std::string& out, const JsonValue& value);
    std::size_t write_object(std::string& out, const JsonValue& value);

    TextPool& pool_;
    const bool masks_;
    std::size_t masked_ = 0;
    std::string mask_buffer_;
    std::vector<Member>
        members_;  // a stack: each object's members above those of the one around it
};

/// Appends the members of `object` to `members`, with clean names and without repetitions.
void collect_members(const JsonValue& object, TextPool& pool, std::vector<Member>& members);

}  // namespace cellmon::event
