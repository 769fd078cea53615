#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes maps of the classroom (contract §3.9, names of §7). At most
/// one map is active. The image lies in a table of its own, so that no list of maps reads it, and
/// goes with its map.
inline constexpr std::string_view kMapTables = R"sql(
CREATE TABLE classroom_maps (
    id {id},
    image_filename TEXT NOT NULL CHECK (length(image_filename) <= 255),
    original_filename TEXT CHECK (length(original_filename) <= 255),
    uploaded_us BIGINT NOT NULL,
    uploaded_by TEXT CHECK (length(uploaded_by) <= 255),
    is_active BOOLEAN NOT NULL,
    file_size_bytes BIGINT NOT NULL CHECK (file_size_bytes >= 0),
    content_type TEXT NOT NULL CHECK (length(content_type) <= 100)
);
CREATE UNIQUE INDEX classroom_maps_active ON classroom_maps (is_active) WHERE is_active;
CREATE UNIQUE INDEX classroom_maps_image ON classroom_maps (image_filename) WHERE image_filename <> '';
CREATE TABLE classroom_map_images (
    map_id BIGINT PRIMARY KEY REFERENCES classroom_maps (id) ON DELETE CASCADE,
    content BYTEA NOT NULL CHECK (length(content) > 0)
);
CREATE TABLE team_positions (
    id {id},
    map_id BIGINT NOT NULL REFERENCES classroom_maps (id) ON DELETE CASCADE,
    team_name TEXT NOT NULL CHECK (length(team_name) BETWEEN 1 AND 256),
    position_x DOUBLE PRECISION NOT NULL CHECK (position_x BETWEEN 0 AND 100),
    position_y DOUBLE PRECISION NOT NULL CHECK (position_y BETWEEN 0 AND 100),
    updated_us BIGINT NOT NULL,
    updated_by TEXT CHECK (length(updated_by) <= 255),
    UNIQUE (map_id, team_name)
);
)sql";

}  // namespace cellmon::classroom
