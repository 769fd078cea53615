#include "harness/load/open_figures.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cellmon::harness {

Amount& Amount::operator+=(const Amount& other) {
    requests += other.requests;
    events += other.events;
    return *this;
}

void OpenFigures::add_error(std::string_view kind) {
    const auto found = errors.find(kind);
    if (found != errors.end()) {
        ++found->second;
    } else {
        errors.emplace(kind, 1);
    }
}

void OpenFigures::merge(const OpenFigures& other) {
    for (std::size_t i = 0; i < phases.size(); ++i) {
        phases[i].offered += other.phases[i].offered;
        phases[i].achieved += other.phases[i].achieved;
        phases[i].latency.merge(other.phases[i].latency);
    }
    warm_up += other.warm_up;
    not_started += other.not_started;
    duplicates += other.duplicates;
    for (const auto& [kind, count] : other.errors)
        errors[kind] += count;
    service.merge(other.service);
    lag.merge(other.lag);
    seconds = std::max(seconds, other.seconds);
    cpu_seconds += other.cpu_seconds;
    sent += other.sent;
    busiest_thread = std::max(busiest_thread, other.busiest_thread);
}

Amount OpenFigures::offered() const {
    Amount sum;
    for (const PhaseFigures& phase : phases)
        sum += phase.offered;
    return sum;
}

Amount OpenFigures::achieved() const {
    Amount sum;
    for (const PhaseFigures& phase : phases)
        sum += phase.achieved;
    return sum;
}

std::uint64_t OpenFigures::failed() const {
    std::uint64_t sum = 0;
    for (const auto& [kind, count] : errors)
        sum += count;
    return sum;
}

std::vector<std::string> doubts_of(const OpenFigures& figures, const GeneratorBounds& bounds) {
    std::vector<std::string> doubts;
    const double lag_ms = static_cast<double>(figures.lag.quantile_us(0.99)) / 1'000;
    if (figures.lag.count() == 0) doubts.emplace_back("nothing was measured");
    if (lag_ms > bounds.lag_ms) {
        doubts.push_back(
            fmt::format("this program was late: 1 % of the requests by {:.3f} ms and more, {:g} ms "
                        "are allowed",
                        lag_ms, bounds.lag_ms));
    }
    if (figures.busiest_thread * 100 > bounds.cpu_percent) {
        doubts.push_back(fmt::format(
            "this program was busy: {:.0f} % of a core by one thread, {:g} % are allowed; more "
            "--threads may help",
            figures.busiest_thread * 100, bounds.cpu_percent));
    }
    return doubts;
}

}  // namespace cellmon::harness
