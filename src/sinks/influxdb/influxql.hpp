#pragma once

#include <string>
#include <string_view>

namespace cellmon::influxdb {

// InfluxQL: a text, and a name, in their quotes.
[[nodiscard]] std::string quoted_text(std::string_view text);
[[nodiscard]] std::string quoted_name(std::string_view name);

}  // namespace cellmon::influxdb
