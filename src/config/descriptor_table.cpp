// The table. Order is the order of the documentation.
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <type_traits>

#include "config/descriptors.hpp"

namespace cellmon::config {

namespace {

constexpr std::uint64_t kKiB = 1U << 10U;
constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kGiB = 1U << 30U;
constexpr std::uint64_t kSecond = 1'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr double kPercent = 100;

/// A descriptor of the field that `Access`, a lambda without captures, picks out of a Config.
template <typename Access>
constexpr Descriptor field(std::string_view key, Kind kind, std::uint64_t minimum,
                           std::uint64_t maximum, std::string_view description, Access /*access*/) {
    using Field = std::remove_cvref_t<std::invoke_result_t<Access, Config&>>;
    Descriptor descriptor;
    descriptor.key = key;
    descriptor.kind = kind;
    descriptor.minimum = minimum;
    descriptor.maximum = maximum;
    descriptor.description = description;
    descriptor.get = [](const Config& config) -> Value {
        const Field& value = Access()(const_cast<Config&>(config));
        if constexpr (std::is_same_v<Field, std::chrono::milliseconds>) {
            return static_cast<std::uint64_t>(value.count());
        } else if constexpr (std::is_floating_point_v<Field>) {
            return static_cast<std::uint64_t>(std::lround(value * kPercent));
        } else if constexpr (std::is_integral_v<Field> || std::is_enum_v<Field>) {
            return static_cast<std::uint64_t>(value);
        } else {
            return value;
        }
    };
    descriptor.set = [](Config& config, const Value& value) {
        Field& target = Access()(config);
        if constexpr (std::is_same_v<Field, std::chrono::milliseconds>) {
            target = std::chrono::milliseconds(std::get<std::uint64_t>(value));
        } else if constexpr (std::is_floating_point_v<Field>) {
            target = static_cast<Field>(std::get<std::uint64_t>(value)) / kPercent;
        } else if constexpr (std::is_integral_v<Field> || std::is_enum_v<Field>) {
            target = static_cast<Field>(std::get<std::uint64_t>(value));
        } else {
            target = std::get<Field>(value);
        }
    };
    return descriptor;
}

template <typename Access>
constexpr Descriptor choice(std::string_view key, std::string_view choices,
                            std::string_view description, Access access) {
    Descriptor descriptor = field(key, Kind::choice, 0, 0, description, access);
    descriptor.choices = choices;
    return descriptor;
}

constexpr Descriptor with_flag(Descriptor descriptor, std::string_view flag) {
    descriptor.flag = flag;
    return descriptor;
}

/// A text that may be missing.
template <typename Access>
constexpr Descriptor optional_text(std::string_view key, std::string_view description,
                                   Access access) {
    Descriptor descriptor = field(key, Kind::text, 0, 0, description, access);
    descriptor.may_be_empty = true;
    return descriptor;
}

/// One that appears in no message.
template <typename Access>
constexpr Descriptor secret(std::string_view key, std::string_view description, Access access) {
    Descriptor descriptor = optional_text(key, description, access);
    descriptor.secret = true;
    return descriptor;
}

#define FIELD(path) [](Config& config) -> auto& { return config.path; }

constexpr std::array kTable = {
    with_flag(field("server.data", Kind::text, 0, 0,
                    "Directory of the journal, the databases and the checkpoints; it is created.",
                    FIELD(data_directory)),
              "--data"),
    with_flag(field("server.listen", Kind::address, 0, 0,
                    "Address and port of the API; port 0 takes a free one.", FIELD(listen)),
              "--listen"),
    with_flag(field("server.io_threads", Kind::count, 1, 64, "Threads that serve connections.",
                    FIELD(io_threads)),
              "--io-threads"),
    field("http.max_connections", Kind::count, 1, 1'000'000,
          "Open connections; one more takes the place of a silent one, else it is answered 503. "
          "WebSockets may take eleven in twelve.",
          FIELD(http.max_connections)),
    field("http.address_websockets", Kind::count, 1, 1'000'000,
          "WebSockets of the clients of one address (of an IPv6 network of /64), which may be that "
          "of a whole class or of a proxy; one more is answered 503 with Retry-After.",
          FIELD(http.address_websockets)),
    field("http.header_bytes", Kind::bytes, kKiB, kMiB,
          "Request line and header of a request; more is 431.", FIELD(http.header_bytes)),
    field("http.body_bytes", Kind::bytes, kKiB, kGiB, "A body as it travels; more is 413.",
          FIELD(http.body_bytes)),
    field("http.inflated_bytes", Kind::bytes, kKiB, kGiB, "A gzip body unpacked; more is 413.",
          FIELD(http.inflated_bytes)),
    field("http.body_bytes_in_flight", Kind::bytes, kMiB, 64 * kGiB,
          "Bodies of all requests being received or answered; more is 503 with Retry-After.",
          FIELD(http.body_bytes_in_flight)),
    field("http.answer_bytes_in_flight", Kind::bytes, 64 * kMiB, 64 * kGiB,
          "Large answers that clients have not taken yet; for more the slowest clients are cut "
          "off, else it is 503 with Retry-After.",
          FIELD(http.answer_bytes_in_flight)),
    field("http.header_timeout", Kind::duration, 100, kHour,
          "From the first byte of a request to the end of its header.", FIELD(http.header_timeout)),
    field("http.body_timeout", Kind::duration, 100, kHour,
          "For a body, besides its size divided by the minimum rate.", FIELD(http.body_timeout)),
    field("http.body_min_bytes_per_s", Kind::bytes, 1, kGiB,
          "The minimum rate of a body, bytes in a second.", FIELD(http.body_min_bytes_per_s)),
    field("http.idle_timeout", Kind::duration, 100, 24 * kHour,
          "Between two requests of a connection.", FIELD(http.idle_timeout)),
    field("http.write_timeout", Kind::duration, 100, kHour,
          "For a client to take the next bytes of an answer.", FIELD(http.write_timeout)),
    field("http.stop_timeout", Kind::duration, 0, kMinute,
          "For requests in flight when the server stops.", FIELD(http.stop_timeout)),
    field("http.websocket_message_bytes", Kind::bytes, kKiB, 16 * kMiB,
          "A message from a WebSocket client; more is closed with 1009.",
          FIELD(http.websocket_message_bytes)),
    field("http.websocket_ping", Kind::duration, 100, kHour,
          "Silence of a WebSocket client that brings it a ping; as long again cuts it off.",
          FIELD(http.websocket_ping)),
    field("journal.segment_bytes", Kind::bytes, kMiB, kGiB, "Size of a journal file.",
          FIELD(journal.segment_bytes)),
    field("journal.group_entries", Kind::count, 1, 1'000'000, "Events that one sync makes durable.",
          FIELD(journal.group_entries)),
    field("journal.group_bytes", Kind::bytes, 4 * kKiB, 256 * kMiB,
          "Bytes of events that one sync makes durable.", FIELD(journal.group_bytes)),
    field("journal.queue_bytes", Kind::bytes, kMiB, 64 * kGiB,
          "Bytes of events waiting to be written; more is 503 with Retry-After.",
          FIELD(journal.queue_bytes)),
    field("journal.disk_reserve_bytes", Kind::bytes, 0, 1'024 * kGiB,
          "Free disk space below which events are answered 503.",
          FIELD(journal.disk_reserve_bytes)),
    field("journal.id_memory_entries", Kind::count, 1'024, 1U << 30U,
          "Event ids held in memory before they go to disk as a sorted run.",
          FIELD(journal.id_memory_entries)),
    field("decode.items", Kind::count, 1, 1'000'000, "Events in one body; more is 413.",
          FIELD(decode.items)),
    field("decode.bulk_items", Kind::count, 1, 1'000'000,
          "Events in one body of POST /api/v1/offline/bulk; more is 413.", FIELD(bulk_events)),
    field("decode.nesting", Kind::count, 2, 512, "Depth of arrays and objects inside an event.",
          FIELD(decode.nesting)),
    field("decode.item_bytes", Kind::bytes, 4 * kKiB, 64 * kMiB,
          "Stored size of an event; what is beyond is cut, with its size and hash kept.",
          FIELD(decode.item_bytes)),
    choice(
        "privacy.default_consent", "status code output",
        "How much is stored of an event that does not say it (`consent`): that something ran and "
        "how it ended, also the code, also the output.",
        FIELD(privacy.default_consent)),
    choice("privacy.greatest_consent", "status code output",
           "More than this is stored of no event, whatever it says; a class can lower it further.",
           FIELD(privacy.greatest_consent)),
    choice("privacy.mask_secrets", "off on",
           "Whether keys, tokens and passwords in code and output are replaced by a mask before "
           "they are stored.",
           FIELD(privacy.mask_secrets)),
    field("checkpoint.interval", Kind::duration, 100, kHour,
          "Between two checkpoints of streams and live state.", FIELD(checkpoint_interval)),
    with_flag(field("streams.gap_grace", Kind::duration, 0, kHour,
                    "Age at which a gap in a client's stream counts as missing and is asked for.",
                    FIELD(stream_gap_grace)),
              "--stream-gap-grace"),
    field("live.conflation", Kind::duration, 1, kMinute,
          "Between two pictures of the class while it changes; twice that behind one in which 16 "
          "students or more changed.",
          FIELD(live.conflation)),
    field("live.idle_wait", Kind::duration, 1, kMinute,
          "How long the live state without news waits before it looks again.",
          FIELD(live.idle_wait)),
    field("live.fold_events", Kind::count, 1, 1'000'000,
          "Events that the live state takes in at once.", FIELD(live.fold_entries)),
    field("live.queue_messages", Kind::count, 2, 1'000'000,
          "Messages that may wait for a client of the live socket.", FIELD(live_queue.messages)),
    field("live.queue_bytes", Kind::bytes, 4 * kKiB, kGiB,
          "Bytes that may wait for a client of a live socket, old dashboards' too.",
          FIELD(live_queue.bytes)),
    field("live.error_window", Kind::duration, kSecond, 24 * kHour,
          "How long a failed run marks its student.", FIELD(live.thresholds.error_window)),
    field("live.active_window", Kind::duration, kSecond, 24 * kHour,
          "How long a student counts as active behind the last event.",
          FIELD(live.thresholds.active_window)),
    field("live.help_expiry", Kind::duration, kSecond, 24 * kHour,
          "Age at which a request for help without news is over.",
          FIELD(live.thresholds.help_expiry)),
    field("live.dismiss_silence", Kind::duration, kSecond, 24 * kHour,
          "A dismissed request for help counts anew behind such a silence.",
          FIELD(live.thresholds.dismiss_silence)),
    field("live.legacy_burst", Kind::duration, 100, kHour,
          "Between two pushes to existing dashboards; longer when one of them has to fetch "
          "something.",
          FIELD(legacy_burst)),
    field("socketio.address_sessions", Kind::count, 1, 4'096,
          "Sessions of Socket.IO of the clients of one address (of an IPv6 network of /64), of "
          "4,096 in all; one more is answered 503 with Retry-After.",
          FIELD(socketio_sessions)),
    field("projection.batch_events", Kind::count, 1, 1'000'000,
          "The most events in one transaction of a projection; of rows in PostgreSQL five times as "
          "many.",
          FIELD(projection.batch_entries)),
    field("projection.batch_bytes", Kind::bytes, 4 * kKiB, kGiB,
          "The most bytes of events in one transaction; a single event may be larger.",
          FIELD(projection.batch_bytes)),
    field("projection.first_batch_events", Kind::count, 1, 1'000'000,
          "Events in the first transaction; each full one doubles the next.",
          FIELD(projection.first_batch_entries)),
    field("projection.gather", Kind::duration, 0, kMinute,
          "How long events may collect when a projection is caught up.", FIELD(projection.gather)),
    field("projection.idle_wait", Kind::duration, 1, kMinute,
          "How long a projection without news waits before it looks again.",
          FIELD(projection.idle_wait)),
    field("projection.retry_first", Kind::duration, 1, kHour,
          "The pause behind the first failure of a store; each further one doubles it.",
          FIELD(projection.backoff_first)),
    field("projection.retry_most", Kind::duration, 1, kHour,
          "The longest pause between two attempts at a store.", FIELD(projection.backoff_most)),
    field("sqlite.cache_bytes", Kind::bytes, 64 * kKiB, 64 * kGiB, "Page cache of a connection.",
          FIELD(sqlite.cache_bytes)),
    field("sqlite.wal_limit_bytes", Kind::bytes, kMiB, 64 * kGiB,
          "Size at which the write-ahead log is written back and cut.",
          FIELD(sqlite.wal_limit_bytes)),
    field("sqlite.busy_timeout", Kind::duration, 0, kHour,
          "How long to wait for another connection's write lock.", FIELD(sqlite.busy_timeout_ms)),
    field(
        "sqlite.id_merge_interval", Kind::count, 1, 1U << 30U,
        "Event ids collect in a small table; each moves into the large one within so many events.",
        FIELD(relational.id_merge_interval)),
    field("sqlite.poison_events", Kind::count, 0, 1'000'000,
          "More unreadable events in one transaction than this, and than the share below, stop the "
          "projection instead of being put aside.",
          FIELD(relational.poison_entries)),
    field("sqlite.poison_share", Kind::percent, 0, 100,
          "The part of the events of a transaction that may be unreadable.",
          FIELD(relational.poison_share)),
    with_flag(
        secret("postgres.url",
               "postgresql://USER:PASSWORD@HOST:PORT/DATABASE of the classroom's rows and of those "
               "made from events; without it they lie in DATA/classroom.db and "
               "DATA/relational.db. On the command line other users of the machine can read it: "
               "the file and the variable are safer.",
               FIELD(classroom.postgres_url)),
        "--postgres"),
    field("postgres.timeout", Kind::duration, 100, kHour,
          "How long the relational projection waits for a lock or an answer of PostgreSQL; behind "
          "it the projection connects anew.",
          FIELD(postgres_timeout)),
    field("postgres.silence", Kind::duration, 1'000, kHour,
          "A connection of a server with this journal that projects into PostgreSQL, and has said "
          "nothing for so long, is taken for dead: PostgreSQL is asked to end it.",
          FIELD(postgres_silence)),
    with_flag(optional_text("influx.url",
                            "http://HOST:PORT of the InfluxDB for time series, or https; without "
                            "it none are written.",
                            FIELD(influx.url)),
              "--influx"),
    field("influx.database", Kind::text, 0, 0,
          "The database, or bucket, of the time series; it is made when it can be.",
          FIELD(influx.database)),
    optional_text("influx.retention_policy",
                  "The retention policy to write to; without it the database's default.",
                  FIELD(influx.retention_policy)),
    optional_text("influx.user", "The user of InfluxDB who may write and query that database.",
                  FIELD(influx.user)),
    secret("influx.password",
           "That user's password. The file and the variable are safer than the command line.",
           FIELD(influx.password)),
    secret("influx.token",
           "A token of InfluxDB, instead of user and password. The file and the variable are safer "
           "than the command line.",
           FIELD(influx.token)),
    field("influx.timeout", Kind::duration, 100, kHour,
          "How long an answer of InfluxDB is waited for; behind it the projection connects anew.",
          FIELD(influx.timeout)),
    field("influx.post_points", Kind::count, 100, 100'000, "Points in one request.",
          FIELD(timeseries.post_points)),
    field("influx.dead_letters", Kind::count, 0, 1'000'000,
          "Points that InfluxDB refuses and that are put aside in DATA/timeseries.state; one more "
          "stops the projection.",
          FIELD(timeseries.dead_letters)),
    field("influx.doubtful_bytes", Kind::bytes, kKiB, kGiB,
          "Sums of activity that are kept to be written again, because InfluxDB may still take a "
          "request that was given up; when they are more, the projection waits two minutes.",
          FIELD(timeseries.doubtful_bytes)),
    with_flag(
        secret("redis.url",
               "redis://USER:PASSWORD@HOST:PORT/DATABASE, all but HOST may be left out: where the "
               "newest events go as a stream and to subscribers; without it nowhere. On the "
               "command line other users of the machine can read it: the file and the variable "
               "are safer.",
               FIELD(redis.url)),
        "--redis"),
    with_flag(
        secret("redis.follow",
               "The same for a server that only shows the class which another one writes into that "
               "Redis: it takes no events and writes no store.",
               FIELD(follow)),
        "--follow"),
    field("redis.timeout", Kind::duration, 10, kHour,
          "How long the projection waits for a reply of Redis; behind it it connects anew.",
          FIELD(redis.timeout)),
    field("redis.stream_events", Kind::count, 1, 1'000'000'000,
          "The newest events that the stream keeps. Redis takes about 700 bytes for each, and more "
          "where cells and outputs are long.",
          FIELD(redis.stream_events)),
    field("redis.checkpoint", Kind::duration, 100, kHour,
          "How often a picture of the class is put beside the stream for servers that follow; "
          "sooner when the stream would pass it.",
          FIELD(redis.checkpoint)),
    field("redis.publish_age", Kind::duration, 0, kHour,
          "Events that are older are not told to subscribers any more; the stream has them.",
          FIELD(redis.publish_age)),
    field("redis.transaction_events", Kind::count, 1, 1'000'000, "Events in one transaction.",
          FIELD(redis.transaction_events)),
    field("redis.transaction_bytes", Kind::bytes, kKiB, 256 * kMiB,
          "Bytes of events in one transaction; one event may exceed it.",
          FIELD(redis.transaction_bytes)),
    field("audit.interval", Kind::duration, 0, 720 * kHour,
          "Between two quick audits of each store against the journal, which trust the hash beside "
          "each row; 0 is never.",
          FIELD(audit.interval)),
    field(
        "audit.deep_interval", Kind::duration, 0, 8'760 * kHour,
        "Between two deep ones, which hash what the rows say; 0 is never. The first comes an hour "
        "behind the start at the latest.",
        FIELD(audit.deep_interval)),
    optional_text("backup.directory",
                  "The folder of the server's own backups, outside of the data folder; without it "
                  "none are made. docs/guide/backup.md.",
                  FIELD(backup.directory)),
    field("backup.interval", Kind::duration, kSecond, 720 * kHour,
          "How old the newest backup becomes before another one is made.", FIELD(backup.interval)),
    field("backup.keep", Kind::count, 1, 10'000,
          "Backups that stay; the oldest go when another one was made.",
          FIELD(backup.keep.backups)),
    field("backup.keep_days", Kind::count, 0, 36'500,
          "Days that a backup stays, from when it was finished; older ones go when another one was "
          "made, but never the newest whole one. 0 is for ever.",
          FIELD(backup.keep.days)),
    field("backup.keep_bytes", Kind::bytes, 0, 1'024 * 1'024 * kGiB,
          "Size of all backups in the folder as stored, what they share counted once, beyond which "
          "the oldest go in the same way. 0 is any size.",
          FIELD(backup.keep.bytes)),
    secret("backup.password",
           "What the backups are encrypted with; without it they are not. The file below and the "
           "variable are safer than the command line.",
           FIELD(backup.password)),
    optional_text("backup.password_file", "A file whose first line is that password.",
                  FIELD(backup.password_file)),
    field("retention.payload_days", Kind::count, 0, 36'500,
          "Days that the journal keeps what events say; behind that whole files lose it, when a "
          "backup has it and every store has seen it. Ids stay. 0 is for ever.",
          FIELD(retention.payload_days)),
    field("retention.payload_bytes", Kind::bytes, 0, 1'024 * 1'024 * kGiB,
          "Size of the journal's full files beyond which the oldest lose what their events say, in "
          "the same way, but none that is younger than ten minutes. 0 is any size.",
          FIELD(retention.payload_bytes)),
    field("retention.timeseries_days", Kind::count, 0, 36'500,
          "Days that InfluxDB keeps the points of an event, by its time; older ones are deleted "
          "and not written again. 0 is for ever.",
          FIELD(retention.timeseries_days)),
    field("retention.timeseries_points", Kind::count, 0, 1'000'000'000'000,
          "Points of events that InfluxDB keeps at most, looked at once a day: of more the oldest "
          "days (UTC) are deleted whole, never the newest, and not written again. 0 is any number.",
          FIELD(retention.timeseries_points)),
    choice("retention.without_backup", "off on",
           "Whether the journal may also lose what no backup has.",
           FIELD(retention.without_backup)),
    field("classroom.connections", Kind::count, 1, 64,
          "Connections to the database of the classroom's rows, at most.",
          FIELD(classroom.connections)),
    field("classroom.timeout", Kind::duration, 10, kMinute,
          "For a write lock, a free connection, and an answer of PostgreSQL; behind it is 503.",
          FIELD(classroom.timeout)),
    field("classroom.threads", Kind::count, 1, 64,
          "Threads that ask the database of the classroom's rows for requests.",
          FIELD(classroom_threads)),
    field("classroom.queue", Kind::count, 1, 100'000,
          "Requests that wait for those threads; more is 503 with Retry-After.",
          FIELD(classroom_queue)),
    field("classroom.notebook_bytes", Kind::bytes, kKiB, kGiB,
          "What a version of a notebook comes to, cells and outputs, before it is packed; more is "
          "413.",
          FIELD(classes.notebook_bytes)),
    field("classroom.notebook_versions", Kind::count, 1, 1'000'000,
          "Versions of one notebook, and as many snapshots; one more is 409.",
          FIELD(classes.notebook_versions)),
    field("classroom.body_bytes", Kind::bytes, kMiB, kGiB,
          "Largest body of many submissions, a roster or a notebook; more is 413.",
          FIELD(classes.body_bytes)),
    field("classroom.bulk_items", Kind::count, 1, 1'000'000,
          "Submissions in one request; more is 422.", FIELD(classes.bulk_items)),
    field("classroom.roster_rows", Kind::count, 1, 1'000'000,
          "Rows of a roster that comes in; more is 422.", FIELD(classes.roster_rows)),
    field("classroom.joins", Kind::count, 1, 100'000,
          "Wrong codes that one student may try in the window below; more is 429 with Retry-After.",
          FIELD(classes.joins)),
    field("classroom.join_window", Kind::duration, kSecond, 24 * kHour,
          "In which those attempts come back, one after the other.", FIELD(classes.join_window)),
    field("classroom.map_queue", Kind::count, 1, 1'000,
          "Maps of the classroom that wait for the one before; more is 503 with Retry-After.",
          FIELD(map_queue)),
    field("classroom.map_timeout", Kind::duration, kSecond, kMinute,
          "How long the image of a map may take to be read; behind it is 400.", FIELD(map_timeout)),
    field("environment.python", Kind::text, 0, 0,
          "Python of this machine that describes itself; looked for in PATH without a slash.",
          FIELD(environment.python)),
    field("environment.timeout", Kind::duration, 100, kMinute,
          "For that Python to answer; else 503.", FIELD(environment.timeout)),
    field("environment.keep", Kind::duration, 0, 24 * kHour, "How long its answer is good.",
          FIELD(environment.keep)),
    choice(
        "auth.mode", "open required",
        "Open: whoever sits at this machine sees the class; on a loopback address only. Required: "
        "nothing of the class without a token, and no events without a class key.",
        FIELD(auth.mode)),
    secret("auth.secret",
           "What tokens are signed with, at least 32 characters; without it a random one in "
           "DATA/auth.secret. The file and the variable are safer than the command line.",
           FIELD(auth.secret)),
    optional_text("auth.hosts",
                  "Names, by commas, that requests may use for this server besides this machine's "
                  "own: those that other machines know it by, or those of a proxy.",
                  FIELD(auth.hosts)),
    optional_text("auth.origins",
                  "Pages, by commas, that may use the API besides this machine's own: "
                  "https://class.example.",
                  FIELD(auth.origins)),
    field("auth.access_token", Kind::duration, kSecond, 24 * kHour,
          "How long an access token is good.", FIELD(auth.access_token)),
    field("auth.refresh_token", Kind::duration, kSecond, 8'760 * kHour,
          "How long a login can be continued without a password.", FIELD(auth.refresh_token)),
    field("auth.password_memory", Kind::bytes, 7 * kMiB, kGiB,
          "Memory of Argon2id for a password; times the passes at least 35MiB.",
          FIELD(auth.password.memory_bytes)),
    field("auth.password_passes", Kind::count, 1, 100, "Passes of Argon2id over that memory.",
          FIELD(auth.password.passes)),
    field("auth.password_threads", Kind::count, 1, 64,
          "Threads that compare and hash passwords; each takes that memory.",
          FIELD(auth.hash_threads)),
    field("auth.password_queue", Kind::count, 1, 10'000,
          "Requests that wait for those threads; more is 503 with Retry-After.",
          FIELD(auth.hash_queue)),
    field("auth.account_failures", Kind::count, 1, 100'000,
          "Attempts to log in to one account in the window below; more is 429 with Retry-After. A "
          "success forgives.",
          FIELD(auth.account_failures.count)),
    field("auth.account_window", Kind::duration, kSecond, 24 * kHour,
          "In which those attempts come back, one after the other.",
          FIELD(auth.account_failures.window)),
    field("auth.address_logins", Kind::count, 1, 100'000,
          "Attempts to log in from one address in the window below; more is 429 with Retry-After.",
          FIELD(auth.address_logins.count)),
    field("auth.address_window", Kind::duration, kSecond, 24 * kHour,
          "In which those attempts come back, one after the other.",
          FIELD(auth.address_logins.window)),
    field("auth.audit_keep", Kind::duration, 24 * kHour, 87'600 * kHour,
          "How long the lines of the audit log are kept.", FIELD(auth.audit_keep)),
    choice("log.level", "debug info warn error off", "The least level that is written.",
           FIELD(log.level)),
    choice("log.format", "text json", "Lines for people, or an object a line.", FIELD(log.format)),
    field(
        "alerts.error_threshold", Kind::count, 1, 1'000,
        "Consecutive errors on one cell that mark a student as stuck. As the windows and times of "
        "live.* it holds until an admin chooses otherwise (docs/reference/map-and-settings.md).",
        FIELD(error_threshold)),
};

#undef FIELD

}  // namespace

std::span<const Descriptor> descriptors() {
    return kTable;
}

}  // namespace cellmon::config
