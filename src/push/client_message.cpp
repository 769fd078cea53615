#include "push/client_message.hpp"

#include <simdjson.h>

namespace cellmon::push {

std::string type_of(std::string_view message) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::string_view type;
    if (parser.parse(message.data(), message.size()).get_object().get(object) !=
            simdjson::SUCCESS ||
        object["type"].get_string().get(type) != simdjson::SUCCESS) {
        return {};
    }
    return std::string(type);
}

}  // namespace cellmon::push
