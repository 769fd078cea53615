#include "http/request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"

namespace cellmon::http {

namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods = {{
    {Method::get, "GET"},
    {Method::head, "HEAD"},
    {Method::post, "POST"},
    {Method::put, "PUT"},
    {Method::patch, "PATCH"},
    {Method::delete_, "DELETE"},
    {Method::options, "OPTIONS"},
}};

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view name_of(Method method) {
    for (const auto& [known, name] : kMethods) {
        if (known == method) return name;
    }
    return {};
}

Method method_of(std::string_view name) {
    for (const auto& [method, known] : kMethods) {
        if (known == name) return method;
    }
    return Method::other;
}

void Headers::add(std::string_view name, std::string_view value) {
    Field field{};
    field.name_at = static_cast<std::uint32_t>(text_.size());
    text_ += name;
    field.value_at = static_cast<std::uint32_t>(text_.size());
    text_ += value;
    field.end = static_cast<std::uint32_t>(text_.size());
    fields_.push_back(field);
}

void Headers::clear() {
    text_.clear();
    fields_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    const std::string_view text = text_;
    for (const Field& field : fields_) {
        if (field.value_at - field.name_at == name.size() &&
            equal_ignoring_case(text.substr(field.name_at, name.size()), name)) {
            return text.substr(field.value_at, field.end - field.value_at);
        }
    }
    return std::nullopt;
}

std::string_view Request::header(std::string_view name) const {
    return headers.find(name).value_or(std::string_view());
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    for (const Parameter& parameter : query) {
        if (parameter.name == name) return parameter.value;
    }
    return std::nullopt;
}

const std::string& Request::path_value(std::string_view name) const {
    const auto found = std::find_if(path_parameters.begin(), path_parameters.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    CELLMON_ASSERT(found != path_parameters.end());
    return found->value;
}

bool Request::has_content_type(std::string_view type) const {
    std::string_view value = header("content-type");
    value = value.substr(0, value.find(';'));
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
        value.remove_suffix(1);
    return equal_ignoring_case(value, type);
}

void Request::clear() {
    method = Method::get;
    target.clear();
    path.clear();
    query.clear();
    path_parameters.clear();
    headers.clear();
    body.clear();
    remote_address.clear();
    principal.reset();
}

}  // namespace cellmon::http
