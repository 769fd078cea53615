#include "sinks/postgres/pipeline.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace cellmon::postgres {
namespace {

/// A call of libpq takes parameters as columns of arrays.
struct Columns {
    explicit Columns(std::span<const Parameter> parameters) {
        for (const Parameter& one : parameters) {
            values.push_back(one.data);
            lengths.push_back(one.length);
            formats.push_back(one.binary ? 1 : 0);
            bytes += static_cast<std::size_t>(one.length) + 16;
        }
    }
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    std::size_t bytes = 0;
};

Error error_of(std::string_view statement, const PGresult* result) {
    Error error = sql::error_of(statement, result);
    // To the projection a reference is as any other value that does not fit.
    if (error.code == ErrorCode::reference) error.code = ErrorCode::invalid;
    return error;
}

}  // namespace

Result<std::unique_ptr<Pipeline>> Pipeline::open(const std::string& url, const Patience& patience) {
    CELLMON_TRY_ASSIGN(auto link, sql::connect_link(url, patience));
    std::unique_ptr<Pipeline> pipeline(new Pipeline(std::move(link), patience));
    CELLMON_TRY(pipeline->enter());
    return pipeline;
}

Result<void> Pipeline::enter() {
    if (PQenterPipelineMode(link_.get()) == 0) return broken("pipeline");
    return {};
}

Result<void> Pipeline::leave() {
    CELLMON_TRY(settle());
    if (PQexitPipelineMode(link_.get()) == 0) return broken("pipeline");
    return {};
}

tl::unexpected<Error> Pipeline::broken(std::string_view what) {
    const std::string why =
        link_ == nullptr ? std::string("the connection is closed") : sql::last_words(link_.get());
    return broken(Error{ErrorCode::unavailable, std::string(what) + ": " + why});
}

tl::unexpected<Error> Pipeline::broken(Error error) {
    link_.reset();
    copying_.clear();
    return fail(std::move(error));
}

Result<void> Pipeline::make_room() {
    CELLMON_TRY(finish_copy());
    // The server would stop reading while its answers are not read.
    if (under_way_.size() >= kMostStatements || bytes_under_way_ >= kMostBytes) {
        CELLMON_TRY(settle());
    }
    return {};
}

Result<void> Pipeline::sent(bool taken, std::string_view what, std::size_t bytes) {
    if (!taken) return broken(what);
    under_way_.push_back(what);
    bytes_under_way_ += bytes;
    return {};
}

Result<void> Pipeline::prepare(const PreparedText& statement) {
    CELLMON_TRY(make_room());
    const int taken =
        PQsendPrepare(link_.get(), statement.name.c_str(), statement.sql.c_str(), 0, nullptr);
    CELLMON_TRY(sent(taken != 0, statement.sql, statement.sql.size()));
    CELLMON_TRY(settle());
    return {};
}

Result<void> Pipeline::send(const PreparedText& statement, std::span<const Parameter> parameters) {
    CELLMON_TRY(make_room());
    const Columns columns(parameters);
    const int taken = PQsendQueryPrepared(
        link_.get(), statement.name.c_str(), static_cast<int>(parameters.size()),
        columns.values.data(), columns.lengths.data(), columns.formats.data(), 0);
    return sent(taken != 0, statement.sql, columns.bytes);
}

Result<void> Pipeline::send(const char* sql) {
    CELLMON_TRY(make_room());
    const int taken = PQsendQueryParams(link_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
    return sent(taken != 0, sql, std::string_view(sql).size());
}

Result<sql::ResultPtr> Pipeline::next_result(std::string_view what) {
    if (auto waited = sql::wait_for_result(link_.get(), what, patience_); !waited) {
        return broken(std::move(waited).error());
    }
    return sql::ResultPtr(PQgetResult(link_.get()));
}

Result<sql::ResultPtr> Pipeline::settle() {
    sql::ResultPtr last;
    if (link_ == nullptr) return broken("PostgreSQL");
    CELLMON_TRY(finish_copy());
    if (under_way_.empty()) return last;
    if (PQpipelineSync(link_.get()) == 0) return broken(under_way_.front());
    std::optional<Error> error;
    bool answered = false;  // The statement in front; a null ends its answer.
    unsigned nothing = 0;
    while (true) {
        const std::string_view what =
            under_way_.empty() ? std::string_view("sync") : under_way_.front();
        CELLMON_TRY_ASSIGN(sql::ResultPtr result, next_result(what));
        if (result == nullptr) {
            if (answered && !under_way_.empty()) under_way_.pop_front();
            answered = false;
            // A connection that is gone gives nothing but nulls.
            if (++nothing > 2) return error ? broken(std::move(*error)) : broken(what);
            continue;
        }
        nothing = 0;
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_PIPELINE_SYNC) break;
        answered = true;
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            last = std::move(result);
        } else if (status != PGRES_PIPELINE_ABORTED && !error) {
            error = error_of(what, result.get());
            if (sql::link_is_lost(link_.get(), result.get())) return broken(std::move(*error));
        }
    }
    under_way_.clear();
    bytes_under_way_ = 0;
    if (error) return fail(std::move(*error));
    return last;
}

Result<void> Pipeline::script(const std::string& sql) {
    CELLMON_TRY(leave());
    const std::size_t begin = sql.find_first_not_of('\n');
    const std::string what = sql.substr(begin, sql.find('\n', begin) - begin);
    if (PQsendQuery(link_.get(), sql.c_str()) == 0) return broken(what);
    return drain(what);
}

Result<void> Pipeline::drain(std::string_view what) {
    std::optional<Error> error;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto result, next_result(what));
        if (result == nullptr) break;
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || error) continue;
        error = error_of(what, result.get());
        if (sql::link_is_lost(link_.get(), result.get())) return broken(std::move(*error));
    }
    CELLMON_TRY(enter());
    if (error) return fail(std::move(*error));
    return {};
}

Result<void> Pipeline::copy(const std::string& sql, std::string_view rows) {
    CELLMON_TRY(leave());
    if (PQsendQuery(link_.get(), sql.c_str()) == 0) return broken(sql);
    if (auto ready = sql::wait_for_result(link_.get(), sql, patience_); !ready) {
        return broken(std::move(ready).error());
    }
    const sql::ResultPtr result(PQgetResult(link_.get()));
    if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
        std::optional<Error> error;
        if (result != nullptr) error = error_of(sql, result.get());
        CELLMON_TRY(drain(sql));
        return error ? fail(std::move(*error)) : broken(sql);
    }
    if (PQputCopyData(link_.get(), rows.data(), static_cast<int>(rows.size())) != 1 ||
        PQputCopyEnd(link_.get(), nullptr) != 1) {
        return broken(sql);
    }
    copying_ = sql;
    if (auto sent = sql::send_all(link_.get(), sql, patience_); !sent) {
        return broken(std::move(sent).error());
    }
    return {};
}

Result<void> Pipeline::finish_copy() {
    if (copying_.empty() || link_ == nullptr) return {};
    return drain(std::exchange(copying_, {}));
}

Result<void> Pipeline::start_scan(const PreparedText& statement,
                                  std::span<const Parameter> parameters) {
    CELLMON_TRY(leave());
    const Columns columns(parameters);
    if (PQsendQueryPrepared(link_.get(), statement.name.c_str(),
                            static_cast<int>(parameters.size()), columns.values.data(),
                            columns.lengths.data(), columns.formats.data(), 0) == 0 ||
        PQsetSingleRowMode(link_.get()) == 0) {
        return broken(statement.sql);
    }
    return {};
}

Result<sql::ResultPtr> Pipeline::next_row() {
    std::optional<Error> error;
    while (true) {
        CELLMON_TRY_ASSIGN(auto result, next_result("rows"));
        if (result == nullptr) break;
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_SINGLE_TUPLE) return result;
        if (status != PGRES_TUPLES_OK && !error) error = error_of("rows", result.get());
        if (error && sql::link_is_lost(link_.get(), result.get())) return broken(std::move(*error));
    }
    CELLMON_TRY(enter());
    if (error) return fail(std::move(*error));
    return sql::ResultPtr();
}

}  // namespace cellmon::postgres
