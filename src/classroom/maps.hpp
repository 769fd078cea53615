#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/connection.hpp"

// Rows of `classroom_maps`, their images, and where teams sit on them. Each function is a part of
// the caller's transaction.
namespace cellmon::classroom {

/// Maps that were replaced are kept, with their images, until there are so many newer ones.
inline constexpr std::int64_t kMostMaps = 100;

inline constexpr std::int64_t kMostPositions = 1'000;  ///< On one map.

/// Positions are percent of the image, from the upper left on.
inline constexpr double kMostPosition = 100;

struct TeamPosition {
    std::int64_t id = 0;
    std::int64_t map_id = 0;
    std::string team_name;
    double x = 0;  ///< Two decimals.
    double y = 0;
    TimeUs updated_us = 0;
    std::optional<std::string> updated_by = std::nullopt;
};

struct Map {
    std::int64_t id = 0;
    std::string image_filename;  ///< Empty: a map without an image.
    std::optional<std::string> original_filename = std::nullopt;
    TimeUs uploaded_us = 0;
    std::optional<std::string> uploaded_by = std::nullopt;
    bool is_active = false;
    std::int64_t file_size_bytes = 0;
    std::string content_type = "image/jpeg";
    std::vector<TeamPosition> positions;  ///< In the order in which teams first got one.
};

/// The new id: of the active map, which all others are no more. `image` may be empty. What there is
/// beyond kMostMaps goes, the oldest first.
Result<std::int64_t> add_map(sql::Connection& connection, const Map& added, std::string_view image,
                             TimeUs now);

Result<std::optional<Map>> find_map(sql::Connection& connection, std::int64_t id);
Result<std::optional<Map>> active_map(sql::Connection& connection);

/// Newest first.
Result<std::vector<Map>> list_maps(sql::Connection& connection, std::uint64_t limit);

/// With its positions and its image.
Result<void> remove_map(sql::Connection& connection, std::int64_t id);

/// Puts teams at new places, or at their first one; others stay. limit when there would be more
/// than kMostPositions.
Result<void> place_teams(sql::Connection& connection, std::int64_t map_id,
                         std::span<const TeamPosition> places, TimeUs now);

struct MapImage {
    std::string content;
    TimeUs uploaded_us = 0;
};

/// The image of that name; without its content where only that it is there matters.
Result<std::optional<MapImage>> find_image(sql::Connection& connection, std::string_view filename,
                                           bool with_content);

}  // namespace cellmon::classroom
