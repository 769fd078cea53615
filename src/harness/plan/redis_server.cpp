#include <filesystem>

#include <fmt/format.h>

#include "harness/plan/store_server.hpp"
#include "harness/wire/stream.hpp"

namespace cellmon::harness::plan {
namespace {

const char* const kRedisProgram = "redis-server";
constexpr int kDatabases = 64;
/// More than a plan sends, so that the stream holds all of it.
constexpr std::uint64_t kStreamEvents = 20'000'000;

class RedisServer final : public StoreServer {
  public:
    RedisServer(chaos::ProcessSpec spec, std::uint16_t port, std::string password)
        : StoreServer(std::move(spec), port, std::move(password)) {}

    ~RedisServer() override {
        constexpr std::chrono::seconds kStop{5};
        static_cast<void>(process().stop(SIGTERM, kStop));
    }

    [[nodiscard]] std::string_view name() const override { return "redis"; }

    Result<void> ready() override {
        const auto endpoint = Endpoint::parse(fmt::format("http://127.0.0.1:{}", port()));
        if (!endpoint) return fail(endpoint.error());
        return wait_for([&] { return answers(*endpoint); });
    }

    Result<void> make_place(int) override { return {}; }

    [[nodiscard]] std::vector<std::string> settings(int place, std::uint16_t port) const override {
        return {"CELLMON_REDIS_URL=" + at(place, port),
                fmt::format("CELLMON_REDIS_STREAM_EVENTS={}", kStreamEvents)};
    }
    [[nodiscard]] std::unique_ptr<RowStore> rows(int place) const override {
        auto address = monitor::RedisAddress::parse(at(place, port()));
        return redis_rows(std::move(*address), place);
    }
    [[nodiscard]] std::string url(int place) const override { return at(place, port()); }

  private:
    [[nodiscard]] std::string at(int place, std::uint16_t port) const {
        return fmt::format("redis://:{}@127.0.0.1:{}/{}", password(), port, place);
    }

    /// It reads what it had written before it says PONG.
    [[nodiscard]] bool answers(const Endpoint& endpoint) const {
        const Patience patience{std::chrono::seconds(1), nullptr};
        auto stream = Stream::connect(endpoint, patience);
        if (!stream) return false;
        const std::string words = fmt::format(
            "*2\r\n$4\r\nAUTH\r\n${}\r\n{}\r\n*1\r\n$4\r\nPING\r\n", password().size(), password());
        if (!stream->send(words, patience)) return false;
        std::string said;
        while (said.find("PONG") == std::string::npos) {
            const auto more = stream->receive(patience);
            if (!more || more->empty() || more->starts_with('-')) return false;
            said += *more;
            if (said.find("LOADING") != std::string::npos) return false;
        }
        return true;
    }
};

}  // namespace

Result<std::unique_ptr<StoreServer>> make_redis(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder + "/data", error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", folder, error.message()));
    CELLMON_TRY_ASSIGN(const std::uint16_t port, free_port());
    const std::string password = made_password();
    chaos::ProcessSpec spec;
    spec.name = "redis";
    spec.environment = chaos::environment_with({});
    spec.log = folder + "/log";
    spec.command = {kRedisProgram, "-"};
    // The password goes by its input: others can read a command line.
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string>>{
             {"bind", "127.0.0.1"},
             {"port", std::to_string(port)},
             {"dir", folder + "/data"},
             {"requirepass", password},
             {"databases", std::to_string(kDatabases)},
             {"save", "\"\""},
             {"appendonly", "yes"},
             {"appendfsync", "everysec"},
             {"loglevel", "warning"}}) {
        spec.input += fmt::format("{} {}\n", name, value);
    }
    return std::make_unique<RedisServer>(std::move(spec), port, password);
}

}  // namespace cellmon::harness::plan
