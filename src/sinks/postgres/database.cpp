#include "sinks/postgres/database.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sinks/postgres/pipeline.hpp"
#include "sinks/postgres/row_copies.hpp"
#include "sinks/postgres/statement.hpp"
#include "sinks/postgres/statement_text.hpp"

namespace cellmon::postgres {
namespace {

/// One writer at a time, whatever program it is; held until the transaction ends.
constexpr const char* kWriterLock =
    "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' is written', 0))";

class PostgresDatabase final : public relational::Database {
  public:
    explicit PostgresDatabase(std::unique_ptr<Pipeline> pipeline)
        : pipeline_(std::move(pipeline)), copies_(*pipeline_) {}

    [[nodiscard]] sql::Engine engine() const override { return sql::Engine::postgres; }

    Result<void> execute(const std::string& sql) override {
        CELLMON_TRY(copies_.settle());
        return pipeline_->script(sql);
    }

    Result<void> lead() override {
        if (leads_) return {};
        CELLMON_TRY(take_lead(*pipeline_));
        leads_ = true;
        return {};
    }

    Result<void> hand_over() override { return copies_.hand_over(); }

    Result<void> begin_write() override {
        in_transaction_ = true;
        // A statement's picture is taken when it begins: so all that follow see what the last
        // writer has committed.
        CELLMON_TRY(pipeline_->send("BEGIN ISOLATION LEVEL READ COMMITTED"));
        return pipeline_->send(kWriterLock);
    }

    Result<void> begin_read() override {
        in_transaction_ = true;
        return pipeline_->send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

    Result<void> commit() override {
        CELLMON_TRY(copies_.settle());
        CELLMON_TRY(pipeline_->send("COMMIT"));
        // Behind an error the pipeline skips it, and the error is what comes out here.
        CELLMON_TRY_ASSIGN(const auto result, pipeline_->settle());
        in_transaction_ = false;
        // What PostgreSQL says to a COMMIT behind an error that somebody overheard.
        if (result == nullptr || std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
            return fail(ErrorCode::unavailable, "the transaction had failed before its commit");
        }
        return {};
    }

    void rollback() override {
        copies_.forget_rows();
        if (!std::exchange(in_transaction_, false) || !pipeline_->usable()) return;
        // Whatever is still under way fails or is undone.
        static_cast<void>(pipeline_->settle());
        if (pipeline_->usable()) static_cast<void>(pipeline_->script("ROLLBACK"));
    }

    Result<void> roll_back_to_savepoint() override {
        copies_.forget_rows();
        static_cast<void>(pipeline_->settle());
        return pipeline_->script(std::string(kRollBackToSavepoint));
    }

  private:
    Result<std::unique_ptr<relational::Prepared>> make(std::string_view sql,
                                                       bool many_rows) override {
        auto found = prepared_.find(sql);
        if (found == prepared_.end()) {
            StatementText text = with_numbered_parameters(sql);
            PreparedText statement{fmt::format("s{}", prepared_.size() + 1), std::move(text.sql),
                                   text.parameters};
            CELLMON_TRY(copies_.before(sql));
            CELLMON_TRY(pipeline_->prepare(statement));
            found = prepared_.emplace(sql, std::move(statement)).first;
        }
        return std::make_unique<PostgresStatement>(*pipeline_, copies_, found->second, many_rows);
    }

    Result<std::unique_ptr<relational::Prepared>> make_insert(std::string_view table,
                                                              std::string_view columns) override {
        const auto count = 1 + std::count(columns.begin(), columns.end(), ',');
        return std::make_unique<CopyStatement>(copies_, copies_.table(table, columns),
                                               static_cast<int>(count));
    }

    std::unique_ptr<Pipeline> pipeline_;
    RowCopies copies_;
    bool in_transaction_ = false;
    bool leads_ = false;
    /// By our text. The server keeps them as long as the connection, so each is prepared once.
    std::map<std::string, PreparedText, std::less<>> prepared_;
};

/// Whoever folds looks rows up by their keys and nothing else: so no plan depends on how large a
/// table was when the statement was prepared, or on what is known of it.
constexpr std::string_view kPlans =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = "
    "off; SET enable_hashjoin = off; SET enable_mergejoin = off";

constexpr const char* kSchemaName =
    "SELECT CASE WHEN coalesce(current_schema(), 'public') = 'public' THEN 'relational' "
    "ELSE quote_ident(current_schema() || '_relational') END";

Result<std::string> schema_name(Pipeline& pipeline, const ConnectionOptions& options) {
    if (!options.schema.empty()) return options.schema;
    CELLMON_TRY(pipeline.send(kSchemaName));
    CELLMON_TRY_ASSIGN(const auto result, pipeline.settle());
    return std::string(PQgetvalue(result.get(), 0, 0));
}

/// Asks first: who may use a schema that is there need not be allowed to make one.
Result<void> make_schema(Pipeline& pipeline, const std::string& schema) {
    CELLMON_TRY(pipeline.send("SELECT current_schema()"));
    CELLMON_TRY_ASSIGN(const auto result, pipeline.settle());
    if (PQgetisnull(result.get(), 0, 0) == 0) return {};
    // IF NOT EXISTS alone lets two meet that come at once.
    return pipeline.script(fmt::format(
        "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(current_setting('search_path') || "
        "' is made', 0)); CREATE SCHEMA IF NOT EXISTS {}; COMMIT",
        schema));
}

}  // namespace

Result<std::unique_ptr<relational::Database>> open_database(const ConnectionOptions& options) {
    const Patience patience{options.timeout, options.interrupted};
    CELLMON_TRY_ASSIGN(auto pipeline, Pipeline::open(options.url, patience));
    CELLMON_TRY_ASSIGN(const std::string schema, schema_name(*pipeline, options));
    const auto ms = options.timeout.count();
    // The server ends by itself what nobody waits for any more, also in the middle of a wait for a
    // lock, and looks whether the machine that it waits for is still there. What is committed is
    // synced, whatever the database was told: more than that (`remote_apply`) stays.
    CELLMON_TRY(pipeline->script(
        fmt::format("SET search_path = {0}; SET statement_timeout = {1}; SET lock_timeout = {1}; "
                    "SET idle_in_transaction_session_timeout = 60000; "
                    "SET client_connection_check_interval = 1000; SET tcp_user_timeout = {1}; "
                    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; "
                    "SET tcp_keepalives_count = 3; SET bytea_output = hex; "
                    "SET default_transaction_read_only = {2}; SET application_name = '{3}'; "
                    "SELECT set_config('synchronous_commit', 'on', false) "
                    "WHERE current_setting('synchronous_commit') = 'off'",
                    schema, ms, options.read_only, options.lead.application_name())));
    if (options.read_only) return std::make_unique<PostgresDatabase>(std::move(pipeline));
    CELLMON_TRY(make_schema(*pipeline, schema));
    if (!options.lead.journal.empty()) {
        CELLMON_TRY(pipeline->script(std::string(kPlans)));
        CELLMON_TRY(await_lead(*pipeline, options.lead, patience));
    }
    return std::make_unique<PostgresDatabase>(std::move(pipeline));
}

}  // namespace cellmon::postgres
