#include "cli/store_options.hpp"

#include <chrono>
#include <utility>

#include "projection/journal_beside.hpp"
#include "sinks/postgres/store.hpp"
#include "sinks/sqlite/store.hpp"

namespace cellmon::cli {
namespace {

constexpr std::chrono::milliseconds kPostgresTimeout = std::chrono::hours(1);

}  // namespace

void add_data_option(CLI::App& command, StoreOptions& options) {
    command.add_option("--data", options.data, "The server's data folder")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
}

void add_postgres_option(CLI::App& command, StoreOptions& options) {
    command
        .add_option("--postgres", options.postgres,
                    "The server's postgres.url; other users of the machine can read it here, the "
                    "variable is safer")
        ->envname("CELLMON_POSTGRES_URL");
}

CLI::Option* add_influx_options(CLI::App& command, StoreOptions& options) {
    influxdb::ConnectionOptions& influx = options.influx;
    const auto option = [&](const char* flag, std::string& value, const char* variable,
                            const char* text) {
        return command.add_option(flag, value, text)->envname(variable);
    };
    CLI::Option* url =
        option("--influx", influx.url, "CELLMON_INFLUX_URL", "The server's influx.url");
    option("--influx-database", influx.database, "CELLMON_INFLUX_DATABASE", "Its influx.database")
        ->capture_default_str();
    option("--influx-user", influx.user, "CELLMON_INFLUX_USER", "A user who may drop measurements");
    option("--influx-password", influx.password, "CELLMON_INFLUX_PASSWORD",
           "That user's password; other users can read it here, the variable is safer");
    option("--influx-token", influx.token, "CELLMON_INFLUX_TOKEN",
           "A token instead; the variable is safer");
    return url;
}

CLI::Option* add_redis_option(CLI::App& command, StoreOptions& options) {
    return command
        .add_option("--redis", options.redis.url,
                    "The server's redis.url; other users of the machine can read it here, the "
                    "variable is safer")
        ->envname("CELLMON_REDIS_URL");
}

std::unique_ptr<relational::Store> relational_store(const StoreOptions& options,
                                                    io::FileSystem& files, bool read_only) {
    if (options.postgres.empty()) {
        sqlite::ConnectionOptions connection;
        connection.read_only = read_only;
        return sqlite::make_store(files, options.data + "/relational.db", connection);
    }
    postgres::ConnectionOptions connection;
    connection.url = options.postgres;
    connection.timeout = kPostgresTimeout;
    connection.read_only = read_only;
    return postgres::make_store(std::move(connection));
}

Result<std::unique_ptr<projection::EntrySource>> open_journal(const StoreOptions& options,
                                                              io::FileSystem& files) {
    return projection::journal_beside(files, options.data + "/journal");
}

}  // namespace cellmon::cli
