#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "io/file_system.hpp"
#include "projection/journal_source.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/redis/options.hpp"
#include "sinks/relational/store.hpp"

namespace cellmon::cli {

/// Where a server's stores are, for a command that works beside it. Names, variables and defaults
/// are those of its configuration.
struct StoreOptions {
    std::string data = "./data";
    std::string postgres;
    influxdb::ConnectionOptions influx;
    redis::RedisOptions redis;
};

void add_data_option(CLI::App& command, StoreOptions& options);
void add_postgres_option(CLI::App& command, StoreOptions& options);
/// The first of them, the URL.
CLI::Option* add_influx_options(CLI::App& command, StoreOptions& options);
CLI::Option* add_redis_option(CLI::App& command, StoreOptions& options);

/// DATA/relational.db, or the rows in PostgreSQL. One answer of it may take an hour: what reads a
/// whole table is waited for.
[[nodiscard]] std::unique_ptr<relational::Store> relational_store(const StoreOptions& options,
                                                                  io::FileSystem& files,
                                                                  bool read_only);

/// The entries of DATA/journal as far as they are durable, beside a server or without one.
Result<std::unique_ptr<projection::EntrySource>> open_journal(const StoreOptions& options,
                                                              io::FileSystem& files);

}  // namespace cellmon::cli
