#pragma once

#include "api/class_parts.hpp"
#include "http/router.hpp"

namespace cellmon::api {

// The routes of classes and what belongs to them (docs/reference/classroom.md), one function for
// each resource. Every change leaves a line in the audit log, in the same transaction.

void add_classes_routes(http::Router& router, const ClassParts& parts);
void add_class_staff_routes(http::Router& router, const ClassParts& parts);
void add_class_keys_routes(http::Router& router, const ClassParts& parts);
void add_join_routes(http::Router& router, const ClassParts& parts);
void add_roster_routes(http::Router& router, const ClassParts& parts);
void add_students_routes(http::Router& router, const ClassParts& parts);
void add_teams_routes(http::Router& router, const ClassParts& parts);
void add_notebooks_routes(http::Router& router, const ClassParts& parts);
void add_assignments_routes(http::Router& router, const ClassParts& parts);
void add_submissions_routes(http::Router& router, const ClassParts& parts);
void add_bulk_submissions_routes(http::Router& router, const ClassParts& parts);
void add_grades_routes(http::Router& router, const ClassParts& parts);

/// All of them.
void add_class_routes(http::Router& router, const ClassParts& parts);

using ClassMount = Mount<ClassParts>;

}  // namespace cellmon::api
