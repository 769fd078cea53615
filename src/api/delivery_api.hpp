#pragma once

#include "api/sights.hpp"
#include "delivery/delivery.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// GET /api/v1/delivery: what arrived and what is missing, by student and by class, of the students
/// whom the caller may see.
void add_delivery_routes(http::Router& router, const delivery::Delivery& delivery,
                         const Sights& sights);

}  // namespace cellmon::api
