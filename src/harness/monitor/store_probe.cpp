#include "harness/monitor/store_probe.hpp"

#include <fmt/format.h>

namespace cellmon::harness::monitor {

Findings StoreProbe::look() {
    Findings findings;
    const auto number = count();
    if (number) {
        findings.readings.emplace_back(metric_, Reading::of(*number));
    } else {
        findings.readings.emplace_back(metric_, Reading::none(number.error().message));
        findings.troubles.push_back({Status::warning, fmt::format("{} cannot be asked: {}", name_,
                                                                  number.error().message)});
    }
    return findings;
}

Trouble StoreProbe::silence() const {
    return {Status::warning, fmt::format("{} does not answer", name_)};
}

}  // namespace cellmon::harness::monitor
