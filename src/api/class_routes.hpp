#pragma once

#include <memory>
#include <string_view>
#include <utility>

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

/// Mounts functions that take the parts, the request and the duty to answer it.
class ClassMount {
  public:
    ClassMount(http::Router& router, const ClassParts& parts)
        : router_(router), parts_(std::make_shared<const ClassParts>(parts)) {}

    template <typename Answer>
    void operator()(http::Method method, std::string_view pattern, Answer answer) {
        router_.add(method, pattern,
                    [parts = parts_, answer](http::Request&& request, http::Responder responder) {
                        answer(*parts, std::move(request), std::move(responder));
                    });
    }

  private:
    http::Router& router_;
    std::shared_ptr<const ClassParts> parts_;
};

}  // namespace cellmon::api
