#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/monitor/store_probe.hpp"
#include "harness/wire/stream.hpp"

namespace cellmon::harness::monitor {

/// Where a Redis is, from `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`.
struct RedisAddress {
    Endpoint endpoint;
    std::string user;
    std::string password;

    /// ErrorCode::invalid, without the password, for another text.
    static Result<RedisAddress> parse(std::string_view url);
};

/// The number behind `connected_clients:` in what INFO says.
[[nodiscard]] std::optional<double> connected_clients(std::string_view info);

/// How many clients are connected to Redis. Keeps one connection.
class RedisProbe final : public StoreProbe {
  public:
    RedisProbe(RedisAddress address, std::shared_ptr<const std::atomic<bool>> interrupted);

  private:
    Result<double> count() override;
    Result<void> connect();
    /// Sends a command and gives the text of its answer.
    Result<std::string> ask(std::initializer_list<std::string_view> words);

    const RedisAddress address_;
    std::optional<Stream> stream_;
};

}  // namespace cellmon::harness::monitor
