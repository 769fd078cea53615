#pragma once

#include "api/row_parts.hpp"
#include "base/random.hpp"
#include "http/router.hpp"
#include "image/converter.hpp"
#include "telemetry/log.hpp"

namespace cellmon::api {

/// What the routes of maps of the classroom stand on.
struct MapParts : RowParts {
    Worker& images;  ///< Waits for images to be read; one at a time each of its threads.
    image::Converter& converter;
    RandomSource& random;
    telemetry::Log& log;
};

// Contract §3.9.

/// GET /api/v1/classroom/map, …/maps, PUT …/map/{map_id}/positions, DELETE …/map/{map_id},
/// POST …/map/create-default.
void add_maps_routes(http::Router& router, const MapParts& parts);

/// POST /api/v1/classroom/map/upload.
void add_map_upload_routes(http::Router& router, const MapParts& parts);

/// GET /static/maps/{filename}, /api/v1/classroom/map/image/{filename}.
void add_map_image_routes(http::Router& router, const MapParts& parts);

}  // namespace cellmon::api
