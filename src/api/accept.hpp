#pragma once

#include <string_view>

namespace cellmon::api {

// What a client says of the forms in which it wants an answer (RFC 9110, 12.5 and 13.1.2).

/// Whether an Accept field names text/html and wants it no less than application/json. Browsers do;
/// `*/*` alone does not.
[[nodiscard]] bool prefers_html(std::string_view accept);

/// Whether an Accept-Encoding field allows gzip.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// Whether an If-None-Match field lists `tag`, an entity tag with its quotes.
[[nodiscard]] bool lists_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace cellmon::api
