#pragma once

#include <functional>

#include "api/row_parts.hpp"
#include "classroom/alert_settings.hpp"
#include "http/router.hpp"

namespace cellmon::api {

/// What the routes of settings stand on.
struct SettingsParts : RowParts {
    classroom::AlertSettings defaults;  ///< What the server was started with.

    /// What this server goes by at this moment; any thread.
    std::function<classroom::AlertSettings()> current;

    /// Called behind the commit of a change; any thread.
    std::function<void()> changed;
};

/// GET, POST /api/v1/admin/settings, GET, PUT …/{setting_key},
/// GET /api/v1/admin/consecutive-error-status (contract §3.11).
void add_settings_routes(http::Router& router, const SettingsParts& parts);

}  // namespace cellmon::api
