#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/plan/postgres_link.hpp"
#include "harness/plan/store_server.hpp"

namespace cellmon::harness::plan {
namespace {

namespace fs = std::filesystem;

/// The user that Debian's package made; PostgreSQL refuses to run as root.
constexpr const char* kUser = "postgres";

/// The newest installed version; Debian keeps the server's programs out of PATH.
Result<std::string> programs() {
    const fs::path folder = "/usr/lib/postgresql";
    std::error_code error;
    int newest = 0;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename();
        int version = 0;
        std::from_chars(name.data(), name.data() + name.size(), version);
        if (version > newest && fs::exists(entry.path() / "bin/postgres")) newest = version;
    }
    if (newest == 0) {
        return fail(ErrorCode::unavailable,
                    "PostgreSQL is not installed: apt-get install postgresql, or name one with "
                    "--postgres");
    }
    return (folder / std::to_string(newest) / "bin").string();
}

Result<void> run_to_end(chaos::ProcessSpec spec) {
    // On a machine that is busy it takes its time.
    constexpr std::chrono::seconds kStopPatience{180};
    chaos::Process process(std::move(spec));
    CELLMON_TRY(process.start());
    const bool ended = chaos::wait_until([&] { return !process.is_running(); }, kStopPatience);
    if (ended && WIFEXITED(process.last_status()) && WEXITSTATUS(process.last_status()) == 0)
        return {};
    return fail(ErrorCode::unavailable,
                fmt::format("{}: {}", process.spec().name, process.log_tail()));
}

class PostgresServer final : public StoreServer {
  public:
    PostgresServer(chaos::ProcessSpec spec, std::uint16_t port, std::string password,
                   std::string data)
        : StoreServer(std::move(spec), port, std::move(password)), data_(std::move(data)) {}

    ~PostgresServer() override {
        // It ends all at once, and leaves nothing behind in the machine.
        constexpr std::chrono::seconds kStopPatience{10};
        static_cast<void>(process().stop(SIGQUIT, kStopPatience));
        forget_shared_memory();
    }

    [[nodiscard]] std::string_view name() const override { return "postgresql"; }

    Result<void> ready() override {
        PostgresLink link(place(-1, port()));
        return wait_for([&] {
            return link
                .query("SELECT 1", [](const PGresult*, int) {}, {std::chrono::seconds(1), nullptr})
                .has_value();
        });
    }

    Result<void> make_place(int number) override {
        PostgresLink link(place(-1, port()));
        return link.query(fmt::format("CREATE SCHEMA IF NOT EXISTS place_{}", number),
                          [](const PGresult*, int) {}, {std::chrono::seconds(10), nullptr});
    }

    [[nodiscard]] std::vector<std::string> settings(int number, std::uint16_t port) const override {
        return {"CELLMON_POSTGRES_URL=" + place(number, port)};
    }
    [[nodiscard]] std::unique_ptr<RowStore> rows(int number) const override {
        return postgres_rows(place(number, port()));
    }
    [[nodiscard]] std::string url(int number) const override { return place(number, port()); }

  private:
    [[nodiscard]] std::string place(int number, std::uint16_t port) const {
        return fmt::format(
            "postgresql://{}:{}@127.0.0.1:{}/postgres{}", kStoreUser, password(), port,
            number < 0 ? "" : fmt::format("?options=-csearch_path%3Dplace_{}", number));
    }

    /// What marks its data as in use stays in the machine when all of its processes were killed.
    void forget_shared_memory() const {
        std::ifstream file(data_ + "/postmaster.pid");
        std::string line;
        constexpr int kLine = 7;
        for (int i = 0; i < kLine; ++i) {
            if (!std::getline(file, line)) return;
        }
        long key = 0;
        int id = 0;
        if (std::sscanf(line.c_str(), "%ld %d", &key, &id) == 2) ::shmctl(id, IPC_RMID, nullptr);
    }

    const std::string data_;
};

}  // namespace

Result<std::unique_ptr<StoreServer>> make_postgres(const std::string& folder) {
    CELLMON_TRY_ASSIGN(const std::string bin, programs());
    CELLMON_TRY_ASSIGN(const std::uint16_t port, free_port());
    const std::string data = folder + "/data";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(ErrorCode::io, fmt::format("{}: {}", folder, error.message()));
    if (::geteuid() == 0) {
        const passwd* user = ::getpwnam(kUser);
        if (user == nullptr || ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
            return fail(ErrorCode::unavailable,
                        "PostgreSQL does not run as root, and there is no user postgres");
        }
    }
    const std::string password = made_password();
    const std::string password_file = folder + "/password";
    std::ofstream(password_file) << password << '\n';
    fs::permissions(password_file, fs::perms::owner_read | fs::perms::others_read, error);

    chaos::ProcessSpec spec;
    spec.name = "initdb";
    spec.environment = chaos::environment_with({});
    spec.user = kUser;
    spec.log = folder + "/log";
    spec.command = {bin + "/initdb",
                    "--no-sync",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--auth=scram-sha-256",
                    fmt::format("--username={}", kStoreUser),
                    "--pwfile=" + password_file,
                    "-D",
                    data};
    CELLMON_TRY(run_to_end(spec));
    fs::remove(password_file, error);

    spec.name = "postgresql";
    spec.death_signal = SIGQUIT;
    spec.command = {bin + "/postgres", "-D", data};
    for (const std::string& setting :
         {std::string("listen_addresses=127.0.0.1"), fmt::format("port={}", port),
          std::string("unix_socket_directories="), std::string("max_connections=80"),
          std::string("shared_buffers=64MB"), std::string("log_min_messages=warning")}) {
        spec.command.emplace_back("-c");
        spec.command.push_back(setting);
    }
    return std::make_unique<PostgresServer>(std::move(spec), port, password, data);
}

}  // namespace cellmon::harness::plan
