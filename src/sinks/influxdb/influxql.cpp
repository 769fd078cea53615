#include "sinks/influxdb/influxql.hpp"

namespace cellmon::influxdb {
namespace {

std::string in_quotes(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char one : text) {
        if (one == quote || one == '\\') out += '\\';
        out += one;
    }
    return out + quote;
}

}  // namespace

std::string quoted_text(std::string_view text) {
    return in_quotes(text, '\'');
}

std::string quoted_name(std::string_view name) {
    return in_quotes(name, '"');
}

}  // namespace cellmon::influxdb
