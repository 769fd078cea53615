#include "event/body_error.hpp"

#include <fmt/format.h>

#include "event/json_fault.hpp"
#include "event/text.hpp"

namespace cellmon::event {

BodyError missing_body() {
    return {422, R"([{"type":"missing","loc":["body"],"msg":"Field required","input":null,)"
                 R"("url":"https://errors.pydantic.dev/2.6/v/missing"}])"};
}

BodyError not_a_list(std::string_view input_json) {
    return {422, fmt::format(R"([{{"type":"list_type","loc":["body"],)"
                             R"("msg":"Input should be a valid list","input":{},)"
                             R"("url":"https://errors.pydantic.dev/2.6/v/list_type"}}])",
                             input_json)};
}

BodyError broken_json(std::string_view body, bool too_deep) {
    JsonFault fault{0, "Nesting is too deep"};
    if (!too_deep) fault = find_json_fault(body).value_or(JsonFault{0, "Not acceptable as JSON"});
    std::string message;
    append_json_string(message, fault.message);
    return {422, fmt::format(R"([{{"type":"json_invalid","loc":["body",{}],)"
                             R"("msg":"JSON decode error","input":{{}},"ctx":{{"error":{}}}}}])",
                             fault.offset, message)};
}

BodyError too_many_items(std::size_t items, std::size_t limit) {
    return {413, fmt::format("\"Batch size {} exceeds maximum allowed size of {}\"", items, limit)};
}

}  // namespace cellmon::event
