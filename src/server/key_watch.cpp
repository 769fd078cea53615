#include "server/key_watch.hpp"

#include <utility>

#include "classroom/class_keys.hpp"

namespace cellmon::server {

void KeyWatch::recall() {
    const std::lock_guard lock(mutex_);
    const auto keys = file_.read(auth::keys_of_text);
    if (!keys) {
        dependencies_.log.warn(
            "{} is not used, {}; class keys are known when the database is there", file_.path(),
            keys.error().message);
    } else if (*keys) {
        ring_.recall(**keys);
    }
}

void KeyWatch::refresh() {
    const std::lock_guard lock(mutex_);
    const auto keys = dependencies_.database.read([this](sql::Connection& connection) {
        return classroom::good_class_keys(connection, dependencies_.clock.now_us());
    });
    // That it is away is said by whoever watches the database.
    if (!keys) return ring_.doubt();
    ring_.replace(*keys);
    file_.write(auth::text_of_keys(*keys));
}

}  // namespace cellmon::server
