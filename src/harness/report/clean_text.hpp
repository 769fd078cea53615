#pragma once

#include <string>
#include <string_view>

namespace cellmon::harness::report {

/// `text` as UTF-8 that JSON, XML and HTML can all hold: what is no UTF-8, no character of XML, or
/// turns the direction of what follows it comes out as U+FFFD.
[[nodiscard]] std::string clean_text(std::string_view text);

/// The same for the text of an element or the value of a quoted attribute, of XML as of HTML.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace cellmon::harness::report
