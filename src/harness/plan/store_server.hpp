#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "harness/chaos/process.hpp"
#include "harness/plan/row_store.hpp"

namespace cellmon::harness::plan {

/// A port of this machine that is free now. Below those that the system gives to outgoing
/// connections, one of which might come first.
Result<std::uint16_t> free_port();
/// Letters and digits that nobody can guess.
[[nodiscard]] std::string made_password();

/// A store that the plan started, with data of its own: Debian's program on a free port of the
/// loopback. Several servers under test may use it one after the other, each in a place of its own
/// (a schema, a database). One thread, which must stay: see chaos::Process.
class StoreServer {
  public:
    virtual ~StoreServer() = default;

    /// The name that faults and the monitor have for it: `postgresql`, `influxdb`, `redis`.
    [[nodiscard]] virtual std::string_view name() const = 0;
    /// ErrorCode::unavailable when its program is not installed or does not come up.
    Result<void> start();
    /// Waits until it answers; for a start by chaos.
    virtual Result<void> ready() = 0;
    /// Makes place number `place`, before the first server uses it.
    virtual Result<void> make_place(int place) = 0;
    /// What a server under test is told, `NAME=VALUE` each; `port` is the store's or a gate's.
    [[nodiscard]] virtual std::vector<std::string> settings(int place,
                                                            std::uint16_t port) const = 0;
    [[nodiscard]] virtual std::unique_ptr<RowStore> rows(int place) const = 0;
    /// For what monitors it.
    [[nodiscard]] virtual std::string url(int place) const = 0;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] chaos::Process& process() { return process_; }
    [[nodiscard]] const std::string& password() const { return password_; }

  protected:
    StoreServer(chaos::ProcessSpec spec, std::uint16_t port, std::string password)
        : process_(std::move(spec)), port_(port), password_(std::move(password)) {}

    /// As ready(), of something that is asked again and again.
    Result<void> wait_for(const std::function<bool()>& answers);

  private:
    chaos::Process process_;
    const std::uint16_t port_;
    const std::string password_;
};

/// Each with its data and its log below `folder`.
Result<std::unique_ptr<StoreServer>> make_postgres(const std::string& folder);
Result<std::unique_ptr<StoreServer>> make_influxdb(const std::string& folder);
Result<std::unique_ptr<StoreServer>> make_redis(const std::string& folder);

inline constexpr std::string_view kStoreUser = "cellmon";

}  // namespace cellmon::harness::plan
