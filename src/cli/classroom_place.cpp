#include "cli/classroom_place.hpp"

#include <utility>

#include "classroom/schema.hpp"

namespace cellmon::cli {

Result<std::unique_ptr<ClassroomPlace>> open_classroom(const StoreOptions& options,
                                                       io::FileSystem& files) {
    sql::DatabaseOptions where;
    where.postgres_url = options.postgres;
    where.sqlite_path = options.data + "/classroom.db";
    if (where.postgres_url.empty()) {
        CELLMON_TRY_ASSIGN(const bool exists, files.exists(where.sqlite_path));
        // To open it would make it.
        if (!exists) return nullptr;
    } else {
        CELLMON_TRY(sql::check_postgres_url(where.postgres_url));
    }
    // What reads whole tables is waited for.
    where.timeout = std::chrono::minutes(5);
    auto place = std::make_unique<ClassroomPlace>();
    place->database =
        std::make_unique<sql::Database>(std::move(where), classroom::schema(), place->clock);
    CELLMON_TRY(place->database->prepare());
    return place;
}

}  // namespace cellmon::cli
