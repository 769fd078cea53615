#include "server/follower.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/health_api.hpp"
#include "api/live_api.hpp"
#include "api/page_api.hpp"
#include "api/projections_api.hpp"
#include "base/random.hpp"
#include "http/server.hpp"
#include "io/file_system.hpp"
#include "live/live_service.hpp"
#include "live/picture_listeners.hpp"
#include "push/hub.hpp"
#include "server/checkpointer.hpp"
#include "server/classroom.hpp"
#include "server/dashboard.hpp"
#include "server/follower_status.hpp"
#include "server/listening.hpp"
#include "server/live.hpp"
#include "server/server_metrics.hpp"
#include "sinks/redis/stream_source.hpp"
#include "telemetry/process_metrics.hpp"

namespace cellmon::server {
namespace {

/// At the start only: a Redis that says nothing is waited for no longer.
constexpr std::chrono::milliseconds kFirstLook{2'000};
constexpr unsigned kRetryAfter_s = 5;

redis::RedisOptions redis_options(const config::Config& config) {
    redis::RedisOptions options = config.redis;
    options.url = config.follow;
    return options;
}

Result<void> check(const config::Config& config) {
    CELLMON_TRY(redis::parse_url(config.follow));
    if (!config.redis.url.empty()) {
        return fail(ErrorCode::invalid,
                    "redis.url and redis.follow: a server that follows writes no stream of its "
                    "own; leave one of them out");
    }
    const bool asks_the_same_database = !config.classroom.postgres_url.empty();
    if (config.auth.mode == auth::Mode::required &&
        (!asks_the_same_database || config.auth.secret.empty())) {
        return fail(ErrorCode::invalid,
                    "redis.follow with auth.mode = required: who may look is in the database of "
                    "the server that leads, so postgres.url and auth.secret must be that server's");
    }
    return check_listen_address(config);
}

}  // namespace

class Follower::Impl {
  public:
    Impl(config::Config config, telemetry::Log& log, std::function<void()> outdated)
        : config_(std::move(config)),
          log_(log),
          outdated_(std::move(outdated)),
          files_(io::make_posix_file_system()),
          threads_(config_.io_threads) {}

    ~Impl() {
        if (http_) http_->stop();
        if (classroom_) classroom_->stop();
        status_.reset();
        if (live_) live_->stop();
        dashboard_.reset();
        checkpointer_.reset();
        live_.reset();
        threads_.stop();
        threads_.join();
        http_.reset();
    }

    Result<void> start() {
        CELLMON_TRY(check(config_));
        CELLMON_TRY(files_->make_directories(config_.data_directory));
        CELLMON_TRY_ASSIGN(classroom_,
                           Classroom::open(config_, {*files_, clock_, random_, threads_, log_}));
        CELLMON_TRY(open_live());
        add_routes();
        add_metrics();
        http_ = std::make_unique<http::Server>(
            config_.http, cors_policy(config_),
            http::Server::Dependencies{threads_, router_, clock_, log_});
        CELLMON_TRY_ASSIGN(port_, listen_on(*http_, config_.listen));
        threads_.start();
        source_->start();
        return {};
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const { return url_of(config_.listen.host, port_); }

  private:
    Result<void> open_live() {
        const std::string checkpoint = config_.data_directory + "/follower.checkpoint";
        take_newest_picture(checkpoint);
        auto source =
            std::make_unique<redis::StreamSource>(redis_options(config_), clock_, outdated_);
        source_ = source.get();
        CELLMON_TRY_ASSIGN(
            live_, make_live_service(config_, classroom_->settings(), std::move(source), checkpoint,
                                     {*files_, clock_, log_}));
        checkpointer_ = std::make_unique<Checkpointer>(checkpointed(*live_), *files_, checkpoint,
                                                       config_.checkpoint_interval, log_);
        dashboard_ =
            std::make_unique<Dashboard>(config_, *live_, nullptr, threads_, *files_, clock_);
        dashboard_->listen(listeners_);
        hub_ = make_hub(config_, *live_, threads_);
        listeners_.add(*hub_);
        status_ = std::make_unique<FollowerStatus>(*source_, *hub_, log_);
        live_->start(&listeners_);
        return {};
    }

    /// Puts the leader's checkpoint where the live state looks for one. Without it, it finds its
    /// own of before, or none.
    void take_newest_picture(const std::string& path) {
        redis::RedisOptions options = redis_options(config_);
        options.timeout = std::min(options.timeout, kFirstLook);
        const auto start = redis::fetch_start(options);
        if (!start) {
            log_.warn("there is no picture of the class in Redis yet: {}", start.error().message);
            return;
        }
        if (const auto written = io::replace_file(*files_, path, start->checkpoint); !written) {
            log_.warn("the picture of the class cannot be kept: {}", written.error().message);
            return;
        }
        log_.info("following {} from sequence {} of journal {} epoch {} on", start->leader.url,
                  start->cursor.sequence, start->cursor.journal_id.to_string(),
                  start->cursor.epoch);
    }

    void add_routes() {
        // Before the guard: nobody needs a token to learn that he is in the wrong place. Never 4xx:
        // clients would throw their events away.
        using http::Method;
        for (const Method method :
             {Method::get, Method::post, Method::put, Method::patch, Method::delete_}) {
            router_.add(method, "/api/{path...}",
                        [this](http::Request&&, http::Responder responder) {
                            responder.send(elsewhere());
                        });
        }
        const auto statuses = [this] {
            return std::vector<projection::ProjectionStatus>{source_->status()};
        };
        classroom_->guard(router_);
        classroom_->add_login_routes(router_, dashboard_->history());
        api::add_live_routes(router_, *hub_, classroom_->sights());
        classroom_->on_sights_changed([this] { hub_->sights_changed(); });
        api::add_projections_routes(router_, statuses,
                                    [] { return std::vector<audit::AuditStatus>{}; });
        dashboard_->add_routes(router_, classroom_->sights());
        api::add_health_routes(router_, {{"leader", [this] { return foundation(); }},
                                         statuses,
                                         classroom_->health(),
                                         {},
                                         [this] {
                                             return api::SocketCounts{hub_->clients(),
                                                                      dashboard_->connections(), 0,
                                                                      0, 0};
                                         },
                                         clock_});
        api::add_page_routes(router_);
        add_metrics_route(router_, metrics_);
    }

    void add_metrics() {
        metrics_.add([this] { return live_->metrics(); });
        metrics_.add([this] { return hub_->metrics(); });
        metrics_.add([this] { return projection_metrics({source_->status()}); });
        metrics_.add([this] { return http_->metrics(); });
        metrics_.add([] { return telemetry::process_metrics(); });
    }

    [[nodiscard]] http::Response elsewhere() const {
        const redis::Leader leader = source_->leader();
        return http::unavailable_response(
            leader.url.empty()
                ? std::string("this server only shows the class and takes nothing; the one that "
                              "it follows is not known yet")
                : fmt::format("this server only shows the class and takes nothing; ask the one "
                              "that it follows: {} on {}",
                              leader.url, leader.host),
            kRetryAfter_s);
    }

    [[nodiscard]] api::FoundationState foundation() const {
        const redis::Leader leader = source_->leader();
        const live::PicturePtr picture = live_->picture();
        if (picture->epoch == 0) {
            return {false, "there is no picture of a class yet: " + source_->status().last_error};
        }
        return {true, fmt::format("the class as of sequence {}, from {}", picture->sequence,
                                  leader.url.empty() ? "an earlier run" : leader.url)};
    }

    config::Config config_;
    telemetry::Log& log_;
    const std::function<void()> outdated_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<io::FileSystem> files_;
    http::IoThreads threads_;
    std::unique_ptr<Classroom> classroom_;
    live::PictureListeners listeners_;
    std::unique_ptr<live::LiveService> live_;
    redis::StreamSource* source_ = nullptr;  ///< Of the live state.
    std::unique_ptr<Checkpointer> checkpointer_;
    std::unique_ptr<Dashboard> dashboard_;
    std::unique_ptr<push::Hub> hub_;
    std::unique_ptr<FollowerStatus> status_;
    http::Router router_;
    telemetry::Metrics metrics_;
    std::unique_ptr<http::Server> http_;
    std::uint16_t port_ = 0;
};

Follower::Follower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Follower::~Follower() = default;

Result<std::unique_ptr<Follower>> Follower::start(const config::Config& config, telemetry::Log& log,
                                                  std::function<void()> outdated) {
    auto impl = std::make_unique<Impl>(config, log, std::move(outdated));
    CELLMON_TRY(impl->start());
    return std::unique_ptr<Follower>(new Follower(std::move(impl)));
}

std::uint16_t Follower::port() const {
    return impl_->port();
}
std::string Follower::url() const {
    return impl_->url();
}

}  // namespace cellmon::server
