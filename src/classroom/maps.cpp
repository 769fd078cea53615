#include "classroom/maps.hpp"

#include <algorithm>

#include "sql/conditions.hpp"
#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

constexpr std::string_view kSelectMaps =
    "SELECT m.id, m.image_filename, m.original_filename, m.uploaded_us, m.uploaded_by, "
    "m.is_active, "
    "m.file_size_bytes, m.content_type FROM classroom_maps m";

Map map_of(const sql::Row& row) {
    return {row.integer(0), row.text(1),          row.optional_text(2),
            row.integer(3), row.optional_text(4), row.boolean(5),
            row.integer(6), row.text(7),          {}};
}

TeamPosition position_of(const sql::Row& row) {
    return {row.integer(0), row.integer(1), row.text(2),         row.real(3),
            row.real(4),    row.integer(5), row.optional_text(6)};
}

/// `maps` are ordered by id, the newest first.
Result<void> read_positions(sql::Connection& connection, std::vector<Map>& maps) {
    if (maps.empty()) return {};
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT id, map_id, team_name, position_x, position_y, updated_us, "
                       "updated_by FROM team_positions WHERE map_id BETWEEN $1 AND $2 ORDER BY id",
                       maps.back().id, maps.front().id));
    for (const sql::Row& row : rows.rows) {
        TeamPosition position = position_of(row);
        const auto map = std::find_if(maps.begin(), maps.end(),
                                      [&](const Map& one) { return one.id == position.map_id; });
        if (map != maps.end()) map->positions.push_back(std::move(position));
    }
    return {};
}

Result<std::vector<Map>> select(sql::Connection& connection, const sql::Conditions& conditions,
                                std::uint64_t limit) {
    CELLMON_TRY_ASSIGN(const auto rows, conditions.select(connection, kSelectMaps,
                                                          "ORDER BY m.id DESC", {0, limit}));
    std::vector<Map> maps;
    maps.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        maps.push_back(map_of(row));
    CELLMON_TRY(read_positions(connection, maps));
    return maps;
}

Result<std::optional<Map>> select_map(sql::Connection& connection,
                                      const sql::Conditions& conditions) {
    CELLMON_TRY_ASSIGN(auto maps, select(connection, conditions, 1));
    if (maps.empty()) return std::nullopt;
    return std::move(maps.front());
}

}  // namespace

Result<std::int64_t> add_map(sql::Connection& connection, const Map& added, std::string_view image,
                             TimeUs now) {
    CELLMON_TRY(connection.run("UPDATE classroom_maps SET is_active = FALSE WHERE is_active"));
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("INSERT INTO classroom_maps (image_filename, original_filename, "
                       "uploaded_us, uploaded_by, is_active, file_size_bytes, content_type) "
                       "VALUES ($1, $2, $3, $4, TRUE, $5, $6) RETURNING id",
                       added.image_filename, added.original_filename, now, added.uploaded_by,
                       image.size(), added.content_type));
    const std::int64_t id = rows.front().integer(0);
    if (!image.empty()) {
        CELLMON_TRY(
            connection.run("INSERT INTO classroom_map_images (map_id, content) VALUES ($1, $2)", id,
                           sql::Bytes{std::string(image)}));
    }
    CELLMON_TRY(
        connection.run("DELETE FROM classroom_maps WHERE id <= (SELECT id FROM "
                       "classroom_maps ORDER BY id DESC LIMIT 1 OFFSET $1)",
                       kMostMaps));
    return id;
}

Result<std::optional<Map>> find_map(sql::Connection& connection, std::int64_t id) {
    sql::Conditions conditions;
    conditions.add("m.id = ?", id);
    return select_map(connection, conditions);
}

Result<std::optional<Map>> active_map(sql::Connection& connection) {
    sql::Conditions conditions;
    conditions.add("m.is_active = ?", true);
    return select_map(connection, conditions);
}

Result<std::vector<Map>> list_maps(sql::Connection& connection, std::uint64_t limit) {
    return select(connection, {}, limit);
}

Result<void> remove_map(sql::Connection& connection, std::int64_t id) {
    CELLMON_TRY(connection.run("DELETE FROM classroom_maps WHERE id = $1", id));
    return {};
}

Result<void> place_teams(sql::Connection& connection, std::int64_t map_id,
                         std::span<const TeamPosition> places, TimeUs now) {
    using sql::Type;
    static const sql::ManyRows upsert(
        "INSERT INTO team_positions (map_id, updated_us, updated_by, team_name, position_x, "
        "position_y) SELECT $1, $2, $3, column1, column2, column3 FROM (",
        {Type::text, Type::real, Type::real},
        ") AS given WHERE TRUE ON CONFLICT (map_id, team_name) DO UPDATE SET position_x = "
        "excluded.position_x, position_y = excluded.position_y, updated_us = excluded.updated_us, "
        "updated_by = excluded.updated_by",
        3);
    if (places.empty()) return {};
    std::vector<sql::Value> values;
    values.reserve(3 * places.size());
    for (const TeamPosition& place : places) {
        values.emplace_back(place.team_name);
        values.emplace_back(place.x);
        values.emplace_back(place.y);
    }
    const std::vector<sql::Value> common{map_id, now, places.front().updated_by};
    CELLMON_TRY(upsert.run(connection, values, common));
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT count(*) FROM team_positions WHERE map_id = $1", map_id));
    if (rows.front().integer(0) > kMostPositions) {
        return fail(ErrorCode::limit, "there would be more positions than a map may have");
    }
    return {};
}

Result<std::optional<MapImage>> find_image(sql::Connection& connection, std::string_view filename,
                                           bool with_content) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        with_content
            ? connection.run("SELECT m.uploaded_us, i.content FROM classroom_maps m JOIN "
                             "classroom_map_images i ON i.map_id = m.id WHERE m.image_filename = "
                             "$1 AND m.image_filename <> ''",
                             filename)
            : connection.run("SELECT m.uploaded_us FROM classroom_maps m WHERE m.image_filename = "
                             "$1 AND m.image_filename <> ''",
                             filename));
    if (rows.empty()) return std::nullopt;
    const sql::Row& row = rows.front();
    return MapImage{with_content ? row.bytes(1) : std::string(), row.integer(0)};
}

}  // namespace cellmon::classroom
