#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "audit/schedule.hpp"
#include "auth/options.hpp"
#include "backup/schedule.hpp"
#include "classroom/class_limits.hpp"
#include "environment/options.hpp"
#include "event/decode.hpp"
#include "http/limits.hpp"
#include "journal/journal.hpp"
#include "live/live_service.hpp"
#include "privacy/consent.hpp"
#include "projection/runner.hpp"
#include "push/shard.hpp"
#include "retention/options.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/timeseries_sink.hpp"
#include "sinks/redis/options.hpp"
#include "sinks/relational/relational_sink.hpp"
#include "sinks/sqlite/database.hpp"
#include "sql/database.hpp"
#include "telemetry/log.hpp"

namespace cellmon::config {

/// `HOST:PORT`; an IPv6 address stands in brackets.
struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8000;

    bool operator==(const ListenAddress&) const = default;
};

/// Everything `cellmon serve` can be told. The table in config/descriptors.hpp says by which names.
struct Config {
    std::string data_directory = "./data";
    ListenAddress listen;
    unsigned io_threads = 2;
    http::ServerLimits http;
    journal::JournalLimits journal;
    event::DecodeLimits decode;
    privacy::Options privacy;
    std::size_t bulk_events = 20'000;  ///< In one body of an offline session.
    std::chrono::milliseconds checkpoint_interval{10'000};
    std::chrono::milliseconds stream_gap_grace{30'000};
    push::QueueLimits live_queue;
    std::size_t socketio_sessions = 1'000;           ///< Of the clients of one address.
    std::chrono::milliseconds legacy_burst{12'000};  ///< Between two pushes to old dashboards.
    live::LiveOptions live;  ///< Its threshold of errors is error_threshold, as that of the tables.
    projection::RunnerLimits projection;
    relational::SinkOptions relational;  ///< Its threshold of errors is error_threshold.
    sqlite::ConnectionOptions sqlite;
    std::chrono::milliseconds postgres_timeout{30'000};  ///< For each answer to the projection.
    std::chrono::milliseconds postgres_silence{10'000};  ///< As postgres::LeadOptions::silence.
    influxdb::ConnectionOptions influx;  ///< Without a URL no time series are written.
    influxdb::SinkOptions timeseries;    ///< Its limits of poison are those of `relational`.
    redis::RedisOptions redis;
    audit::ScheduleOptions audit;
    backup::ScheduleOptions backup;
    retention::RetentionOptions retention;
    std::string follow;  ///< URL of the Redis whose leader is followed; empty: none is. Secret.
    sql::DatabaseOptions classroom;  ///< Its SQLite file lies in the data directory.
    unsigned classroom_threads = 2;  ///< That ask the database for requests.
    std::size_t classroom_queue = 256;
    classroom::ClassLimits classes;
    std::size_t map_queue = 4;  ///< Images that wait to be read.
    std::chrono::milliseconds map_timeout{20'000};
    environment::HostProbeOptions environment;
    auth::AuthOptions auth;
    telemetry::LogOptions log;
    unsigned error_threshold = 3;  ///< Consecutive errors on one cell that count as being stuck.
};

}  // namespace cellmon::config
