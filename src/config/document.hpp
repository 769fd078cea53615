#pragma once

#include <string>

namespace cellmon::config {

/// docs/reference/configuration.md, made from the table. A test holds the committed file to it.
[[nodiscard]] std::string configuration_page();

}  // namespace cellmon::config
