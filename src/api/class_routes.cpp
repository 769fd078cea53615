#include "api/class_routes.hpp"

namespace cellmon::api {

void add_class_routes(http::Router& router, const ClassParts& parts) {
    add_classes_routes(router, parts);
    add_class_staff_routes(router, parts);
    add_class_keys_routes(router, parts);
    add_join_routes(router, parts);
    add_roster_routes(router, parts);
    add_students_routes(router, parts);
    add_teams_routes(router, parts);
    add_notebooks_routes(router, parts);
    add_assignments_routes(router, parts);
    add_submissions_routes(router, parts);
    add_bulk_submissions_routes(router, parts);
    add_grades_routes(router, parts);
}

}  // namespace cellmon::api
