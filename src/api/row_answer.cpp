#include "api/row_answer.hpp"

#include <utility>

#include "api/gate.hpp"
#include "classroom/audit_log.hpp"

namespace cellmon::api {

using Either = tl::expected<http::Response, http::Response>;

RowAnswer answered(http::Response response) {
    return Either(std::move(response));
}

RowAnswer refused(http::Response response) {
    return Either(tl::unexpected(std::move(response)));
}

RowAnswer refused(unsigned status, std::string_view detail) {
    return refused(http::error_response(status, detail));
}

std::string instructor(std::int64_t id) {
    return "instructor " + std::to_string(id);
}

Result<void> note(sql::Connection& connection, const http::Request& request, std::string action,
                  std::string subject, std::string detail, TimeUs now) {
    const auth::Caller& caller = caller_of(request);
    return classroom::record(connection,
                             {caller.account.id, caller.address, std::move(action),
                              std::move(subject), std::move(detail)},
                             now);
}

}  // namespace cellmon::api
