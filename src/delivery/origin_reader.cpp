#include "delivery/origin_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::delivery {
namespace {

std::string_view text_of(simdjson::dom::object object, std::string_view key) {
    std::string_view text;
    return object[key].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::uint64_t number_of(simdjson::dom::object object, std::string_view key) {
    std::uint64_t number = 0;
    return object[key].get_uint64().get(number) == simdjson::SUCCESS ? number : 0;
}

}  // namespace

class OriginReader::Impl {
  public:
    simdjson::dom::parser parser;
};

OriginReader::OriginReader() : impl_(std::make_unique<Impl>()) {}
OriginReader::~OriginReader() = default;

Result<journal::Origin> OriginReader::read(journal::EntryKind kind, std::string_view payload) {
    journal::Origin origin;
    if (payload.empty()) return origin;
    simdjson::dom::object object;
    const auto error = impl_->parser.parse(payload.data(), payload.size()).get_object().get(object);
    if (error != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, fmt::format("a stored payload is no JSON object: {}",
                                                    simdjson::error_message(error)));
    }
    origin.email = text_of(object, "emailAddress");
    origin.class_code = text_of(object, "classCode");
    origin.stream_id = text_of(object, "streamId");
    origin.number = number_of(object, "streamSequence");
    if (kind == journal::EntryKind::event && text_of(object, "eventType") == "stream_gap") {
        origin.gap_first = number_of(object, "gapFrom");
        origin.gap_last = std::max(origin.gap_first, number_of(object, "gapTo"));
    }
    simdjson::dom::object marks;
    const bool made_up = object["server"].get_object().get(marks) == simdjson::SUCCESS;
    if (!made_up || text_of(marks, "clockBad").empty()) {
        if (const auto time = parse_time(text_of(object, "eventTime")))
            origin.client_time_us = *time;
    }
    return origin;
}

}  // namespace cellmon::delivery
