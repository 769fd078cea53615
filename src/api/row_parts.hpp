#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "api/worker.hpp"
#include "base/clock.hpp"
#include "http/router.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// What requests about the classroom's rows stand on; all must outlive the last of them.
struct RowParts {
    sql::Database& database;
    Worker& rows;  ///< Asks the database.
    const Clock& clock;
};

/// Mounts functions that take the parts of a resource, the request and the duty to answer it.
template <typename Parts>
class Mount {
  public:
    Mount(http::Router& router, const Parts& parts)
        : router_(router), parts_(std::make_shared<const Parts>(parts)) {}

    template <typename Answer>
    void operator()(http::Method method, std::string_view pattern, Answer answer) {
        router_.add(method, pattern,
                    [parts = parts_, answer](http::Request&& request, http::Responder responder) {
                        answer(*parts, std::move(request), std::move(responder));
                    });
    }

  private:
    http::Router& router_;
    std::shared_ptr<const Parts> parts_;
};

}  // namespace cellmon::api
