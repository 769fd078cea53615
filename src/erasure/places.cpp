#include "erasure/places.hpp"

#include "classroom/schema.hpp"
#include "projection/journal_beside.hpp"
#include "sinks/postgres/store.hpp"
#include "sinks/sqlite/store.hpp"
#include "sql/migrations.hpp"

namespace cellmon::erasure {
namespace {

/// The classroom's database when it has the table; else nullptr.
Result<std::unique_ptr<sql::Connection>> connection_with(std::string_view table,
                                                         const config::Config& config,
                                                         io::FileSystem& files) {
    std::unique_ptr<sql::Connection> connection;
    std::string_view count =
        "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND "
        "tablename::text = $1";
    if (config.classroom.postgres_url.empty()) {
        count = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1";
        const std::string path = config.data_directory + "/classroom.db";
        CELLMON_TRY_ASSIGN(const bool exists, files.exists(path));
        if (!exists) return nullptr;
        CELLMON_TRY_ASSIGN(connection, sql::open_sqlite(path, config.classroom.timeout));
    } else {
        CELLMON_TRY_ASSIGN(connection,
                           sql::connect_postgres(config.classroom.postgres_url, kTableTimeout));
    }
    CELLMON_TRY_ASSIGN(const auto tables, connection->run(count, table));
    if (tables.front().integer(0) == 0) return nullptr;
    return connection;
}

}  // namespace

std::string journal_directory(const config::Config& config) {
    return config.data_directory + "/journal";
}

std::unique_ptr<relational::Store> relational_store(const config::Config& config,
                                                    io::FileSystem& files, bool read_only) {
    if (config.classroom.postgres_url.empty()) {
        sqlite::ConnectionOptions options = config.sqlite;
        options.read_only = read_only;
        return sqlite::make_store(files, config.data_directory + "/relational.db", options);
    }
    postgres::ConnectionOptions options;
    options.read_only = read_only;
    options.url = config.classroom.postgres_url;
    options.timeout = kTableTimeout;
    return postgres::make_store(std::move(options));
}

Result<std::unique_ptr<sql::Connection>> classroom_connection(const config::Config& config,
                                                              io::FileSystem& files) {
    return connection_with("test_events", config, files);
}

Result<std::unique_ptr<sql::Connection>> current_classroom(const config::Config& config,
                                                           io::FileSystem& files,
                                                           const Clock& clock) {
    CELLMON_TRY_ASSIGN(auto connection, connection_with("instructors", config, files));
    if (connection) CELLMON_TRY(sql::migrate(*connection, classroom::schema(), clock));
    return connection;
}

Result<std::unique_ptr<projection::EntrySource>> journal_source(const config::Config& config,
                                                                io::FileSystem& files) {
    return projection::journal_beside(files, journal_directory(config));
}

}  // namespace cellmon::erasure
