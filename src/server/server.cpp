#include "server/server.hpp"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/client_sockets.hpp"
#include "api/dashboard_api.hpp"
#include "api/delivery_api.hpp"
#include "api/events_api.hpp"
#include "api/health_api.hpp"
#include "api/live_api.hpp"
#include "api/page_api.hpp"
#include "api/projections_api.hpp"
#include "api/worker.hpp"
#include "audit/schedule.hpp"
#include "backup/restore.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/delivery.hpp"
#include "http/server.hpp"
#include "ingest/ingest.hpp"
#include "io/file_system.hpp"
#include "journal/journal.hpp"
#include "live/instructor_actions.hpp"
#include "live/live_service.hpp"
#include "live/picture_listeners.hpp"
#include "live/server_entries.hpp"
#include "push/hub.hpp"
#include "server/audits.hpp"
#include "server/backups.hpp"
#include "server/checkpointer.hpp"
#include "server/classroom.hpp"
#include "server/dashboard.hpp"
#include "server/erasures.hpp"
#include "server/listening.hpp"
#include "server/live.hpp"
#include "server/progress.hpp"
#include "server/redis.hpp"
#include "server/relational.hpp"
#include "server/retention.hpp"
#include "server/server_metrics.hpp"
#include "server/source.hpp"
#include "server/status_ticker.hpp"
#include "server/stored_watch.hpp"
#include "server/student_work.hpp"
#include "server/timeseries.hpp"
#include "telemetry/process_metrics.hpp"

namespace cellmon::server {
namespace {

delivery::DeliveryLimits delivery_limits(const config::Config& config) {
    delivery::DeliveryLimits limits;
    limits.gap_grace_us = std::chrono::microseconds(config.stream_gap_grace).count();
    return limits;
}

}  // namespace

class Server::Impl {
  public:
    Impl(config::Config config, telemetry::Log& log, std::function<void()> begin_anew)
        : config_(std::move(config)),
          log_(log),
          begin_anew_(std::move(begin_anew)),
          files_(io::make_posix_file_system()),
          delivery_(delivery_limits(config_), clock_),
          threads_(config_.io_threads),
          ingest_(config_.decode, config_.bulk_events,
                  {threads_, delivery_, clock_, random_, config_.privacy}),
          entries_(ingest_, clock_, random_),
          actions_(entries_, clock_),
          clients_(config_.live_queue.bytes, threads_, clock_) {}

    ~Impl() {
        erasures_.reset();
        // The listener first: whoever is still waiting for an answer gets one from the journal
        // before it closes.
        if (classroom_) classroom_->end_sessions();
        if (http_) http_->stop();
        if (classroom_) classroom_->stop();
        status_ticker_.reset();
        stored_watch_.reset();
        audit_schedule_.reset();
        backups_.reset();
        retention_.reset();
        for (const auto& projection : projections_)
            projection->request_stop();
        projections_.clear();
        if (progress_) progress_->stop();
        if (live_) live_->stop();
        worker_.reset();
        journal_.reset();
        dashboard_.reset();
        live_checkpointer_.reset();
        checkpointer_.reset();
        live_.reset();
        threads_.stop();
        threads_.join();
        http_.reset();
    }

    Result<void> start() {
        CELLMON_TRY(check_listen_address(config_));
        CELLMON_TRY(files_->make_directories(config_.data_directory));
        CELLMON_TRY(backup::check_finished(*files_, config_.data_directory));
        CELLMON_TRY(erase());
        CELLMON_TRY(open_classroom());
        CELLMON_TRY(open_journal());
        CELLMON_TRY(open_live());
        CELLMON_TRY(open_progress());
        CELLMON_TRY(open_projections());
        CELLMON_TRY(start_status());
        CELLMON_TRY(start_audits());
        CELLMON_TRY_ASSIGN(backups_,
                           make_backups(config_, *journal_, {*files_, clock_, random_, log_}));
        retention_ = make_retention(config_, *files_, clock_, log_, [this] { return folded(); });
        add_routes();
        add_metrics();
        wait_for_rows();
        CELLMON_TRY(listen());
        if (begin_anew_) {
            erasures_ = std::make_unique<ErasureWatch>(config_, *files_, log_, begin_anew_);
        }
        return {};
    }

    /// Empty until it listens. Any thread.
    [[nodiscard]] std::string url() const {
        const std::uint16_t port = port_;
        return port == 0 ? std::string() : url_of(config_.listen.host, port);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    void on_failure(std::function<void(const std::string&)> callback) {
        const std::lock_guard lock(failure_mutex_);
        on_failure_ = std::move(callback);
        if (!failure_.empty()) on_failure_(failure_);
    }

  private:
    [[nodiscard]] Error said_of_lock(Error error) const {
        if (error.code != ErrorCode::locked) return error;
        error.message = fmt::format(
            "{} is in use by another cellmon server; stop that one or "
            "choose another directory with --data",
            config_.data_directory);
        return error;
    }

    Result<void> erase() {
        auto erased = erase_before_start(config_, *files_, clock_, random_, log_);
        return erased ? erased : fail(said_of_lock(std::move(erased).error()));
    }

    Result<void> open_classroom() {
        CELLMON_TRY_ASSIGN(classroom_,
                           Classroom::open(config_, {*files_, clock_, random_, threads_, log_}));
        return {};
    }

    Result<void> open_journal() {
        const std::int64_t began_us = clock_.steady_us();
        journal::JournalLimits limits = config_.journal;
        if (config_.retention.payload_days > 0) limits.segment_age_us = retention::kSegmentAge_us;
        auto journal = journal::Journal::open(
            config_.data_directory + "/journal", limits,
            {*files_, clock_, random_, entries_, [this](const std::string& why) { failed(why); }});
        if (!journal) {
            return fail(said_of_lock(std::move(journal).error()));
        }
        journal_ = std::move(*journal);
        if (journal_->dropped_bytes() > 0) {
            log_.warn("recovery dropped {} bytes of a record that was never acknowledged",
                      journal_->dropped_bytes());
        }
        const std::string checkpoint = config_.data_directory + "/delivery.checkpoint";
        CELLMON_TRY_ASSIGN(auto reader, journal::Reader::open(*files_, journal_->directory(),
                                                              journal_->visible_through()));
        CELLMON_TRY_ASSIGN(const std::uint64_t uncounted,
                           delivery_.restore(*files_, checkpoint, reader));
        if (uncounted > 0) {
            log_.error(
                "{} is missing or of another history, and the content of {} events was removed "
                "(retention): their numbers count as never received",
                checkpoint, uncounted);
        }
        journal_->set_observer(&delivery_);
        ingest_.connect(*journal_, classroom_->consents());
        entries_.connect(*journal_);
        checkpointer_ = std::make_unique<Checkpointer>(checkpointed(delivery_), *files_, checkpoint,
                                                       config_.checkpoint_interval, log_);
        log_.info("journal {} epoch {}: {} events durable, opened in {} ms",
                  journal_->journal_id().to_string(), journal_->epoch(),
                  journal_->durable_sequence(), (clock_.steady_us() - began_us) / 1'000);
        return {};
    }

    Result<void> open_live() {
        const std::string checkpoint = config_.data_directory + "/live.checkpoint";
        CELLMON_TRY_ASSIGN(auto source, open_source(*journal_, *files_));
        CELLMON_TRY_ASSIGN(
            live_, make_live_service(config_, classroom_->settings(), std::move(source), checkpoint,
                                     {*files_, clock_, log_}));
        actions_.connect(*live_);
        live_checkpointer_ = std::make_unique<Checkpointer>(
            checkpointed(*live_), *files_, checkpoint, config_.checkpoint_interval, log_);
        dashboard_ =
            std::make_unique<Dashboard>(config_, *live_, &actions_, threads_, *files_, clock_);
        dashboard_->listen(picture_listeners_);
        classroom_->listen(picture_listeners_, live_->picture());
        hub_ = make_hub(config_, *live_, threads_);
        picture_listeners_.add(*hub_);
        live_->start(&picture_listeners_);
        return {};
    }

    Result<void> open_progress() {
        CELLMON_TRY_ASSIGN(auto source, open_source(*journal_, *files_));
        CELLMON_TRY_ASSIGN(progress_, Progress::open(config_, std::move(source),
                                                     {*files_, clock_, random_, log_, threads_,
                                                      ingest_, entries_, *live_}));
        return {};
    }

    Result<void> open_projections() {
        CELLMON_TRY_ASSIGN(auto relational,
                           make_relational_projection(config_, *journal_, *files_, clock_, log_));
        projections_.push_back(std::move(relational));
        if (!config_.influx.url.empty()) {
            influxdb_ = std::make_shared<influxdb::Counters>();
            CELLMON_TRY(note_kept_points(config_, *files_, clock_));
            CELLMON_TRY_ASSIGN(
                auto timeseries,
                make_timeseries_projection(config_, *journal_, *files_, clock_, log_, influxdb_));
            projections_.push_back(std::move(timeseries));
        }
        if (!config_.redis.url.empty()) {
            CELLMON_TRY_ASSIGN(
                auto redis,
                make_redis_projection(config_, {*journal_, *live_, status_board_,
                                                [this] { return url(); }, *files_, clock_, log_}));
            projections_.push_back(std::move(redis));
        }
        return {};
    }

    Result<void> start_status() {
        CELLMON_TRY_ASSIGN(auto check, make_stored_check(config_, *journal_, *files_));
        stored_watch_ = std::make_unique<StoredWatch>(std::move(check), log_);
        status_ticker_ = std::make_unique<StatusTicker>(
            StatusTicker::Dependencies{delivery_, [this] { return projection_statuses(); },
                                       *stored_watch_, *hub_, status_board_});
        return {};
    }

    Result<void> start_audits() {
        CELLMON_TRY_ASSIGN(auto audits, make_audits(config_, *journal_, *files_));
        audit_schedule_ =
            std::make_unique<audit::Schedule>(std::move(audits), config_.audit, clock_, log_);
        return {};
    }

    [[nodiscard]] std::vector<projection::ProjectionStatus> projection_statuses() const {
        std::vector<projection::ProjectionStatus> statuses;
        statuses.reserve(projections_.size());
        for (const auto& projection : projections_)
            statuses.push_back(projection->status());
        return statuses;
    }

    /// Whoever makes something of the journal, and how far they are behind a crash, too.
    [[nodiscard]] std::vector<retention::FoldedThrough> folded() const {
        std::vector<retention::FoldedThrough> all{
            {"the checkpoint of deliveries", checkpointer_->written_sequence()},
            {"the checkpoint of the live state", live_checkpointer_->written_sequence()},
            {"the checkpoint of the progress", progress_->checkpointed_sequence()}};
        for (const auto& status : projection_statuses())
            all.push_back(folded_through(status));
        return all;
    }

    void add_routes() {
        const auto statuses = [this] { return projection_statuses(); };
        worker_ = std::make_unique<api::Worker>();
        classroom_->guard(router_);
        classroom_->add_routes(router_, dashboard_->history());
        api::add_events_routes(router_,
                               {ingest_, *journal_, *files_, *worker_, classroom_->sights()});
        api::add_delivery_routes(router_, delivery_, classroom_->sights());
        api::add_live_routes(router_, *hub_, classroom_->sights());
        classroom_->on_sights_changed([this] { hub_->sights_changed(); });
        api::add_projections_routes(router_, statuses,
                                    [this] { return audit_schedule_->statuses(); });
        dashboard_->add_routes(router_, classroom_->sights());
        student_work_ = std::make_unique<StudentWork>(
            config_, StudentWork::Dependencies{classroom_->row_parts(), dashboard_->history(),
                                               ingest_, threads_, random_});
        student_work_->add_routes(router_, classroom_->sights());
        progress_->add_routes(router_, classroom_->sights());
        router_.add_upgrade("/api/v1/ws/{client_id}", [this](const http::Request& request) {
            return clients_.accept(request);
        });
        classroom_->stop_first([this] { student_work_->stop(); });
        api::add_health_routes(
            router_,
            {api::journal_foundation(*journal_), statuses, classroom_->health(), backup_health(),
             [this] {
                 return api::SocketCounts{hub_->clients(), dashboard_->connections(),
                                          classroom_->connections(), progress_->connections(),
                                          clients_.connections()};
             },
             clock_});
        api::add_page_routes(router_);
        add_metrics_route(router_, metrics_);
    }

    [[nodiscard]] std::function<api::BackupHealth()> backup_health() const {
        if (!backups_) return {};
        return [this]() -> api::BackupHealth {
            if (auto trouble = backups_->trouble()) return {false, std::move(*trouble)};
            return {true, backups_->summary()};
        };
    }

    void add_metrics() {
        metrics_.add([this] { return ingest_.metrics(); });
        metrics_.add([this] { return classroom_->metrics(); });
        metrics_.add([this] { return journal_metrics(journal_->status()); });
        metrics_.add([this] { return live_->metrics(); });
        metrics_.add([this] { return hub_->metrics(); });
        metrics_.add([this] { return progress_->metrics(); });
        metrics_.add([this] { return projection_metrics(projection_statuses()); });
        metrics_.add([this] { return audit_schedule_->metrics(); });
        if (backups_) metrics_.add([this] { return backups_->metrics(); });
        if (retention_) metrics_.add([this] { return retention_->metrics(); });
        if (influxdb_) metrics_.add([this] { return timeseries_metrics(*influxdb_); });
        metrics_.add([this] { return http_->metrics(); });
        metrics_.add([] { return telemetry::process_metrics(); });
    }

    /// So that nobody who comes at once finds rows that cannot be read yet. One that is away, or
    /// slow, keeps nobody waiting for long.
    void wait_for_rows() const {
        const bool is_away = classroom_->health().trouble().has_value();
        if (!is_away) projections_.front()->wait_opened(config_.classroom.timeout);
    }

    Result<void> listen() {
        http_ = std::make_unique<http::Server>(
            config_.http, cors_policy(config_),
            http::Server::Dependencies{threads_, router_, clock_, log_});
        CELLMON_TRY_ASSIGN(port_, listen_on(*http_, config_.listen));
        threads_.start();
        return {};
    }

    void failed(const std::string& why) {
        log_.error("the journal cannot go on: {}. The server stops; what was acknowledged is safe",
                   why);
        const std::lock_guard lock(failure_mutex_);
        failure_ = why;
        if (on_failure_) on_failure_(why);
    }

    config::Config config_;
    telemetry::Log& log_;
    const std::function<void()> begin_anew_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<io::FileSystem> files_;
    delivery::Delivery delivery_;
    http::IoThreads threads_;
    ingest::Ingest ingest_;
    live::ServerEntries entries_;
    live::InstructorActions actions_;
    api::ClientSockets clients_;
    std::unique_ptr<Classroom> classroom_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<Checkpointer> checkpointer_;
    live::PictureListeners picture_listeners_;
    std::unique_ptr<live::LiveService> live_;
    std::unique_ptr<Checkpointer> live_checkpointer_;
    std::unique_ptr<Progress> progress_;
    std::unique_ptr<Dashboard> dashboard_;
    std::unique_ptr<push::Hub> hub_;
    std::vector<std::unique_ptr<projection::ProjectionRunner>> projections_;
    std::shared_ptr<influxdb::Counters> influxdb_;
    StatusBoard status_board_;
    std::unique_ptr<StoredWatch> stored_watch_;
    std::unique_ptr<StatusTicker> status_ticker_;
    std::unique_ptr<audit::Schedule> audit_schedule_;
    std::unique_ptr<backup::Schedule> backups_;       ///< Null: it makes none.
    std::unique_ptr<retention::Schedule> retention_;  ///< Null: all is kept for ever.
    std::unique_ptr<api::Worker> worker_;
    std::unique_ptr<StudentWork> student_work_;
    http::Router router_;
    telemetry::Metrics metrics_;
    std::unique_ptr<http::Server> http_;
    std::unique_ptr<ErasureWatch> erasures_;
    std::atomic<std::uint16_t> port_ = 0;  ///< 0 until it listens.

    std::mutex failure_mutex_;
    std::string failure_;
    std::function<void(const std::string&)> on_failure_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const config::Config& config, telemetry::Log& log,
                                              std::function<void()> begin_anew) {
    auto impl = std::make_unique<Impl>(config, log, std::move(begin_anew));
    CELLMON_TRY(impl->start());
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
    return impl_->port();
}
std::string Server::url() const {
    return impl_->url();
}
void Server::on_failure(std::function<void(const std::string&)> callback) {
    impl_->on_failure(std::move(callback));
}

}  // namespace cellmon::server
