#include "event/document_parser.hpp"

#include <algorithm>
#include <cstring>

#include "event/json_repair.hpp"

namespace cellmon::event {

std::string_view DocumentParser::load(std::string_view body) {
    const std::size_t needed = body.size() + simdjson::SIMDJSON_PADDING;
    if (needed > body_capacity_) {
        body_capacity_ = std::max(needed, 2 * body_capacity_);
        body_ = std::make_unique_for_overwrite<char[]>(body_capacity_);
    }
    std::memcpy(body_.get(), body.data(), body.size());
    std::memset(body_.get() + body.size(), 0, simdjson::SIMDJSON_PADDING);
    return {body_.get(), body.size()};
}

tl::expected<JsonValue, DocumentParser::Failure> DocumentParser::parse(std::string_view document) {
    simdjson::dom::element root;
    auto error = parser_.parse(document.data(), document.size(), false).get(root);
    if (error == simdjson::SUCCESS) return JsonValue(root, false);
    if (error == simdjson::DEPTH_ERROR) return tl::unexpected(Failure::too_deep);

    auto repaired = repair_json(document);
    if (!repaired) return tl::unexpected(Failure::broken);
    repaired_ = std::move(*repaired);
    repaired_.reserve(repaired_.size() + simdjson::SIMDJSON_PADDING);
    error = parser_.parse(repaired_.data(), repaired_.size(), false).get(root);
    if (error == simdjson::SUCCESS) return JsonValue(root, true);
    return tl::unexpected(error == simdjson::DEPTH_ERROR ? Failure::too_deep : Failure::broken);
}

}  // namespace cellmon::event
