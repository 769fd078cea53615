#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/relational/database.hpp"

namespace cellmon::relational {

/// Whether the engine answers one question for many keys better than many questions: each is a way
/// over a network. Only then has a statement arrays.
[[nodiscard]] inline bool asks_for_many(const Database& database) {
    return database.engine() == sql::Engine::postgres;
}

/// Where an ArrayText of elements of that type goes in a statement.
[[nodiscard]] inline std::string array_parameter(std::string_view type) {
    return "CAST(CAST(? AS TEXT) AS " + std::string(type) + "[])";
}

/// The text of an array of PostgreSQL: many values as one parameter of a statement.
class ArrayText {
  public:
    void add(std::int64_t value) {
        begin();
        text_ += std::to_string(value);
    }
    void add(std::string_view value) {
        begin();
        text_ += '"';
        for (const char one : value) {
            if (one == '"' || one == '\\') text_ += '\\';
            text_ += one;
        }
        text_ += '"';
    }
    void add_null() {
        begin();
        text_ += "NULL";
    }

    /// Empties it, too.
    [[nodiscard]] std::string take() {
        std::string text = std::exchange(text_, {});
        text += text.empty() ? "{}" : "}";
        return text;
    }

  private:
    void begin() { text_ += text_.empty() ? '{' : ','; }

    std::string text_;
};

}  // namespace cellmon::relational
