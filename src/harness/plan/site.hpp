#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "harness/chaos/chaos.hpp"
#include "harness/chaos/gate.hpp"
#include "harness/chaos/process.hpp"
#include "harness/chaos/small_disk.hpp"
#include "harness/load/event_route.hpp"
#include "harness/monitor/monitor.hpp"
#include "harness/peer/peer.hpp"
#include "harness/plan/row_store.hpp"
#include "harness/plan/store_server.hpp"
#include "harness/report/words.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::plan {

/// What is tested, and where.
struct SiteOptions {
    bool with_stores = false;  ///< Profile `stores`.
    std::string program;       ///< The server under test; not used with `server`.
    std::string folder;        ///< For all data; must be there, and others may look into it.
    std::string server;        ///< URL of a server that somebody else started; empty: we start one.
    std::string token;         ///< Of an account of that server.
    /// Another server in the place of ours; then of the rest `program` and `folder` alone are used.
    std::optional<peer::TargetProfile> target;
    // Stores that somebody else started, of that server or for ours; empty: we start them.
    std::string postgres;
    std::string influx;
    std::string influx_database = "cellmon";
    std::string influx_user;
    std::string influx_password;
    std::string redis;
};

/// What a phase wants of the system under test besides that it runs.
struct Needs {
    std::set<std::string, std::less<>> gates;  ///< Targets that lie behind a gate.
    bool small_disk = false;  ///< The server's data lie on a small disk, with nothing on it yet.
    bool own_place = false;   ///< The data are nobody else's, and may be lost.
    bool clock = false;       ///< The server's clock can be stepped.
    std::vector<std::string> settings;  ///< Of the server, `NAME=VALUE` each.

    bool operator==(const Needs&) const = default;
};

/// The system under test: a server, its stores, gates in front of them. What it started it ends,
/// and removes what it wrote. One thread, which must stay (see chaos::Process); what other threads
/// may call says so.
class Site {
  public:
    static Result<std::unique_ptr<Site>> create(const SiteOptions& options);
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// Why this machine or profile cannot give that; nullopt: it can.
    [[nodiscard]] std::optional<report::Words> cannot_give(const Needs& needs) const;
    /// Starts the server, or starts it again, so that it has what a phase needs.
    Result<void> prepare(const Needs& needs);

    /// Ours, which the plan has started and looks into.
    [[nodiscard]] bool owns_server() const {
        return options_.server.empty() && !options_.target.has_value();
    }
    /// The other server that is tested; nullptr where it is ours.
    [[nodiscard]] const peer::Peer* peer() const { return peer_ ? &*peer_ : nullptr; }
    /// Ours, or another one.
    [[nodiscard]] bool starts_server() const {
        return peer_ ? peer_->profile().is_started() : owns_server();
    }
    /// Why the system has no such part for faults, or the plan may not hurt it; nullopt: it may.
    [[nodiscard]] std::optional<report::Words> lacks(const std::string& target) const;
    [[nodiscard]] bool with_stores() const { return options_.with_stores; }

    /// The server itself. Any thread.
    [[nodiscard]] const Endpoint& server() const { return server_; }
    /// Where clients go: to the server, or to the gate in front of it.
    [[nodiscard]] const Endpoint& clients_go_to() const;
    /// Where it takes events.
    [[nodiscard]] EventRoute event_route() const;
    /// Whether the server is well; else why not. Any thread.
    [[nodiscard]] Result<void> ask_ready(const Patience& patience) const;

    /// Readers of each store that has rows of events, for one thread.
    [[nodiscard]] std::vector<std::unique_ptr<RowStore>> rows() const;
    /// PostgreSQL and InfluxDB of `rows()` alone; nullptr without one.
    [[nodiscard]] std::unique_ptr<RowStore> postgres() const;
    [[nodiscard]] std::unique_ptr<RowStore> influx() const;
    /// nullptr when they cannot be seen from here.
    [[nodiscard]] std::unique_ptr<ClassroomRows> classroom() const;
    /// DATA/journal; empty when it cannot be seen from here.
    [[nodiscard]] std::string journal() const;
    /// How far the journal is durable: from the file `durable`, or as the server says. Any thread.
    [[nodiscard]] Result<std::uint64_t> durable_sequence() const;

    /// Has the program under test back up everything to a folder that is made, beside the server.
    Result<void> back_up(const std::string& where);
    /// Stops the server, wipes its data, and has everything restored into a place where nothing is
    /// yet, rows of PostgreSQL too, on which the server is started again. Of an own place alone.
    Result<void> lose_and_restore(const std::string& where);

    [[nodiscard]] monitor::Subject subject() const;
    /// Lets `chaos` hurt all that the plan may hurt.
    void arm(chaos::Chaos& chaos);
    /// True while the plan itself keeps the server from answering. Any thread.
    [[nodiscard]] bool is_away_on_purpose() const { return away_ > 0; }
    void expect_away(bool away) { away_ += away ? 1 : -1; }

    /// Program and version, or the URL.
    [[nodiscard]] std::string description() const;
    /// Whether the program has such a subcommand.
    [[nodiscard]] bool program_has(const std::string& subcommand) const;
    /// Where the server's data lie, as this program sees it; empty when they cannot be seen.
    [[nodiscard]] std::string data() const;

  private:
    explicit Site(const SiteOptions& options) : options_(options) {}

    Result<void> make_peer();
    [[nodiscard]] Result<void> check_nobody_is_there() const;
    Result<void> start_stores();
    Result<void> take_place();
    Result<std::vector<std::string>> environment_for(const Needs& needs);
    [[nodiscard]] chaos::ProcessSpec server_process() const;
    Result<void> make_gates(const Needs& needs);
    Result<void> start_server(std::vector<std::string> environment);
    /// The data folder, as the server sees it.
    [[nodiscard]] std::string data_path() const;
    /// Runs the program under test to its end, with the settings of the server.
    Result<void> run_program(const std::vector<std::string>& arguments,
                             std::vector<std::string> environment) const;
    [[nodiscard]] Result<void> wait_until_ready();
    [[nodiscard]] StoreServer* store(std::string_view name) const;
    [[nodiscard]] std::string output_of(const std::vector<std::string>& arguments) const;
    [[nodiscard]] monitor::InfluxAddress influx_address() const;

    const SiteOptions options_;
    std::vector<std::unique_ptr<StoreServer>> stores_;
    std::map<std::string, std::unique_ptr<chaos::Gate>, std::less<>> gates_;
    std::unique_ptr<chaos::SmallDisk> disk_;
    std::unique_ptr<chaos::Process> process_;
    std::optional<Needs> needs_;  ///< That the running server has.
    int place_ = 0;
    int places_ = 0;
    mutable std::atomic<int> copies_ = 0;  ///< Of rows that cannot be read where they are.
    std::uint16_t port_ = 0;
    std::optional<peer::Peer> peer_;
    Endpoint server_;
    Endpoint gate_;  ///< In front of the server.
    std::atomic<int> away_ = 0;
};

}  // namespace cellmon::harness::plan
