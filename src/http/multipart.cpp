#include "http/multipart.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/percent.hpp"
#include "http/path.hpp"
#include "http/request.hpp"
#include "http/utf8.hpp"

namespace cellmon::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

tl::unexpected<Error> broken(std::string why) {
    return fail(ErrorCode::invalid, std::move(why));
}

void skip_blanks(std::string_view& text) {
    const auto at = text.find_first_not_of(" \t");
    text.remove_prefix(at == std::string_view::npos ? text.size() : at);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f &&
               std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
    });
}

/// `type; name=value; name="value"`, as in Content-Type and Content-Disposition.
class Parameters {
  public:
    static Result<Parameters> parse(std::string_view text) {
        Parameters parsed;
        const std::string_view type = text.substr(0, text.find(';'));
        text.remove_prefix(type.size());
        parsed.type_ = type.substr(0, type.find_last_not_of(" \t") + 1);
        while (!text.empty()) {
            text.remove_prefix(1);  // The semicolon.
            skip_blanks(text);
            if (text.empty()) break;
            const auto equals = text.find('=');
            const std::string_view name = text.substr(0, equals);
            if (equals == std::string_view::npos || !is_token(name)) {
                return broken("a parameter of a header field has no name");
            }
            if (parsed.find(name) != nullptr) {
                return broken(fmt::format("the parameter {} comes twice", name));
            }
            text.remove_prefix(equals + 1);
            CELLMON_TRY_ASSIGN(std::string value, take_value(text));
            parsed.list_.push_back({std::string(name), std::move(value)});
            skip_blanks(text);
            if (!text.empty() && text.front() != ';') {
                return broken("a parameter of a header field does not end");
            }
        }
        return parsed;
    }

    [[nodiscard]] std::string_view type() const { return type_; }
    [[nodiscard]] const std::string* find(std::string_view name) const {
        const auto found = std::find_if(list_.begin(), list_.end(), [&](const Parameter& one) {
            return equal_ignoring_case(one.name, name);
        });
        return found == list_.end() ? nullptr : &found->value;
    }

  private:
    /// A backslash stands for itself but before a quote or another one: browsers send the paths of
    /// Windows as they are.
    static Result<std::string> take_value(std::string_view& text) {
        std::string value;
        if (!text.starts_with('"')) {
            value = text.substr(0, text.find_first_of("; \t"));
            text.remove_prefix(value.size());
            if (!is_token(value)) return broken("a parameter of a header field has no value");
            return value;
        }
        for (std::size_t at = 1; at < text.size(); ++at) {
            if (text[at] == '"') {
                text.remove_prefix(at + 1);
                return value;
            }
            const char next = at + 1 < text.size() ? text[at + 1] : '\0';
            if (text[at] == '\\' && (next == '"' || next == '\\')) ++at;
            value += text[at];
        }
        return broken("a quoted text in a header field does not end");
    }

    std::string_view type_;
    std::vector<Parameter> list_;
};

Result<std::string> boundary_of(std::string_view content_type) {
    CELLMON_TRY_ASSIGN(const auto parameters, Parameters::parse(content_type));
    if (!equal_ignoring_case(parameters.type(), "multipart/form-data")) {
        return broken("the media type is not multipart/form-data");
    }
    const std::string* boundary = parameters.find("boundary");
    constexpr std::size_t kMost = 70;  // RFC 2046, 5.1.1, and so are the characters.
    const bool good =
        boundary != nullptr && !boundary->empty() && boundary->size() <= kMost &&
        boundary->back() != ' ' && std::all_of(boundary->begin(), boundary->end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
        });
    if (!good) return broken("Content-Type has no boundary that can be used");
    return *boundary;
}

/// RFC 7578 forbids it, and Python's clients send it for names that are not ASCII.
std::optional<std::string> extended(const std::string* value) {
    constexpr std::string_view kUtf8 = "utf-8''";
    if (value == nullptr || value->size() < kUtf8.size() ||
        !equal_ignoring_case(std::string_view(*value).substr(0, kUtf8.size()), kUtf8)) {
        return std::nullopt;
    }
    return percent_decode(std::string_view(*value).substr(kUtf8.size()));
}

Result<void> read_disposition(std::string_view value, FormPart& part) {
    CELLMON_TRY_ASSIGN(const auto parameters, Parameters::parse(value));
    const std::string* name = parameters.find("name");
    if (!equal_ignoring_case(parameters.type(), "form-data") || name == nullptr) {
        return broken("a part is no named field of a form");
    }
    part.name = *name;
    if (const std::string* filename = parameters.find("filename")) {
        part.filename = *filename;
    } else {
        part.filename = extended(parameters.find("filename*"));
    }
    if (!is_utf8(part.name) || !is_utf8(part.filename.value_or(""))) {
        return broken("the name of a part is not UTF-8");
    }
    return {};
}

/// The header of a part, without the empty line behind it.
Result<FormPart> read_header(std::string_view header) {
    FormPart part;
    bool is_named = false;
    while (!header.empty()) {
        const std::string_view line = header.substr(0, header.find(kLineEnd));
        header.remove_prefix(std::min(line.size() + kLineEnd.size(), header.size()));
        const auto colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        if (colon == std::string_view::npos || !is_token(name)) {
            return broken("a line in the header of a part is no field");
        }
        std::string_view value = line.substr(colon + 1);
        skip_blanks(value);
        if (equal_ignoring_case(name, "content-disposition")) {
            if (std::exchange(is_named, true)) return broken("a part has two names");
            CELLMON_TRY(read_disposition(value, part));
        }
        const bool is_plain = equal_ignoring_case(value, "binary") ||
                              equal_ignoring_case(value, "8bit") ||
                              equal_ignoring_case(value, "7bit");
        if (equal_ignoring_case(name, "content-transfer-encoding") && !is_plain) {
            return broken("a part is encoded, which no form is");
        }
    }
    if (!is_named) return broken("a part has no name");
    return part;
}

}  // namespace

Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              const MultipartLimits& limits) {
    CELLMON_TRY_ASSIGN(const std::string boundary, boundary_of(content_type));
    const std::string dashes = "--" + boundary;
    const std::string delimiter = std::string(kLineEnd) + dashes;
    if (body.starts_with(kLineEnd)) body.remove_prefix(kLineEnd.size());
    if (!body.starts_with(dashes)) return broken("the body does not begin with its boundary");
    body.remove_prefix(dashes.size());
    std::vector<FormPart> parts;
    while (true) {
        // Behind a boundary: the end, or the end of its line and a part.
        if (body.starts_with("--")) return parts;
        skip_blanks(body);
        if (!body.starts_with(kLineEnd)) return broken("a boundary does not end its line");
        if (parts.size() >= limits.parts) {
            return broken(fmt::format("there are more than {} parts", limits.parts));
        }
        body.remove_prefix(kLineEnd.size());
        const auto header_end = body.substr(0, limits.header_bytes).find("\r\n\r\n");
        if (header_end == std::string_view::npos) {
            return broken(fmt::format("the header of a part does not end within {} bytes",
                                      limits.header_bytes));
        }
        CELLMON_TRY_ASSIGN(FormPart part, read_header(body.substr(0, header_end)));
        body.remove_prefix(header_end + 2 * kLineEnd.size());
        const auto content_end = body.find(delimiter);
        if (content_end == std::string_view::npos) return broken("the body ends within a part");
        part.content = body.substr(0, content_end);
        parts.push_back(std::move(part));
        body.remove_prefix(content_end + delimiter.size());
    }
}

const FormPart* find_part(const std::vector<FormPart>& parts, std::string_view name) {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const FormPart& part) { return part.name == name; });
    return found == parts.end() ? nullptr : &*found;
}

}  // namespace cellmon::http
