#pragma once

#include <span>
#include <string_view>

namespace cellmon::harness::grafana {

/// One of deploy/grafana/dashboards; part of the program.
struct Dashboard {
    std::string_view uid;
    std::string_view json;  ///< An object without `id` and `version`.
};

/// All of them, at any time, by any thread.
[[nodiscard]] std::span<const Dashboard> dashboards();

}  // namespace cellmon::harness::grafana
