#pragma once

#include <string>
#include <string_view>

#include "harness/monitor/store_probe.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::monitor {

/// An InfluxDB's v1 API.
struct InfluxAddress {
    Endpoint endpoint;  ///< With the login in its credentials.
    std::string database;

    /// A token, or user and password, or neither. ErrorCode::invalid for a URL that is not plain
    /// HTTP, and for a login that no header field can hold.
    static Result<InfluxAddress> make(std::string_view url, std::string database,
                                      std::string_view user, std::string_view password,
                                      std::string_view token);
};

/// The number in the answer to a SELECT count(…); 0 where there are no points. An error that
/// InfluxDB tells is one here, too.
[[nodiscard]] Result<double> points_in(std::string_view answer);

/// How many points of events are in InfluxDB. It reads all of them to say so: after each count it
/// rests nine times as long.
class InfluxProbe final : public StoreProbe {
  public:
    InfluxProbe(InfluxAddress address, std::shared_ptr<const std::atomic<bool>> interrupted);

    [[nodiscard]] int rest() const override { return 9; }

  private:
    Result<double> count() override;

    const InfluxAddress address_;
    const std::string path_;
};

}  // namespace cellmon::harness::monitor
