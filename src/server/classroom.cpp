#include "server/classroom.hpp"

#include <algorithm>
#include <latch>
#include <mutex>

#include "api/access_table.hpp"
#include "api/audit_api.hpp"
#include "api/auth_api.hpp"
#include "api/class_routes.hpp"
#include "api/erasures/erasures_api.hpp"
#include "api/instructor_socket_api.hpp"
#include "api/instructor_status_api.hpp"
#include "api/instructors_api.hpp"
#include "api/map_routes.hpp"
#include "api/settings_api.hpp"
#include "api/socketio_api.hpp"
#include "api/test_events_api.hpp"
#include "api/versions/version_routes.hpp"
#include "auth/secret.hpp"
#include "base/thread.hpp"
#include "classroom/schema.hpp"

namespace cellmon::server {
namespace {

/// Between two looks whether the database answers, and what it says of keys and logins.
constexpr std::chrono::milliseconds kLookInterval{1'000};

/// What a stop leaves the database for the answers it still owes.
constexpr std::chrono::milliseconds kStopPatience{1'000};

/// Looks between two readings of who may see whom, which are all rosters.
constexpr unsigned kLooksPerSight = 2;

/// Looks between two removals of what has expired.
constexpr unsigned kLooksPerPruning = 600;

sql::DatabaseOptions database_options(const config::Config& config, telemetry::SayOnce& fault) {
    sql::DatabaseOptions options = config.classroom;
    options.sqlite_path = config.data_directory + "/classroom.db";
    options.on_fault = [&fault](const Error& error) {
        fault.say("the classroom's database failed: " + error.message);
    };
    return options;
}

socketio::Limits socketio_limits(const config::Config& config) {
    socketio::Limits limits;
    limits.max_payload = std::min(limits.max_payload, config.http.websocket_message_bytes);
    limits.queue_bytes = config.live_queue.bytes;
    limits.address_sessions = config.socketio_sessions;
    return limits;
}

auth::AuthOptions with_secret(auth::AuthOptions options, std::string secret) {
    options.secret = std::move(secret);
    return options;
}

}  // namespace

Classroom::Classroom(const config::Config& config, std::string secret,
                     const Dependencies& dependencies)
    : config_(config),
      dependencies_(dependencies),
      fault_(dependencies.log, dependencies.clock, telemetry::LogLevel::error),
      database_(database_options(config, fault_), classroom::schema(), dependencies.clock),
      settings_(database_, default_settings(config), dependencies.log),
      logins_(with_secret(config.auth, std::move(secret)),
              {database_, dependencies.clock, dependencies.random}),
      keys_(config.data_directory + "/class.keys",
            {database_, dependencies.files, dependencies.clock, dependencies.log}),
      consents_(config.data_directory + "/class.consents",
                {database_, dependencies.files, dependencies.clock, dependencies.log}),
      joins_({config.classes.joins, config.classes.join_window}),
      rows_({config.classroom_threads, config.classroom_queue, "rows", false}),
      passwords_({config.auth.hash_threads, config.auth.hash_queue, "passwords", true}),
      images_({1, config.map_queue, "images", true}),
      converter_(config.map_timeout),
      sockets_(dependencies.threads),
      key_gate_(config.auth.mode, keys_.ring(), dependencies.clock),
      sights_(database_),
      looks_(dependencies.clock),
      gate_(config.auth.mode,
            {logins_, rows_, dependencies.threads, sockets_, key_gate_, sights_, looks_}),
      instructors_(config.live_queue.bytes,
                   {database_, rows_, dependencies.threads, dependencies.clock, sights_}),
      events_(socketio_limits(config),
              {logins_, database_, rows_, instructors_, dependencies.threads, dependencies.clock,
               dependencies.random}) {}

Result<std::unique_ptr<Classroom>> Classroom::open(const config::Config& config,
                                                   const Dependencies& dependencies) {
    const std::string& url = config.classroom.postgres_url;
    if (!url.empty()) CELLMON_TRY(sql::check_postgres_url(url));
    CELLMON_TRY_ASSIGN(
        std::string secret,
        auth::token_secret(config.auth.secret, config.data_directory + "/auth.secret",
                           dependencies.files, dependencies.random));
    std::unique_ptr<Classroom> classroom(new Classroom(config, std::move(secret), dependencies));
    if (const auto prepared = classroom->database_.prepare(); !prepared) {
        if (prepared.error().code == ErrorCode::newer_format) return fail(prepared.error());
        dependencies.log.warn(
            "the classroom's database is away, accounts cannot be used until it is back: {}",
            prepared.error().message);
        classroom->away_ = true;
    }
    classroom->keys_.recall();
    classroom->consents_.recall();
    if (!classroom->away_) {
        classroom->keys_.refresh();
        classroom->consents_.refresh();
    }
    classroom->say_when_nobody_can_log_in();
    classroom->settings_.start();
    classroom->watcher_ = std::jthread(
        [owner = classroom.get()](const std::stop_token& stop) { owner->watch(stop); });
    return classroom;
}

void Classroom::guard(http::Router& router) {
    router.set_guard(
        [this](http::Method method, std::string_view pattern, http::Handler next) {
            return gate_.guard(method, pattern, std::move(next));
        },
        [this](std::string_view pattern, http::UpgradeHandler next) {
            return gate_.watch(pattern, std::move(next));
        });
    for (const std::string_view pattern : api::ingest_patterns())
        router.open_to_any_origin(pattern);
}

api::AccountParts Classroom::account_parts(store::ClassHistory& history) {
    return {logins_,
            database_,
            rows_,
            passwords_,
            dependencies_.clock,
            config_.auth.password,
            [&history](std::int64_t row) { return history.has_session(row); },
            [this](std::int64_t instructor_id) { instructors_.status_changed(instructor_id); }};
}

void Classroom::add_login_routes(http::Router& router, store::ClassHistory& history) {
    api::add_auth_routes(router, account_parts(history));
}

void Classroom::add_routes(http::Router& router, store::ClassHistory& history) {
    instructors_.set_has_session([&history](std::int64_t row) { return history.has_session(row); });
    const api::AccountParts parts = account_parts(history);
    api::add_auth_routes(router, parts);
    api::add_instructors_routes(router, parts);
    api::add_instructor_status_routes(router, parts);
    api::add_instructor_socket_routes(router, parts, instructors_);
    api::add_socketio_routes(router, events_.hub());
    events_.hub().start();
    const api::RowParts rows = row_parts();
    const api::MapParts maps{rows, images_, converter_, dependencies_.random, dependencies_.log};
    api::add_maps_routes(router, maps);
    api::add_map_upload_routes(router, maps);
    api::add_map_image_routes(router, maps);
    api::add_settings_routes(
        router, {rows, default_settings(config_), [this] { return settings_.current(); },
                 [this] { settings_.look_now(); }});
    api::add_class_routes(
        router, {rows, joins_, dependencies_.random, config_.classes, [this] { keys_.refresh(); },
                 sights_, [this] { consents_.refresh(); }});
    api::add_version_routes(router, {rows, dependencies_.random, config_.classes});
    api::add_test_events_routes(router, rows);
    api::add_audit_routes(router, {database_, rows_, looks_});
    api::add_erasure_routes(router, {database_, rows_, dependencies_.files, dependencies_.clock,
                                     dependencies_.random, config_.data_directory});
}

void Classroom::listen(live::PictureListeners& listeners, live::PicturePtr first) {
    instructors_.pictured({std::move(first), {}});
    listeners.add(instructors_);
}

void Classroom::stop() {
    const std::jthread deadline([this](const std::stop_token& done) {
        rest(kStopPatience, done);
        if (!done.stop_requested()) database_.interrupt();
    });
    if (stop_others_) stop_others_();
    watcher_ = std::jthread();
    settings_.stop();
    converter_.stop();
    images_.stop();
    passwords_.stop();
    rows_.stop();
    wait_for_io_threads();
    write_looks();
    if (const std::size_t unwritten = looks_.waiting(); unwritten > 0) {
        dependencies_.log.error("{} lines of the audit log could not be written and are lost",
                                unwritten);
    }
}

void Classroom::wait_for_io_threads() {
    http::IoThreads& threads = dependencies_.threads;
    if (!threads.running()) return;
    // What the gate let through may still be on its way to them.
    std::latch passed(static_cast<std::ptrdiff_t>(threads.size()));
    for (unsigned thread = 0; thread < threads.size(); ++thread)
        threads.post(thread, [&passed] { passed.count_down(); });
    passed.wait();
}

std::vector<telemetry::MetricFamily> Classroom::metrics() const {
    auto families = key_gate_.metrics();
    for (auto& family : events_.hub().metrics())
        families.push_back(std::move(family));
    return families;
}

api::ClassroomHealth Classroom::health() const {
    return {database_.engine() == sql::Engine::postgres, [this]() -> std::optional<std::string> {
                // The route is open to everybody: addresses and users are for the log.
                if (!database_.trouble()) return std::nullopt;
                return "the database cannot be reached or used; the log says why";
            }};
}

void Classroom::say_when_nobody_can_log_in() {
    if (config_.auth.mode != auth::Mode::required) return;
    const auto accounts = database_.read([](sql::Connection& connection) {
        return classroom::list_accounts(connection, 0, 1, true);
    });
    if (!accounts || !accounts->empty()) return;
    dependencies_.log.warn(
        "nobody can log in yet; make an account: cellmon admin create-instructor --data {} "
        "--email YOU@EXAMPLE.COM --name YOU --role admin",
        config_.data_directory);
}

void Classroom::watch(const std::stop_token& stop) {
    set_thread_name("classroom");
    step_back();
    for (unsigned looks = 0; !stop.stop_requested(); ++looks) {
        look();
        keys_.refresh();
        consents_.refresh();
        close_sockets_of_who_left();
        if (looks % kLooksPerSight == 0) refresh_sights();
        write_looks();
        // It fails when the database is away, which look() has said.
        if (looks % kLooksPerPruning == 0) static_cast<void>(logins_.prune());
        rest(kLookInterval, stop);
    }
}

void Classroom::close_sockets_of_who_left() {
    auto tokens = sockets_.tokens();
    tokens.merge(events_.tokens());
    if (tokens.empty()) return;
    // While the database is away nobody can tell; who is in stays in.
    const auto worthless = logins_.worthless(tokens);
    if (!worthless || worthless->empty()) return;
    sockets_.close(*worthless);
    events_.end(*worthless);
}

void Classroom::on_sights_changed(std::function<void()> changed) {
    const std::lock_guard lock(listener_mutex_);
    sights_changed_ = std::move(changed);
}

void Classroom::refresh_sights() {
    if (config_.auth.mode != auth::Mode::required) return;
    // While the database is away nobody can tell; everybody sees whom they saw.
    static_cast<void>(sights_.refresh());
    const std::uint64_t version = sights_.version();
    const std::lock_guard lock(listener_mutex_);
    if (version == told_version_ || !sights_changed_) return;
    told_version_ = version;
    sights_changed_();
}

void Classroom::write_looks() {
    // What the database does not take now waits.
    static_cast<void>(looks_.write(database_));
    if (const std::uint64_t lost = looks_.take_lost(); lost > 0) {
        dependencies_.log.error("{} lines of the audit log had no place and are lost", lost);
    }
}

void Classroom::look() {
    const auto seen =
        database_.read([](sql::Connection& connection) { return connection.run("SELECT 1"); });
    telemetry::Log& log = dependencies_.log;
    if (seen && away_) log.info("the classroom's database is back");
    if (!seen && !away_) log.warn("the classroom's database is away: {}", seen.error().message);
    away_ = !seen;
}

}  // namespace cellmon::server
