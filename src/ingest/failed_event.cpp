#include "ingest/failed_event.hpp"

#include <array>

#include <fmt/format.h>
#include <simdjson.h>

#include "http/response.hpp"

namespace cellmon::ingest {
namespace {

/// Contract §5.1, in its order.
constexpr std::array<std::string_view, 18> kContractKeys = {"eventId",
                                                            "eventType",
                                                            "eventTime",
                                                            "emailAddress",
                                                            "userName",
                                                            "teamName",
                                                            "sessionId",
                                                            "notebookPath",
                                                            "cellId",
                                                            "cellIndex",
                                                            "cellType",
                                                            "code",
                                                            "executionCount",
                                                            "hasError",
                                                            "errorMessage",
                                                            "result",
                                                            "executionDurationMs",
                                                            "metadata"};

}  // namespace

void append_failed_event(std::string& json, const event::DecodedEvent& event,
                         std::string_view field, std::string_view reason) {
    // A rare path: a parser of its own is cheaper than keeping one for each thread.
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    const bool readable =
        parser.parse(event.payload.data(), event.payload.size()).get_object().get(object) ==
        simdjson::SUCCESS;
    json += "{";
    for (const std::string_view key : kContractKeys) {
        if (json.back() != '{') json += ',';
        http::append_json_string(json, key);
        simdjson::dom::element value;
        const bool present = readable && object[key].get(value) == simdjson::SUCCESS;
        json += ':';
        json += present ? simdjson::to_string(value) : "null";
    }
    fmt::format_to(std::back_inserter(json), R"(,"index":{},"field":"{}","reason":)", event.index,
                   field);
    http::append_json_string(json, reason);
    json += "}";
}

}  // namespace cellmon::ingest
