#include "server/key_watch.hpp"

#include <utility>

#include "classroom/class_keys.hpp"

namespace cellmon::server {

void KeyWatch::recall() {
    const std::lock_guard lock(mutex_);
    auto text = io::read_file(dependencies_.files, path_);
    if (!text && text.error().code == ErrorCode::not_found) return;
    const auto keys = text ? auth::keys_of_text(*text) : fail(text.error());
    written_.clear();
    if (!keys) {
        dependencies_.log.warn(
            "{} is not used, {}; class keys are known when the database is there", path_,
            keys.error().message);
        return;
    }
    ring_.recall(*keys);
    written_ = std::move(*text);
}

void KeyWatch::refresh() {
    const std::lock_guard lock(mutex_);
    const auto keys = dependencies_.database.read([this](sql::Connection& connection) {
        return classroom::good_class_keys(connection, dependencies_.clock.now_us());
    });
    // That it is away is said by whoever watches the database.
    if (!keys) return ring_.doubt();
    std::string text = auth::text_of_keys(*keys);
    ring_.replace(*keys);
    if (text != written_) write(std::move(text));
}

void KeyWatch::write(std::string text) {
    if (const auto done = io::replace_file(dependencies_.files, path_, text); !done) {
        unwritten_.say("cannot write the file of class keys: " + done.error().message);
        return;
    }
    written_ = std::move(text);
}

}  // namespace cellmon::server
