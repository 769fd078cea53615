#include "harness/classroom/json_text.hpp"

#include <iterator>

namespace cellmon::harness {

void append_json_string(std::string& into, std::string_view text) {
    into += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                into += "\\\"";
                break;
            case '\\':
                into += "\\\\";
                break;
            case '\n':
                into += "\\n";
                break;
            case '\t':
                into += "\\t";
                break;
            case '\r':
                into += "\\r";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    fmt::format_to(std::back_inserter(into), "\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    into += c;
                }
        }
    }
    into += '"';
}

}  // namespace cellmon::harness
