#pragma once

#include <optional>
#include <string>
#include <vector>

#include "classroom/maps.hpp"

namespace cellmon::api {

// The texts of contract §3.9.

/// The path at which the image of a map is served; empty for one without.
[[nodiscard]] std::string image_url(const classroom::Map& map);

/// GET /classroom/map.
[[nodiscard]] std::string map_view_json(const std::optional<classroom::Map>& active);

/// GET /classroom/maps.
[[nodiscard]] std::string maps_json(const std::vector<classroom::Map>& maps);

}  // namespace cellmon::api
