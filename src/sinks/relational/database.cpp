#include "sinks/relational/database.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace cellmon::relational {

Result<void> Statement::run_texts(std::span<const std::string> parameters) {
    int index = 0;
    for (const std::string& parameter : parameters)
        prepared_->bind_text(++index, parameter);
    return prepared_->run();
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::uint64_t Statement::bits(int column) const {
    return static_cast<std::uint64_t>(integer(column));
}

Id128 Statement::id(int column) const {
    Id128 id;
    const auto bytes = text(column);
    if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    return id;
}

Result<Statement> Database::prepare(std::string_view sql) {
    CELLMON_TRY_ASSIGN(auto prepared, make(sql, false));
    return Statement(std::move(prepared));
}

Result<Statement> Database::prepare_scan(std::string_view sql) {
    CELLMON_TRY_ASSIGN(auto prepared, make(sql, true));
    return Statement(std::move(prepared));
}

Result<Statement> Database::prepare_insert(std::string_view table, std::string_view columns) {
    CELLMON_TRY_ASSIGN(auto prepared, make_insert(table, columns));
    return Statement(std::move(prepared));
}

Result<std::unique_ptr<Prepared>> Database::make_insert(std::string_view table,
                                                        std::string_view columns) {
    std::string places = "?";
    for (auto more = std::count(columns.begin(), columns.end(), ','); more > 0; --more)
        places += ", ?";
    return make(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, columns, places), false);
}

Result<void> Database::set_savepoint() {
    return execute("SAVEPOINT alone");
}

Result<void> Database::release_savepoint() {
    return execute("RELEASE SAVEPOINT alone");
}

Result<void> Database::roll_back_to_savepoint() {
    return execute(std::string(kRollBackToSavepoint));
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql) {
    CELLMON_TRY_ASSIGN(auto statement, prepare(sql));
    std::optional<std::int64_t> value;
    CELLMON_TRY(statement.first([&](const Statement& row) { value = row.optional_integer(0); }));
    return value;
}

Result<Transaction> Transaction::begin(Database& database) {
    CELLMON_TRY(database.begin_write());
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ != nullptr) database_->rollback();
}

Result<void> Transaction::commit() {
    CELLMON_TRY(database_->commit());
    database_ = nullptr;
    return {};
}

}  // namespace cellmon::relational
