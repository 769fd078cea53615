#include "sinks/postgres/statement.hpp"

#include <charconv>
#include <utility>

#include "base/assert.hpp"

namespace cellmon::postgres {
namespace {

/// Type numbers that PostgreSQL will never change (pg_type.dat).
constexpr Oid kBool = 16;
constexpr Oid kBytes = 17;

std::string from_hex(std::string_view hex) {
    CELLMON_ASSERT(hex.starts_with("\\x"));
    const auto digit = [](char one) {
        return static_cast<unsigned>(one <= '9' ? one - '0' : one - 'a' + 10);
    };
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t at = 2; at + 1 < hex.size(); at += 2)
        bytes += static_cast<char>(digit(hex[at]) * 16 + digit(hex[at + 1]));
    return bytes;
}

}  // namespace

PostgresStatement::PostgresStatement(Pipeline& pipeline, RowCopies& copies,
                                     const PreparedText& text, bool many_rows)
    : pipeline_(pipeline),
      copies_(copies),
      text_(text),
      many_rows_(many_rows),
      parameters_(text.parameters),
      digits_(text.parameters) {}

void PostgresStatement::bind_null(int index) {
    parameters_.at(static_cast<std::size_t>(index) - 1) = {};
}

void PostgresStatement::bind_integer(int index, std::int64_t value) {
    // As digits, which every type of number takes, whatever PostgreSQL makes of the place.
    const auto at = static_cast<std::size_t>(index) - 1;
    auto& digits = digits_.at(at);
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size() - 1, value).ptr;
    *end = '\0';
    parameters_.at(at) = {digits.data(), static_cast<int>(end - digits.data()), false};
}

void PostgresStatement::bind_text(int index, std::string_view value) {
    // The binary form of a text, and of bytes, is the bytes themselves.
    const char* const data = value.data() == nullptr ? "" : value.data();
    parameters_.at(static_cast<std::size_t>(index) - 1) = {data, static_cast<int>(value.size()),
                                                           true};
}

void PostgresStatement::bind_id(int index, const Id128& value) {
    bind_text(index, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
}

Result<void> PostgresStatement::run() {
    CELLMON_TRY(copies_.before(text_.sql));
    return pipeline_.send(text_, parameters_);
}

Result<bool> PostgresStatement::step() {
    bytes_.clear();
    if (rows_ == Rows::none) {
        CELLMON_TRY(copies_.before(text_.sql));
        if (many_rows_) {
            CELLMON_TRY(pipeline_.start_scan(text_, parameters_));
            rows_ = Rows::coming;
        } else {
            CELLMON_TRY(pipeline_.send(text_, parameters_));
            CELLMON_TRY_ASSIGN(result_, pipeline_.settle());
            rows_ = Rows::here;
            row_ = -1;
        }
    }
    return rows_ == Rows::here ? step_here() : step_coming();
}

Result<bool> PostgresStatement::step_here() {
    ++row_;
    return row_ < PQntuples(result_.get());
}

Result<bool> PostgresStatement::step_coming() {
    row_ = 0;
    CELLMON_TRY_ASSIGN(result_, pipeline_.next_row());
    if (result_ != nullptr) return true;
    rows_ = Rows::none;
    return false;
}

void PostgresStatement::reset() {
    // Rows that nobody wants are in the way of everything that is sent next.
    while (rows_ == Rows::coming) {
        const auto more = step_coming();
        if (!more) break;
    }
    rows_ = Rows::none;
    result_.reset();
}

bool PostgresStatement::is_null(int column) const {
    return PQgetisnull(result_.get(), row_, column) != 0;
}

std::int64_t PostgresStatement::integer(int column) const {
    if (is_null(column)) return 0;
    const char* const text = PQgetvalue(result_.get(), row_, column);
    if (PQftype(result_.get(), column) == kBool) return *text == 't' ? 1 : 0;
    const char* const end = text + PQgetlength(result_.get(), row_, column);
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text, end, value);
    CELLMON_ASSERT(parsed.ec == std::errc() && parsed.ptr == end);
    return value;
}

std::string_view PostgresStatement::text(int column) const {
    if (is_null(column)) return {};
    const std::string_view text(PQgetvalue(result_.get(), row_, column),
                                static_cast<std::size_t>(PQgetlength(result_.get(), row_, column)));
    if (PQftype(result_.get(), column) != kBytes) return text;
    // All at once, so that one column does not move what another one's view shows.
    if (bytes_.empty()) bytes_.resize(static_cast<std::size_t>(columns()));
    std::string& bytes = bytes_.at(static_cast<std::size_t>(column));
    if (bytes.empty()) bytes = from_hex(text);
    return bytes;
}

int PostgresStatement::columns() const {
    return PQnfields(result_.get());
}

}  // namespace cellmon::postgres
