#pragma once

#include <memory>
#include <string_view>

#include <simdjson.h>

#include "base/result.hpp"
#include "event/json_value.hpp"

namespace cellmon::event {

/// Parses JSON documents: quickly as they are, and once more after repair_json when that fails.
class DocumentParser {
  public:
    enum class Failure : std::uint8_t { broken, too_deep };

    /// Takes a copy of `body` with the room behind it that simdjson reads. What parse() is given
    /// lies in it.
    std::string_view load(std::string_view body);

    /// `document` is a part of what load() returned. The value lives until the next call.
    tl::expected<JsonValue, Failure> parse(std::string_view document);

  private:
    simdjson::dom::parser parser_;
    std::unique_ptr<char[]> body_;
    std::size_t body_capacity_ = 0;
    std::string repaired_;
};

}  // namespace cellmon::event
