#include "sinks/influxdb/query_result.hpp"

#include <simdjson.h>

namespace cellmon::influxdb {

std::string error_of(const Answer& answer) {
    if (answer.status != 200) return text_of(answer);
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    if (parser.parse(answer.body).get(json) != simdjson::SUCCESS) return text_of(answer);
    std::string_view error;
    if (json["results"].at(0)["error"].get(error) != simdjson::SUCCESS) return {};
    return std::string(error);
}

}  // namespace cellmon::influxdb
