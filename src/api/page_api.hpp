#pragma once

#include "http/router.hpp"

namespace cellmon::api {

/// GET /: the live page for who asks for HTML, the welcome of contract §3.16 for all others. GET
/// /docs: the API's document to be read, GET /api/v1/openapi.json: itself. GET /assets/…: the files
/// of the pages.
void add_page_routes(http::Router& router);

}  // namespace cellmon::api
