#include "api/map_json.hpp"

#include "api/row_json.hpp"

namespace cellmon::api {
namespace {

using classroom::Map;
using classroom::TeamPosition;

std::string map_json_of(const TeamPosition& position) {
    return RowJson()
        .text("team_name", position.team_name)
        .real("position_x", position.x)
        .real("position_y", position.y)
        .put("id", position.id)
        .put("map_id", position.map_id)
        .bare_time("updated_at", position.updated_us)
        .put("updated_by", position.updated_by)
        .end();
}

std::string map_json_of(const Map& map) {
    std::string positions = "[";
    for (const TeamPosition& position : map.positions) {
        if (positions.size() > 1) positions += ',';
        positions += map_json_of(position);
    }
    positions += ']';
    return RowJson()
        .put("original_filename", map.original_filename)
        .put("uploaded_by", map.uploaded_by)
        .put("id", map.id)
        .text("image_filename", map.image_filename)
        .text("image_url", image_url(map))
        .bare_time("uploaded_at", map.uploaded_us)
        .truth("is_active", map.is_active)
        .put("file_size_bytes", map.file_size_bytes)
        .text("content_type", map.content_type)
        .json("team_positions", positions)
        .end();
}

}  // namespace

std::string image_url(const Map& map) {
    return map.image_filename.empty() ? "" : "/static/maps/" + map.image_filename;
}

std::string map_view_json(const std::optional<Map>& active) {
    std::string positions = "{";
    if (active) {
        for (const TeamPosition& position : active->positions) {
            if (positions.size() > 1) positions += ',';
            event::append_json_string(positions, position.team_name);
            positions += ':';
            positions += RowJson().real("x", position.x).real("y", position.y).end();
        }
    }
    positions += '}';
    return RowJson()
        .json("map_info", active ? map_json_of(*active) : "null")
        .json("team_positions", positions)
        .truth("is_visible", active.has_value())
        .end();
}

std::string maps_json(const std::vector<Map>& maps) {
    std::string json = "[";
    for (const Map& map : maps) {
        if (json.size() > 1) json += ',';
        json += map_json_of(map);
    }
    return json + ']';
}

}  // namespace cellmon::api
