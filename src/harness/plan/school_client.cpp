#include "harness/plan/school_client.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::plan {

bool ApiAnswer::is_clean_refusal() const {
    return status == 400 || status == 404 || status == 409 || status == 422;
}

std::int64_t ApiAnswer::number(std::string_view name) const {
    simdjson::dom::parser parser;
    std::int64_t value = -1;
    if (parser.parse(body)[name].get(value) != simdjson::SUCCESS) return -1;
    return value;
}

ApiAnswer SchoolClient::send(std::string_view method, const std::string& path,
                             const std::string& body, std::string_view content_type) const {
    auto response = http_send(server_, "/api/v1" + path, {method, content_type, body});
    if (!response) return {0, response.error().message};
    return {response->status, std::move(response->body)};
}

Result<std::int64_t> SchoolClient::make(const std::string& path, const std::string& body) const {
    const ApiAnswer answer = post(path, body);
    const std::int64_t id = answer.number("id");
    if (answer.status == 201 && id >= 0) return id;
    return fail(ErrorCode::unavailable,
                fmt::format("POST /api/v1{} answered {}: {}", path, answer.status, answer.body));
}

Result<std::int64_t> SchoolClient::new_class(const std::string& code) const {
    return make("/classes/", fmt::format(R"({{"name":"情報 {0}","class_code":"{0}"}})", code));
}

Result<std::int64_t> SchoolClient::new_notebook(const std::string& path) const {
    return make("/notebooks/", fmt::format(R"({{"path":"{}"}})", path));
}

Result<std::int64_t> SchoolClient::new_assignment(std::int64_t class_id,
                                                  std::int64_t notebook_id) const {
    return make("/assignments/", fmt::format(R"({{"class_id":{},"notebook_id":{},"title":"課題"}})",
                                             class_id, notebook_id));
}

}  // namespace cellmon::harness::plan
