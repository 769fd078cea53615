#include "harness/plan/site.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include "harness/audit/little_endian.hpp"
#include "harness/chaos/handles.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::plan {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kReadyPatience{60};
constexpr std::chrono::seconds kStopPatience{30};
constexpr std::uint64_t kSmallDiskBytes = 512ULL << 20U;

std::string url_of(std::uint16_t port) {
    return fmt::format("http://127.0.0.1:{}", port);
}

}  // namespace

Result<std::unique_ptr<Site>> Site::create(const SiteOptions& options) {
    std::unique_ptr<Site> site(new Site(options));
    if (options.target) {
        CELLMON_TRY(site->make_peer());
        return site;
    }
    if (!options.server.empty()) {
        CELLMON_TRY_ASSIGN(site->server_, Endpoint::parse(options.server));
        CELLMON_TRY(site->server_.authorize(options.token));
        return site;
    }
    if (options.with_stores) CELLMON_TRY(site->start_stores());
    CELLMON_TRY_ASSIGN(site->port_, free_port());
    CELLMON_TRY_ASSIGN(site->server_, Endpoint::parse(url_of(site->port_)));
    return site;
}

Site::~Site() {
    if (process_) static_cast<void>(process_->stop(SIGTERM, kStopPatience));
    // Children before what they live on.
    process_.reset();
    stores_.clear();
}

Result<void> Site::start_stores() {
    const auto add = [&](const std::string& given, auto make, const char* name) -> Result<void> {
        if (!given.empty()) return {};
        CELLMON_TRY_ASSIGN(auto store, make(options_.folder + "/" + name));
        CELLMON_TRY(store->start());
        stores_.push_back(std::move(store));
        return {};
    };
    CELLMON_TRY(add(options_.postgres, make_postgres, "postgresql"));
    CELLMON_TRY(add(options_.influx, make_influxdb, "influxdb"));
    return add(options_.redis, make_redis, "redis");
}

StoreServer* Site::store(std::string_view name) const {
    const auto found = std::find_if(stores_.begin(), stores_.end(),
                                    [&](const auto& one) { return one->name() == name; });
    return found == stores_.end() ? nullptr : found->get();
}

std::optional<report::Words> Site::lacks(const std::string& target) const {
    if (target == "server") {
        if (starts_server()) return std::nullopt;
        return report::Words{
            "サーバーは他者が起動したもので、この計画が障害を起こすことはできません",
            "the server was started by somebody else, and the plan may not hurt it"};
    }
    const std::string name = report::words_of(target).en;
    if (peer_) {
        return report::Words{
            fmt::format("対象の定義にあるのはサーバーだけで、{} はありません", name),
            fmt::format("a target profile describes a server alone, and no {}", target)};
    }
    if (!options_.with_stores) {
        return report::Words{
            fmt::format("このプロファイルに {} はありません。サーバーは SQLite に保存します", name),
            fmt::format("this profile has no {}: the server keeps its rows in SQLite", target)};
    }
    if (store(target) != nullptr && owns_server()) return std::nullopt;
    return report::Words{
        fmt::format("{} は他者が起動したもので、この計画が障害を起こすことはできません", name),
        fmt::format("{} was started by somebody else, and the plan may not hurt it", target)};
}

Result<void> Site::take_place() {
    for (const auto& store : stores_)
        CELLMON_TRY(store->make_place(place_));
    return {};
}

Result<void> Site::make_gates(const Needs& needs) {
    for (const std::string& target : needs.gates) {
        if (gates_.contains(target)) continue;
        Endpoint behind = server_;
        if (target != "server") {
            if (const auto why = lacks(target)) return fail(ErrorCode::unavailable, why->en);
            CELLMON_TRY_ASSIGN(behind, Endpoint::parse(url_of(store(target)->port())));
        }
        CELLMON_TRY_ASSIGN(auto gate, chaos::Gate::create(0, behind));
        if (target == "server") {
            CELLMON_TRY_ASSIGN(gate_, Endpoint::parse(url_of(gate->port())));
            gate_.prefix = server_.prefix;
            gate_.credentials = server_.credentials;
        }
        gates_.emplace(target, std::move(gate));
    }
    // A gate that no phase needs is not in the way.
    std::erase_if(gates_, [&](const auto& gate) { return !needs.gates.contains(gate.first); });
    return {};
}

Result<std::vector<std::string>> Site::environment_for(const Needs& needs) {
    std::vector<std::string> settings = needs.settings;
    if (peer_) settings = peer_->environment();
    for (const auto& store : stores_) {
        const auto gate = gates_.find(store->name());
        const auto told =
            store->settings(place_, gate == gates_.end() ? store->port() : gate->second->port());
        settings.insert(settings.end(), told.begin(), told.end());
    }
    const auto tell = [&](const char* name, const std::string& value) {
        if (!value.empty()) settings.push_back(fmt::format("{}={}", name, value));
    };
    if (options_.with_stores) {
        tell("CELLMON_POSTGRES_URL", options_.postgres);
        tell("CELLMON_REDIS_URL", options_.redis);
        if (!options_.influx.empty()) {
            tell("CELLMON_INFLUX_URL", options_.influx);
            tell("CELLMON_INFLUX_DATABASE", options_.influx_database);
            tell("CELLMON_INFLUX_USER", options_.influx_user);
            tell("CELLMON_INFLUX_PASSWORD", options_.influx_password);
        }
    }
    if (needs.clock) {
        CELLMON_TRY_ASSIGN(const auto more,
                           chaos::ClockHandle::environment_for(options_.folder + "/clock"));
        settings.insert(settings.end(), more.begin(), more.end());
    }
    if (needs.small_disk) {
        // Its reserve and its files are as small as the disk.
        settings.insert(settings.end(), {"CELLMON_JOURNAL_DISK_RESERVE_BYTES=32MiB",
                                         "CELLMON_JOURNAL_SEGMENT_BYTES=8MiB"});
    }
    return peer_ ? settings : chaos::environment_with(settings);
}

std::optional<report::Words> Site::cannot_give(const Needs& needs) const {
    std::set<std::string, std::less<>> parts = needs.gates;
    if (needs.clock || needs.small_disk || needs.own_place) parts.insert("server");
    if (needs.own_place && options_.with_stores) parts.insert("postgresql");
    for (const std::string& part : parts) {
        if (auto why = lacks(part)) return why;
    }
    if (needs.small_disk && peer_) {
        return report::Words{"対象の定義には、ディスクの使い方が書かれていません",
                             "a target profile says nothing of what needs a disk"};
    }
    if (needs.clock) {
        const auto given = chaos::ClockHandle::environment_for(options_.folder + "/clock");
        if (!given) {
            return report::Words{
                "このマシンではサーバーの時計を進められません：" + given.error().message,
                given.error().message};
        }
    }
    constexpr std::uint64_t kTry = 1U << 20U;
    if (needs.small_disk) {
        const auto given = chaos::SmallDisk::create(options_.folder + "/disk-try", kTry);
        if (!given) {
            return report::Words{
                "このマシンでは小さなディスクを用意できません：" + given.error().message,
                given.error().message};
        }
    }
    return std::nullopt;
}

Result<void> Site::prepare(const Needs& needs) {
    if (!starts_server()) return peer_ ? wait_until_ready() : Result<void>();
    if (needs_ && *needs_ == needs && process_->is_running()) return {};
    expect_away(true);
    const auto prepared = [&]() -> Result<void> {
        if (process_) CELLMON_TRY(process_->stop(SIGTERM, kStopPatience));
        process_.reset();
        disk_.reset();
        needs_.reset();
        place_ = needs.small_disk || needs.own_place ? ++places_ : 0;
        if (needs.small_disk) {
            CELLMON_TRY_ASSIGN(
                disk_, chaos::SmallDisk::create(fmt::format("{}/disk-{}", options_.folder, place_),
                                                kSmallDiskBytes));
        }
        CELLMON_TRY(take_place());
        CELLMON_TRY(make_gates(needs));
        CELLMON_TRY_ASSIGN(auto environment, environment_for(needs));
        CELLMON_TRY(start_server(std::move(environment)));
        needs_ = needs;
        return {};
    }();
    expect_away(false);
    return prepared;
}

chaos::ProcessSpec Site::server_process() const {
    if (peer_) return peer_->process();
    chaos::ProcessSpec spec;
    spec.name = "server";
    if (disk_) spec.command = disk_->enter();
    for (const std::string& word :
         {options_.program, std::string("serve"), std::string("--data"), data_path(),
          std::string("--listen"), fmt::format("127.0.0.1:{}", port_)}) {
        spec.command.push_back(word);
    }
    return spec;
}

Result<void> Site::start_server(std::vector<std::string> environment) {
    CELLMON_TRY(check_nobody_is_there());
    chaos::ProcessSpec spec = server_process();
    spec.environment = std::move(environment);
    spec.log = options_.folder + "/server.log";
    process_ = std::make_unique<chaos::Process>(std::move(spec));
    CELLMON_TRY(process_->start());
    return wait_until_ready();
}

Result<void> Site::wait_until_ready() {
    const auto has_ended = [&] { return process_ && !process_->is_running(); };
    Result<void> state;
    const auto patience =
        peer_ ? std::chrono::milliseconds(static_cast<std::int64_t>(peer_->profile().ready_s * 1e3))
              : std::chrono::milliseconds(kReadyPatience);
    const bool came = chaos::wait_until(
        [&] {
            if (has_ended()) return true;
            state = ask_ready({std::chrono::seconds(1), nullptr});
            return state.has_value();
        },
        starts_server() ? patience : std::chrono::milliseconds(0));
    if (came && !has_ended()) return {};
    const std::string why = state ? std::string("it has ended") : state.error().message;
    return fail(
        ErrorCode::unavailable,
        process_
            ? fmt::format("the server does not become ready, {}: {}", why, process_->log_tail())
            : fmt::format("the server at {} is not ready: {}", server_.authority, why));
}

const Endpoint& Site::clients_go_to() const {
    return gates_.contains("server") ? gate_ : server_;
}

std::string Site::data() const {
    if (!owns_server()) return {};
    return disk_ ? disk_->seen(data_path()) : data_path();
}

std::string Site::data_path() const {
    if (disk_) return fmt::format("{}/disk-{}/data", options_.folder, place_);
    return place_ == 0 ? options_.folder + "/server"
                       : fmt::format("{}/place-{}", options_.folder, place_);
}

std::string Site::journal() const {
    return owns_server() ? data() + "/journal" : std::string();
}

std::unique_ptr<RowStore> Site::postgres() const {
    if (auto* const ours = store("postgresql"); ours != nullptr) return ours->rows(place_);
    return options_.postgres.empty() ? nullptr : postgres_rows(options_.postgres);
}

monitor::InfluxAddress Site::influx_address() const {
    if (auto* const ours = store("influxdb"); ours != nullptr) {
        return *monitor::InfluxAddress::make(ours->url(place_), fmt::format("place_{}", place_),
                                             kStoreUser, ours->password(), "");
    }
    return monitor::InfluxAddress::make(options_.influx, options_.influx_database,
                                        options_.influx_user, options_.influx_password, "")
        .value_or(monitor::InfluxAddress{});
}

std::unique_ptr<RowStore> Site::influx() const {
    if (auto* const ours = store("influxdb"); ours != nullptr) return ours->rows(place_);
    return options_.influx.empty() ? nullptr : influx_rows(influx_address());
}

std::vector<std::unique_ptr<RowStore>> Site::rows() const {
    std::vector<std::unique_ptr<RowStore>> all;
    if (auto rows = postgres()) all.push_back(std::move(rows));
    if (all.empty() && owns_server()) {
        const std::string path = data() + "/relational.db";
        all.push_back(
            disk_ ? copied_sqlite_rows(path, fmt::format("{}/copy-{}", options_.folder, ++copies_))
                  : sqlite_rows(path));
    }
    if (auto rows = influx()) all.push_back(std::move(rows));
    if (auto* const ours = store("redis"); ours != nullptr) all.push_back(ours->rows(place_));
    return all;
}

std::unique_ptr<ClassroomRows> Site::classroom() const {
    if (auto* const ours = store("postgresql"); ours != nullptr)
        return postgres_classroom(ours->url(place_));
    if (!options_.postgres.empty()) return postgres_classroom(options_.postgres);
    return owns_server() ? sqlite_classroom(data() + "/classroom.db") : nullptr;
}

Result<std::uint64_t> Site::durable_sequence() const {
    if (owns_server()) {
        // docs/formats/journal.md: the first eight bytes; no file before the first group.
        std::error_code error;
        if (!fs::exists(journal() + "/durable", error)) return 0;
        std::ifstream file(journal() + "/durable", std::ios::binary);
        std::string bytes(8, '\0');
        if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
            return fail(ErrorCode::unavailable, "the journal says nothing of what is durable");
        return u64_at(bytes, 0);
    }
    if (peer_) return 0;  // Nobody knows how its events are numbered.
    CELLMON_TRY_ASSIGN(const Response answer, http_get(server_, "/api/v1/projections",
                                                       {std::chrono::seconds(5), nullptr}));
    simdjson::dom::parser parser;
    std::uint64_t sequence = 0;
    if (answer.status != 200 ||
        parser.parse(answer.body)["projections"].at(0)["durableSequence"].get(sequence) !=
            simdjson::SUCCESS) {
        return fail(ErrorCode::unavailable,
                    fmt::format("GET /api/v1/projections answered {}", answer.status));
    }
    return sequence;
}

monitor::Subject Site::subject() const {
    monitor::Subject subject;
    subject.generators.push_back(::getpid());
    if (peer_) {
        // What cannot be found stays named, or the figures would be those of this machine.
        subject.parts.push_back(peer_->watch().value_or(monitor::Watch{"server", 0, 0, {}}));
        return subject;
    }
    subject.server = server_;
    if (process_) subject.parts.push_back({"server", 0, port_, {}});
    if (auto* const ours = store("postgresql"); ours != nullptr) {
        subject.postgres = ours->url(place_);
    } else if (options_.with_stores) {
        subject.postgres = options_.postgres;
    }
    if (auto* const ours = store("redis"); ours != nullptr) {
        subject.redis = monitor::RedisAddress::parse(ours->url(place_)).value();
    } else if (options_.with_stores && !options_.redis.empty()) {
        if (auto address = monitor::RedisAddress::parse(options_.redis))
            subject.redis = std::move(*address);
    }
    if (store("influxdb") != nullptr || (options_.with_stores && !options_.influx.empty()))
        subject.influx = influx_address();
    return subject;
}

void Site::arm(chaos::Chaos& chaos) {
    if (process_) {
        chaos.add("server", std::make_unique<chaos::ProcessHandle>(
                                *process_, [this] { return wait_until_ready(); }));
        if (disk_) chaos.add("server", std::make_unique<chaos::DiskHandle>(data()));
        if (needs_ && needs_->clock)
            chaos.add("server", std::make_unique<chaos::ClockHandle>(options_.folder + "/clock"));
    }
    for (const auto& store : stores_) {
        chaos.add(std::string(store->name()),
                  std::make_unique<chaos::ProcessHandle>(
                      store->process(), [&store = *store] { return store.ready(); }));
    }
    for (const auto& [target, gate] : gates_)
        chaos.add(target, std::make_unique<chaos::GateHandle>(*gate));
}

std::string Site::output_of(const std::vector<std::string>& arguments) const {
    chaos::ProcessSpec spec;
    spec.name = "the program under test";
    spec.command = {options_.program};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    spec.environment = chaos::environment_with({});
    spec.log = options_.folder + "/program.log";
    std::error_code error;
    fs::remove(spec.log, error);
    chaos::Process process(std::move(spec));
    if (!process.start()) return {};
    chaos::wait_until([&] { return !process.is_running(); }, std::chrono::seconds(10));
    constexpr std::size_t kMost = 1U << 20U;
    return process.log_tail(kMost);
}

bool Site::program_has(const std::string& subcommand) const {
    if (!owns_server()) return false;
    // Not `SUBCOMMAND --help`, which is the help of the program where there is no such subcommand.
    return output_of({"--help"}).find(fmt::format("\n  {} ", subcommand)) != std::string::npos;
}

std::string Site::description() const {
    if (peer_) return peer_->profile().description();
    if (!owns_server()) return options_.server;
    std::string version = output_of({"--version"});
    version.erase(std::find(version.begin(), version.end(), '\n'), version.end());
    return version.empty() ? options_.program : version;
}

}  // namespace cellmon::harness::plan
