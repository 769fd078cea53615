#include "server/classroom.hpp"

#include <condition_variable>
#include <mutex>

#include "base/thread.hpp"
#include "classroom/schema.hpp"

namespace cellmon::server {
namespace {

/// Between two looks whether the database answers.
constexpr std::chrono::milliseconds kLookInterval{2'000};

}  // namespace

Classroom::Classroom(sql::DatabaseOptions options, const Clock& clock, telemetry::Log& log)
    : database_(std::move(options), classroom::schema(), clock), log_(log) {}

Result<std::unique_ptr<Classroom>> Classroom::open(const config::Config& config, const Clock& clock,
                                                   telemetry::Log& log) {
    sql::DatabaseOptions options = config.classroom;
    options.sqlite_path = config.data_directory + "/classroom.db";
    if (!options.postgres_url.empty()) CELLMON_TRY(sql::check_postgres_url(options.postgres_url));
    std::unique_ptr<Classroom> classroom(new Classroom(std::move(options), clock, log));
    if (const auto prepared = classroom->database_.prepare(); !prepared) {
        if (prepared.error().code == ErrorCode::newer_format) return fail(prepared.error());
        log.warn("the classroom's database is away, accounts cannot be used until it is back: {}",
                 prepared.error().message);
        classroom->away_ = true;
    }
    classroom->watcher_ = std::jthread(
        [owner = classroom.get()](const std::stop_token& stop) { owner->watch(stop); });
    return classroom;
}

api::ClassroomHealth Classroom::health() const {
    return {database_.engine() == sql::Engine::postgres, [this]() -> std::optional<std::string> {
                const auto trouble = database_.trouble();
                if (!trouble) return std::nullopt;
                return trouble->message;
            }};
}

void Classroom::watch(const std::stop_token& stop) {
    set_thread_name("classroom");
    step_back();
    std::mutex mutex;
    std::condition_variable_any pause;
    while (!stop.stop_requested()) {
        look();
        std::unique_lock lock(mutex);
        pause.wait_for(lock, stop, kLookInterval, [] { return false; });
    }
}

void Classroom::look() {
    const auto seen =
        database_.read([](sql::Connection& connection) { return connection.run("SELECT 1"); });
    if (seen && away_) log_.info("the classroom's database is back");
    if (!seen && !away_) log_.warn("the classroom's database is away: {}", seen.error().message);
    away_ = !seen;
}

}  // namespace cellmon::server
