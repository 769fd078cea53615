#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, other };

/// `GET` and so on; `other` is an empty string.
[[nodiscard]] std::string_view name_of(Method method);
[[nodiscard]] Method method_of(std::string_view name);

/// Letters of ASCII only.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

struct Parameter {
    std::string name;
    std::string value;

    bool operator==(const Parameter&) const = default;
};

/// The header fields in the order they came, in one piece of memory.
class Headers {
  public:
    void add(std::string_view name, std::string_view value);
    void clear();
    [[nodiscard]] std::size_t size() const { return fields_.size(); }

    /// The first field of that name in any case; nullopt when there is none. The view holds until
    /// the object is changed, moved or destroyed.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  private:
    struct Field {
        std::uint32_t name_at;
        std::uint32_t value_at;
        std::uint32_t end;
    };
    std::string text_;
    std::vector<Field> fields_;
};

/// A request as a handler gets it. Moving it moves all its memory.
class Request {
  public:
    Method method =
        Method::get;     ///< HEAD stays HEAD; the server leaves the body of the answer out.
    std::string target;  ///< As sent.
    std::string path;    ///< Percent-decoded, without the query.
    std::vector<Parameter> query;            ///< Percent-decoded, in order; `+` is a space.
    std::vector<Parameter> path_parameters;  ///< By the names of the route's pattern, decoded.
    Headers headers;
    std::string body;  ///< Whole, and unpacked when it came as gzip.
    std::string remote_address;

    /// What a Guard found out of who asks, for the handlers behind it.
    std::shared_ptr<const void> principal;

    /// The value of a header field, empty when absent.
    [[nodiscard]] std::string_view header(std::string_view name) const;

    /// The first query parameter of that name.
    [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;

    /// The path parameter of that name. Asserts that the route's pattern has it.
    [[nodiscard]] const std::string& path_value(std::string_view name) const;

    /// Whether the media type of Content-Type, without its parameters, is `type` (lower case).
    [[nodiscard]] bool has_content_type(std::string_view type) const;

    /// Empties everything and keeps the memory for the next request.
    void clear();
};

}  // namespace cellmon::http
