#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <simdjson.h>
#include <tl/expected.hpp>

#include "base/clock.hpp"
#include "classroom/limits.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::api {

/// What was wrong with a request, as contract §1.3 has it: all of it in one 422.
class Issues {
  public:
    /// `loc`: JSON values separated by commas, `"body","email"`; `input`: a JSON value; `context`:
    /// a JSON object, or empty.
    void add(std::string_view type, std::string_view loc, std::string_view message,
             std::string_view input, std::string_view context = {});

    [[nodiscard]] bool any() const { return !list_.empty(); }
    [[nodiscard]] http::Response refusal() const;

    /// Of the first fault: the last part of its `loc`, as it stands there, and the message.
    struct First {
        std::string place;
        std::string message;
    };
    [[nodiscard]] const First& first() const { return first_; }

  private:
    std::string list_;
    First first_;
};

/// A field that may be left out, which changes nothing, or null, which is a value of its own.
template <typename T>
struct Nullable {
    bool given = false;
    std::optional<T> value;

    void apply(std::optional<T>& target) const {
        if (given) target = value;
    }
};

/// The fields of an object in a JSON body. Each reader returns the value, or nullopt and notes what
/// was wrong; a missing optional field is nullopt without a fault. Coercion is that of the
/// contract: numeric text is a number, `1` and `"yes"` are true; a number is no text. Fields nobody
/// reads do not matter.
class BodyFields {
  public:
    /// The error is the answer to send: no body, no JSON, no object, another media type.
    static tl::expected<BodyFields, http::Response> parse(const http::Request& request);

    /// The same for a message of a socket; nullopt when it is no JSON object.
    static std::optional<BodyFields> parse_message(std::string_view text);

    enum class Presence : std::uint8_t { required, optional };

    using Element = simdjson::dom::element;

    /// Any value, null too.
    std::optional<Element> any(std::string_view field, Presence presence) {
        return find(field, presence, false);
    }
    /// Text of 1 to `most` characters without control characters.
    std::optional<std::string> name(std::string_view field, Presence presence,
                                    std::size_t most = 255);
    /// Any text, of at most kMostSecretBytes: passwords and tokens, which no answer repeats.
    std::optional<std::string> secret(std::string_view field);
    std::optional<std::string> email(std::string_view field);
    std::optional<bool> boolean(std::string_view field, Presence presence);
    /// null counts as missing.
    std::optional<std::int64_t> integer(std::string_view field, Presence presence);
    /// The place of the text among `choices`.
    std::optional<std::size_t> choice(std::string_view field, Presence presence,
                                      std::initializer_list<std::string_view> choices);
    /// The objects of a list of at most `most`; their faults are noted here.
    std::vector<BodyFields> objects(std::string_view field, std::size_t most);

    /// The objects that are the values of an object of at most `most`, by their keys in the order
    /// in which these came first, the last of several of one key; all faults are noted here.
    std::vector<std::pair<std::string, BodyFields>> named_objects(std::string_view field,
                                                                  std::size_t most,
                                                                  classroom::TextLimit key);

    /// The same as objects(), each item with faults of its own.
    std::vector<BodyFields> separate_objects(std::string_view field, std::size_t most);

    // Rows of classes (body_values.cpp).

    /// Text of one line: without control characters.
    std::optional<std::string> line(std::string_view field, Presence presence,
                                    classroom::TextLimit limit);
    std::optional<std::string> student_email(std::string_view field, Presence presence);
    /// An id, which is never null.
    std::optional<std::int64_t> id(std::string_view field, Presence presence);
    Nullable<std::int64_t> nullable_id(std::string_view field);
    /// Text of any number of lines.
    Nullable<std::string> nullable_text(std::string_view field, classroom::TextLimit limit);
    Nullable<double> nullable_real(std::string_view field, double least, double most);
    /// A number that must be there.
    std::optional<double> real(std::string_view field, double least, double most);
    /// As parse_time() takes it, or a date alone: its first moment, UTC.
    Nullable<TimeUs> nullable_time(std::string_view field);

    /// Text of 1 to kMostReference characters, or a whole number: as JSON.
    std::optional<std::string> reference(std::string_view field);

    /// A fault that only the route can see.
    void refuse(std::string_view field, std::string_view type, std::string_view message);

    /// The same for a place inside of the field: JSON values separated by commas, `"cells",3`, or
    /// nothing. The answer does not repeat what stands there.
    void refuse_inside(std::string_view field, std::string_view place, std::string_view type,
                       std::string_view message);

    [[nodiscard]] bool ok() const { return !issues_->any(); }
    [[nodiscard]] http::Response refusal() const { return issues_->refusal(); }
    [[nodiscard]] const Issues::First& first_fault() const { return issues_->first(); }

    static constexpr std::size_t kMostSecretBytes = 4'096;
    static constexpr std::size_t kMostReference = 320;

  private:
    BodyFields();

    std::optional<Element> find(std::string_view field, Presence presence, bool null_is_missing);
    std::optional<std::string> text(std::string_view field, const Element& value, bool is_secret);
    /// A list of at most `most`; nullopt when it is none, which is noted.
    std::optional<simdjson::dom::array> list(std::string_view field, std::size_t most);
    /// Whether the length and the characters are allowed; notes what is wrong.
    bool accepts(std::string_view field, std::string_view text, classroom::TextLimit limit,
                 bool several_lines);
    [[nodiscard]] std::string loc(std::string_view field) const;

    std::shared_ptr<simdjson::dom::parser> parser_;  ///< Owns what the elements point into.
    std::shared_ptr<Issues> issues_;
    simdjson::dom::object object_;
    std::string at_ = R"("body")";
};

/// The path parameter as an id; 422 for what is no whole number, 404 with `missing` for one that no
/// row can have.
[[nodiscard]] tl::expected<std::int64_t, http::Response> path_id(const http::Request& request,
                                                                 std::string_view name,
                                                                 std::string_view missing);

}  // namespace cellmon::api
