#include "harness/monitor/monitor.hpp"

#include <algorithm>

#include "harness/monitor/postgres_probe.hpp"
#include "harness/monitor/server_probe.hpp"

namespace cellmon::harness::monitor {
Monitor::Monitor(const Subject& subject, const Clock& clock)
    : clock_(clock), host_(reader_, clock) {
    std::vector<Watch> parts = subject.parts;
    add_parts(subject, parts);
    processes_.emplace(std::move(parts), subject.generators, reader_, clock_);
    add_probes(subject);
}

Monitor::~Monitor() {
    *interrupted_ = true;
}

void Monitor::add_parts(const Subject& subject, std::vector<Watch>& parts) const {
    const auto add = [&](const char* name, std::optional<std::uint16_t> port) {
        const bool named = std::any_of(parts.begin(), parts.end(),
                                       [&](const Watch& part) { return part.name == name; });
        if (port && !named) parts.push_back({name, 0, *port, {}});
    };
    if (subject.server) add("server", subject.server->loopback_port());
    if (!subject.postgres.empty()) add("postgresql", local_postgres_port(subject.postgres));
    if (subject.redis) add("redis", subject.redis->endpoint.loopback_port());
    if (subject.influx) add("influxdb", subject.influx->endpoint.loopback_port());
}

void Monitor::add_probes(const Subject& subject) {
    const auto add = [&](std::unique_ptr<Probe> probe) {
        probes_.push_back(std::make_unique<ProbeThread>(std::move(probe), clock_));
    };
    const auto leave = [&](std::initializer_list<Metric> metrics, const char* why) {
        for (const Metric metric : metrics)
            empty_[metric] = Reading::none(why);
    };
    if (subject.server) {
        add(std::make_unique<ServerProbe>(*subject.server, clock_, interrupted_));
    } else {
        leave({Metric::response_time, Metric::throughput, Metric::error_rate, Metric::websockets},
              "no --server was named");
    }
    if (!subject.postgres.empty()) {
        add(std::make_unique<PostgresProbe>(subject.postgres, interrupted_));
    } else {
        leave({Metric::postgres_sessions}, "no --postgres was named");
    }
    if (subject.redis) {
        add(std::make_unique<RedisProbe>(*subject.redis, interrupted_));
    } else {
        leave({Metric::redis_clients}, "no --redis was named");
    }
    if (subject.influx) {
        add(std::make_unique<InfluxProbe>(*subject.influx, interrupted_));
    } else {
        leave({Metric::influx_points}, "no --influx was named");
    }
}

void Monitor::start() {
    constexpr std::int64_t kFirstWaitUs = 2'000'000;
    static_cast<void>(sample(kFirstWaitUs));
}

Sample Monitor::sample(std::int64_t wait_us) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(wait_us);
    Sample sample = empty_;
    sample.at = clock_.now_us();
    for (const auto& probe : probes_)
        probe->ask();
    const auto memory = host_.read(sample);
    processes_->read(sample);
    fill_totals(sample, memory);
    for (const auto& probe : probes_) {
        probe->wait(until);
        probe->put_into(sample);
    }
    return sample;
}

}  // namespace cellmon::harness::monitor
