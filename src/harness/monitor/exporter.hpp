#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.hpp"
#include "harness/monitor/run_summary.hpp"

namespace cellmon::harness::monitor {

/// A sample in Prometheus' text format: a gauge for each metric that could be read.
[[nodiscard]] std::string prometheus_text(const Sample& sample, const Health& health);

/// Where an exporter listens, from `[HOST:]PORT`: on the loopback without a host.
struct ExportAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;

    /// ErrorCode::invalid for another text, and for a host that is not this machine's loopback
    /// unless `others_allowed`.
    static Result<ExportAddress> parse(std::string_view text, bool others_allowed);
};

/// Serves the last text at GET /metrics, on a thread of its own: one request at a time, each for
/// two seconds at most.
class Exporter {
  public:
    static Result<std::unique_ptr<Exporter>> listen(const ExportAddress& address);
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    void publish(std::string text);
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    Exporter(int listener, std::uint16_t port);
    void run(const std::stop_token& stop);
    void answer(int connection) const;

    const int listener_;
    const std::uint16_t port_;
    mutable std::mutex mutex_;
    std::string text_;  ///< Guarded by mutex_.
    std::jthread thread_;
};

}  // namespace cellmon::harness::monitor
