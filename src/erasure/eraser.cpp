#include "erasure/eraser.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "backup/erasure_list.hpp"
#include "backup/restore.hpp"
#include "classroom/erasure.hpp"
#include "delivery/delivery.hpp"
#include "erasure/journal_scan.hpp"
#include "erasure/person_key.hpp"
#include "erasure/places.hpp"
#include "journal/blanking.hpp"
#include "journal/identity.hpp"
#include "journal/removal.hpp"
#include "live/live_checkpoint.hpp"
#include "progress/progress_checkpoint.hpp"
#include "sinks/influxdb/erase_student.hpp"
#include "sinks/redis/erase_student.hpp"
#include "sinks/relational/erase_student.hpp"
#include "sinks/relational/rebuild.hpp"

namespace cellmon::erasure {
namespace {

constexpr std::array<Step, kSteps> kInOrder{Step::journal,   Step::folds,      Step::relational,
                                            Step::classroom, Step::timeseries, Step::redis};
constexpr std::uint64_t kMostCheckpointBytes = std::uint64_t{1} << 32U;

/// One request.
class Eraser {
  public:
    Eraser(const EraseParts& parts, Requests& requests, Request request)
        : parts_(parts), requests_(requests), request_(std::move(request)) {}

    /// A store that cannot be reached does not keep the others.
    Result<void> run() {
        Result<void> result;
        for (const Step step : kInOrder) {
            if (request_.done.contains(step)) continue;
            auto done = take(step);
            if (done) {
                request_.done.insert(step);
                CELLMON_TRY(requests_.store(request_));
                continue;
            }
            Error error{done.error().code,
                        fmt::format("{}: {}", name_of(step), done.error().message)};
            // Without the journal's step everything else would come back.
            if (step == Step::journal) return fail(std::move(error));
            if (result) result = fail(std::move(error));
        }
        return result;
    }

    [[nodiscard]] const Request& request() const { return request_; }

  private:
    Result<void> take(Step step) {
        tell(step, 0);
        switch (step) {
            case Step::journal:
                return erase_journal();
            case Step::folds:
                return erase_folds();
            case Step::relational:
                return erase_relational();
            case Step::classroom:
                return erase_classroom();
            case Step::timeseries:
                return erase_timeseries();
            case Step::redis:
                return erase_redis();
        }
        return {};
    }

    void tell(Step step, std::uint64_t sequence) const {
        if (parts_.progress) parts_.progress(step, sequence);
    }

    [[nodiscard]] std::string data(std::string_view name) const {
        return fmt::format("{}/{}", parts_.config.data_directory, name);
    }

    Result<void> erase_journal() {
        const std::string directory = journal_directory(parts_.config);
        const auto all = [] { return ~std::uint64_t{0}; };
        CELLMON_TRY_ASSIGN(const Found found,
                           find_in_journal(parts_.files, directory, all, request_.email,
                                           [this](std::uint64_t at) { tell(Step::journal, at); }));
        // Written down before anything is blanked: what is blank cannot be found again.
        request_.through = std::max(request_.through, found.through);
        request_.payloads = std::max(request_.payloads, found.payloads);
        request_.mentions = found.mentions;
        request_.days.insert(found.days.begin(), found.days.end());
        CELLMON_TRY(requests_.store(request_));
        if (found.ranges.empty() && request_.payloads == 0) return {};
        CELLMON_TRY_ASSIGN(auto redactions, journal::Redactions::read(parts_.files, directory));
        CELLMON_TRY(redactions.add(found.ranges, parts_.files, directory));
        CELLMON_TRY(journal::blank_payloads(parts_.files, directory));
        return {};
    }

    /// The checkpoints of delivery, live state and progress. One that cannot be read goes: then the
    /// journal is folded from its beginning.
    Result<void> erase_folds() {
        CELLMON_TRY(remove_halves());
        const std::string delivery = data("delivery.checkpoint");
        CELLMON_TRY(or_remove(delivery, delivery::Delivery::forget(parts_.files, delivery,
                                                                   request_.email, parts_.clock)));
        CELLMON_TRY(rewrite(data("live.checkpoint"), live::without_student));
        CELLMON_TRY(rewrite(data("progress.checkpoint"), progress::without_student));
        return parts_.files.sync_directory(parts_.config.data_directory);
    }

    /// What a process that ended was about to write.
    Result<void> remove_halves() {
        CELLMON_TRY_ASSIGN(const auto names, parts_.files.list(parts_.config.data_directory));
        for (const std::string& name : names)
            if (name.ends_with(".tmp")) CELLMON_TRY(parts_.files.remove(data(name)));
        return {};
    }

    using Without = Result<std::string> (*)(std::string_view checkpoint, std::string_view email);
    Result<void> rewrite(const std::string& path, Without without) {
        CELLMON_TRY_ASSIGN(const bool exists, parts_.files.exists(path));
        if (!exists) return {};
        CELLMON_TRY_ASSIGN(const std::string checkpoint,
                           io::read_file(parts_.files, path, kMostCheckpointBytes));
        const auto rest = without(checkpoint, request_.email);
        return or_remove(path, rest ? io::replace_file(parts_.files, path, *rest)
                                    : Result<void>(fail(rest.error())));
    }

    Result<void> or_remove(const std::string& path, const Result<void>& done) {
        if (!done && done.error().code == ErrorCode::corrupt) return parts_.files.remove(path);
        return done;
    }

    Result<journal::Redactions> redactions() {
        return journal::Redactions::read(parts_.files, journal_directory(parts_.config));
    }

    /// The first event whose content the journal has; 1 where there is no journal.
    Result<std::uint64_t> first_kept() {
        const std::string directory = journal_directory(parts_.config);
        CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(parts_.files, directory));
        if (!identity) return 1;
        return journal::first_kept(parts_.files, directory, identity->journal_id);
    }

    Result<void> erase_relational() {
        CELLMON_TRY_ASSIGN(const auto list, redactions());
        const auto store = relational_store(parts_.config, parts_.files);
        CELLMON_TRY_ASSIGN(const std::uint64_t kept, first_kept());
        CELLMON_TRY_ASSIGN(const auto erased,
                           relational::erase_student(*store, request_.email, list, kept));
        // Tables cannot be made anew from what retention has removed: an audit tells of the place.
        if (erased.dead_letters > 0 && kept == 1) {
            CELLMON_TRY_ASSIGN(const auto source, journal_source(parts_.config, parts_.files));
            relational::RebuildOptions options;
            options.accept_difference = true;
            CELLMON_TRY(relational::rebuild_relational(*store, *source, options,
                                                       [](std::uint64_t, std::uint64_t) {}));
        }
        return relational::sweep(*store);
    }

    Result<void> erase_classroom() {
        // A restore may just have brought rows of an older schema; the server comes later.
        CELLMON_TRY_ASSIGN(const auto connection,
                           current_classroom(parts_.config, parts_.files, parts_.clock));
        if (!connection) return {};
        CELLMON_TRY(connection->begin(sql::Access::write));
        auto erased = classroom::erase_student(*connection, request_.email);
        if (!erased) {
            connection->rollback();
            return fail(erased.error());
        }
        CELLMON_TRY(connection->commit());
        return classroom::sweep(*connection);
    }

    Result<void> erase_timeseries() {
        if (parts_.config.influx.url.empty()) return {};
        CELLMON_TRY_ASSIGN(const auto list, redactions());
        CELLMON_TRY_ASSIGN(const auto source, journal_source(parts_.config, parts_.files));
        return influxdb::erase_student(
            parts_.config.influx, parts_.files,
            {request_.email, list, request_.days, data("timeseries.state")}, *source);
    }

    Result<void> erase_redis() {
        if (parts_.config.redis.url.empty()) return {};
        CELLMON_TRY_ASSIGN(const auto identity,
                           journal::read_identity(parts_.files, journal_directory(parts_.config)));
        if (!identity) return {};
        return redis::forget_stream(parts_.config.redis, {identity->journal_id, identity->epoch});
    }

    const EraseParts& parts_;
    Requests& requests_;
    Request request_;
};

}  // namespace

Result<Outcome> erase_pending(const EraseParts& parts) {
    Outcome outcome;
    Requests requests(parts.files, parts.config.data_directory);
    CELLMON_TRY_ASSIGN(const auto pending, requests.pending());
    if (pending.empty()) return outcome;
    // Half a restore is to be finished, or cleared away, first.
    CELLMON_TRY(backup::check_finished(parts.files, parts.config.data_directory));
    const std::string directory = journal_directory(parts.config);
    CELLMON_TRY(parts.files.make_directories(directory));
    CELLMON_TRY_ASSIGN(const auto lock,
                       parts.files.lock(fmt::format("{}/{}", directory, journal::kLockFile)));
    CELLMON_TRY_ASSIGN(const PersonKey key,
                       PersonKey::open(parts.files, parts.config.data_directory, parts.random));
    for (const Request& request : pending) {
        Eraser eraser(parts, requests, request);
        const auto erased = eraser.run();
        if (erased) {
            CELLMON_TRY_ASSIGN(const auto identity, journal::read_identity(parts.files, directory));
            CELLMON_TRY(requests.finish(eraser.request(), identity ? identity->journal_id : Id128{},
                                        key.of(request.email), parts.clock.now_us()));
            CELLMON_TRY_ASSIGN(const auto tombstone, requests.find_done(request.id));
            if (tombstone) outcome.done.push_back(*tombstone);
            continue;
        }
        if (!eraser.request().done.contains(Step::journal)) return fail(erased.error());
        outcome.left.push_back(eraser.request());
        if (outcome.why.empty()) outcome.why = erased.error().message;
    }
    const std::string& backups = parts.config.backup.directory;
    if (outcome.done.empty() || backups.empty()) return outcome;
    const auto kept = backup::keep_erasures(parts.files, parts.config.data_directory, backups);
    if (!kept) outcome.not_kept = kept.error().message;
    return outcome;
}

bool can_go_on(const config::Config& config, io::FileSystem& files, const Request& request) {
    const auto is_left = [&](Step step) { return !request.done.contains(step); };
    if (is_left(Step::relational) && !relational_store(config, files)->exists()) return false;
    if (is_left(Step::classroom) && !classroom_connection(config, files)) return false;
    if (is_left(Step::timeseries) && !config.influx.url.empty() && !influxdb::look(config.influx)) {
        return false;
    }
    return !is_left(Step::redis) || config.redis.url.empty() || redis::look(config.redis);
}

}  // namespace cellmon::erasure
