#pragma once

#include <string_view>

#include "base/result.hpp"

namespace cellmon::sql {

/// The kind of an error of PostgreSQL by its five characters (PostgreSQL manual, appendix A).
[[nodiscard]] ErrorCode code_of_sqlstate(std::string_view state);

}  // namespace cellmon::sql
