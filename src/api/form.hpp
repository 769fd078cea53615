#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/body_fields.hpp"
#include "classroom/limits.hpp"
#include "http/multipart.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace cellmon::api {

/// The fields of a form in a body: multipart/form-data, or as the query of an address
/// (application/x-www-form-urlencoded). A body of another type, and an empty one, has no fields.
class Form {
  public:
    /// Views into the request. The error is the answer: 400 for a body that is broken.
    static tl::expected<Form, http::Response> of(const http::Request& request);

    /// A file; null, and the fault is noted, when there is none.
    const http::FormPart* file(std::string_view name, Issues& issues) const;

    /// One line; nullopt when it is not there or empty, or does not fit, and then the fault is
    /// noted.
    std::optional<std::string> line(std::string_view name, classroom::TextLimit limit,
                                    Issues& issues) const;

  private:
    std::vector<http::FormPart> parts_;
    std::vector<http::Parameter> parameters_;
};

}  // namespace cellmon::api
