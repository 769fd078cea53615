#pragma once

#include <functional>

#include "api/row_parts.hpp"
#include "api/sights.hpp"
#include "auth/login_limits.hpp"
#include "base/random.hpp"
#include "classroom/class_limits.hpp"

namespace cellmon::api {

/// What the routes of classes stand on.
struct ClassParts : RowParts {
    auth::RateLimit& joins;
    RandomSource& random;
    classroom::ClassLimits limits;
    std::function<void()> keys_changed;  ///< Has this server look at the class keys anew; blocks.
    Sights& sights;
    std::function<void()> consents_changed;  ///< The same for what classes say of consent.
};

}  // namespace cellmon::api
