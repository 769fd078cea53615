#pragma once

#include <simdjson.h>

namespace cellmon::harness::grafana {

/// Whether all of `wanted` is in `found`: each field of an object with such a value, lists of the
/// same length. What Grafana adds by itself makes no difference.
[[nodiscard]] bool is_within(simdjson::dom::element wanted, simdjson::dom::element found);

}  // namespace cellmon::harness::grafana
