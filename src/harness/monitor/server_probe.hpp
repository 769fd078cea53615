#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/patience.hpp"
#include "harness/monitor/probe.hpp"
#include "harness/monitor/server_counters.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::monitor {

/// The server under test: how soon it answers that it is ready, and what its page of metrics says.
class ServerProbe final : public Probe {
  public:
    ServerProbe(Endpoint endpoint, const Clock& clock,
                std::shared_ptr<const std::atomic<bool>> interrupted);

    Findings look() override;
    [[nodiscard]] std::vector<Metric> metrics() const override;
    [[nodiscard]] Trouble silence() const override;
    [[nodiscard]] std::chrono::milliseconds patience() const override;

  private:
    /// What the page says from the last look on; false when there is none.
    Result<void> read_page(Findings& findings);
    Result<Response> get(std::string_view path);

    const Endpoint endpoint_;
    const Clock& clock_;
    const Patience wait_;
    std::optional<ServerCounters> before_;
    std::int64_t before_us_ = 0;
    OwnAnswers own_;  ///< Since the last page.
};

}  // namespace cellmon::harness::monitor
