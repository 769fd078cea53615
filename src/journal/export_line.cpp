#include "journal/export_line.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace cellmon::journal {
namespace {

std::string text_of(EntryKind kind) {
    switch (kind) {
        case EntryKind::event:
            return "\"event\"";
        case EntryKind::quarantine:
            return "\"quarantine\"";
        case EntryKind::server:
            return "\"server\"";
    }
    return fmt::format("{}", static_cast<unsigned>(kind));
}

/// A line break inside JSON can only be white space between tokens; a line of NDJSON must not hold
/// one.
void append_on_one_line(std::string& into, std::string_view json) {
    const std::size_t from = into.size();
    into += json;
    std::replace_if(
        into.begin() + static_cast<std::ptrdiff_t>(from), into.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

}  // namespace

void append_export_line(std::string& into, const Entry& entry) {
    fmt::format_to(std::back_inserter(into), R"({{"sequence":{},"receivedTime":"{}","kind":{})",
                   entry.header.sequence, format_time(entry.header.received_us),
                   text_of(entry.header.kind));
    const std::string_view payload = entry.payload;
    const std::size_t inside =
        payload.starts_with('{') ? payload.find_first_not_of(" \t\r\n", 1) : std::string_view::npos;
    if (entry.redacted) {
        into += ",\"redacted\":true}";
    } else if (entry.removed) {
        fmt::format_to(std::back_inserter(into), R"(,"removed":true,"id":"{}"}})",
                       entry.header.id.to_string());
    } else if (inside == std::string_view::npos) {
        into += ",\"payload\":";
        append_on_one_line(into, payload.empty() ? "null" : payload);
        into += '}';
    } else {
        if (payload[inside] != '}') into += ',';
        append_on_one_line(into, payload.substr(inside));
    }
    into += '\n';
}

}  // namespace cellmon::journal
