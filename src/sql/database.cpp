#include "sql/database.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace cellmon::sql {
namespace {

/// Behind a failed attempt to connect; what is asked for meanwhile is refused at once.
constexpr std::int64_t kRestUs = kSecondUs;

}  // namespace

Database::Database(DatabaseOptions options, std::span<const Migration> migrations,
                   const Clock& clock)
    : options_(std::move(options)), migrations_(migrations), clock_(clock) {}

Database::~Database() = default;

Engine Database::engine() const {
    return options_.postgres_url.empty() ? Engine::sqlite : Engine::postgres;
}

Result<void> Database::prepare() {
    CELLMON_TRY(take());
    return {};
}

void Database::interrupt() {
    const std::lock_guard lock(mutex_);
    *interrupted_ = true;
    returned_.notify_all();
}

std::optional<Error> Database::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

Result<Database::Lease> Database::take() {
    std::unique_lock lock(mutex_);
    const bool free = returned_.wait_for(lock, options_.timeout, [this] {
        return !idle_.empty() || open_ < options_.connections || *interrupted_;
    });
    if (*interrupted_) return fail(ErrorCode::cancelled, "the database is not asked any more");
    if (!free) {
        return fail(ErrorCode::unavailable, "all connections to the database are in use");
    }
    if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(connection));
    }
    if (trouble_ && clock_.steady_us() < closed_until_us_) return fail(*trouble_);
    ++open_;
    lock.unlock();
    auto opened = open();
    if (opened) return Lease(*this, std::move(*opened));
    lock.lock();
    --open_;
    closed_until_us_ = clock_.steady_us() + kRestUs;
    note_trouble(opened.error());
    returned_.notify_one();
    return fail(std::move(opened).error());
}

Result<std::unique_ptr<Connection>> Database::open() {
    CELLMON_TRY_ASSIGN(auto connection, engine() == Engine::sqlite
                                            ? open_sqlite(options_.sqlite_path, options_.timeout)
                                            : connect_postgres(options_.postgres_url,
                                                               options_.timeout, interrupted_));
    {
        const std::lock_guard lock(mutex_);
        if (migrated_) return connection;
    }
    CELLMON_TRY(migrate(*connection, migrations_, clock_));
    const std::lock_guard lock(mutex_);
    migrated_ = true;
    return connection;
}

void Database::give_back(std::unique_ptr<Connection> connection) {
    const bool usable = connection->usable();
    if (!usable) connection.reset();
    const std::lock_guard lock(mutex_);
    if (usable) {
        idle_.push_back(std::move(connection));
        trouble_.reset();
    } else {
        --open_;
        note_trouble({ErrorCode::unavailable, "the connection to the database broke"});
    }
    returned_.notify_one();
}

void Database::note_trouble(Error error) {
    trouble_ = std::move(error);
    // What comes back may be another database: an empty one, or one of an older program.
    migrated_ = false;
}

void Database::note_fault(const Error& error) const {
    switch (error.code) {
        case ErrorCode::io:
        case ErrorCode::corrupt:
        case ErrorCode::no_space:
            if (options_.on_fault) options_.on_fault(error);
            break;
        default:
            break;
    }
}

void Database::pause(unsigned attempt) {
    // Two that met are to come at different times to their next attempts.
    thread_local std::minstd_rand random(std::random_device{}());
    const unsigned most_ms = 4U << std::min(attempt, 6U);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<unsigned>(1, most_ms)(random)));
}

}  // namespace cellmon::sql
