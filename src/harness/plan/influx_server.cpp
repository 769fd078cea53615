#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "harness/plan/store_server.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::plan {
namespace {

constexpr const char* kInfluxProgram = "/usr/bin/influxd";
constexpr const char* kConfiguration = R"(reporting-enabled = false
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = true
  log-enabled = false
[monitor]
  store-enabled = false
[retention]
  enabled = false
[continuous_queries]
  enabled = false
)";

const Patience kInfluxPatience{std::chrono::seconds(5), nullptr};

class InfluxServer final : public StoreServer {
  public:
    InfluxServer(chaos::ProcessSpec spec, std::uint16_t port, std::string password)
        : StoreServer(std::move(spec), port, std::move(password)) {}

    ~InfluxServer() override {
        constexpr std::chrono::seconds kStop{5};
        static_cast<void>(process().stop(SIGTERM, kStop));
    }

    [[nodiscard]] std::string_view name() const override { return "influxdb"; }

    Result<void> ready() override {
        const auto endpoint = Endpoint::parse(base_url());
        if (!endpoint) return fail(endpoint.error());
        CELLMON_TRY(wait_for([&] {
            const auto answer = http_get(*endpoint, "/ping", {std::chrono::seconds(1), nullptr});
            return answer && answer->status == 204;
        }));
        // The first user of an empty server needs no login; later it is there.
        const auto made = http_send(
            *endpoint,
            fmt::format("/query?q=CREATE%20USER%20{}%20WITH%20PASSWORD%20%27{}%27%20WITH%20ALL%20"
                        "PRIVILEGES",
                        kStoreUser, password()),
            {}, kInfluxPatience);
        if (!made) return fail(made.error());
        return {};
    }

    Result<void> make_place(int) override { return {}; }  // The server under test makes it.

    [[nodiscard]] std::vector<std::string> settings(int place, std::uint16_t port) const override {
        return {fmt::format("CELLMON_INFLUX_URL=http://127.0.0.1:{}", port),
                fmt::format("CELLMON_INFLUX_DATABASE={}", database(place)),
                fmt::format("CELLMON_INFLUX_USER={}", kStoreUser),
                "CELLMON_INFLUX_PASSWORD=" + password()};
    }
    [[nodiscard]] std::unique_ptr<RowStore> rows(int place) const override {
        auto address =
            monitor::InfluxAddress::make(base_url(), database(place), kStoreUser, password(), "");
        // Of a numeric address on the loopback all of it is known to be good.
        return influx_rows(std::move(*address));
    }
    [[nodiscard]] std::string url(int) const override { return base_url(); }

    [[nodiscard]] static std::string database(int place) { return fmt::format("place_{}", place); }

  private:
    [[nodiscard]] std::string base_url() const {
        return fmt::format("http://127.0.0.1:{}", port());
    }
};

}  // namespace

Result<std::unique_ptr<StoreServer>> make_influxdb(const std::string& folder) {
    if (!std::filesystem::exists(kInfluxProgram)) {
        return fail(
            ErrorCode::unavailable,
            "InfluxDB is not installed: apt-get install influxdb, or name one with --influx");
    }
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", folder, error.message()));
    CELLMON_TRY_ASSIGN(const std::uint16_t port, free_port());
    CELLMON_TRY_ASSIGN(const std::uint16_t rpc, free_port());
    const std::string configuration = folder + "/influxdb.conf";
    std::ofstream(configuration) << fmt::format(fmt::runtime(kConfiguration), fmt::arg("rpc", rpc),
                                                fmt::arg("port", port),
                                                fmt::arg("data", folder + "/data"));
    chaos::ProcessSpec spec;
    spec.name = "influxdb";
    // As docs/guide/stores.md says.
    spec.environment = chaos::environment_with({"GOGC=400"});
    spec.log = folder + "/log";
    spec.command = {kInfluxProgram, "-config", configuration};
    return std::make_unique<InfluxServer>(std::move(spec), port, made_password());
}

}  // namespace cellmon::harness::plan
