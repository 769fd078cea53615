#include "sinks/sqlite/words.hpp"

#include <cstring>
#include <string_view>

#include "base/id128.hpp"
#include "sinks/relational/row_words.hpp"

namespace cellmon::sqlite {
namespace {

std::string_view bytes_of(sqlite3_value* value) {
    const auto* data = static_cast<const char*>(sqlite3_value_blob(value));
    return {data == nullptr ? "" : data, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void put(sqlite3_context* context, std::uint64_t word) {
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(word));
}

/// What is no id, as only another program would have written it, is any other word.
void id_word(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    const std::string_view bytes = bytes_of(values[0]);
    Id128 id;
    if (bytes.size() != id.bytes.size()) return put(context, relational::text_word(bytes));
    std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    put(context, relational::id_word(id));
}

void text_word(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    put(context, relational::text_word(bytes_of(values[0])));
}

}  // namespace

Result<void> add_words(sqlite3* database) {
    constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    for (const auto& [name, function] :
         {std::pair{"id_word", &id_word}, std::pair{"text_word", &text_word}}) {
        if (sqlite3_create_function_v2(database, name, 1, kFlags, nullptr, function, nullptr,
                                       nullptr, nullptr) != SQLITE_OK) {
            return fail(ErrorCode::io, sqlite3_errmsg(database));
        }
    }
    return {};
}

}  // namespace cellmon::sqlite
