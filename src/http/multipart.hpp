#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cellmon::http {

/// One field of a form.
struct FormPart {
    std::string name;
    std::optional<std::string> filename;  ///< As sent: it may hold a path, or anything else.
    std::string_view content;             ///< Into the body.
};

struct MultipartLimits {
    std::size_t parts = 32;
    std::size_t header_bytes = 4'096;  ///< Of one part.
};

/// The fields of a body of multipart/form-data (RFC 7578), in their order. Strict: what two readers
/// could take for different fields is ErrorCode::invalid with a reason for the client, and so is a
/// body that is cut, a part without a name, and more than the limits.
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              const MultipartLimits& limits = {});

/// The first field of that name; null when there is none.
[[nodiscard]] const FormPart* find_part(const std::vector<FormPart>& parts, std::string_view name);

}  // namespace cellmon::http
