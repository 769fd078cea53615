#pragma once

#include "delivery/delivery.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// GET /api/v1/delivery: what arrived and what is missing, by student and by class.
void add_delivery_routes(http::Router& router, const delivery::Delivery& delivery);

}  // namespace cellmon::api
