#include "server/consent_watch.hpp"

#include <utility>

#include "classroom/consents.hpp"

namespace cellmon::server {

void ConsentWatch::recall() {
    const std::lock_guard lock(mutex_);
    const auto rows = file_.read(privacy::consents_of_text);
    if (!rows) {
        dependencies_.log.warn(
            "{} is not used, {}; events are answered 503 until the classroom's database says what "
            "may be stored of them",
            file_.path(), rows.error().message);
        consents_.forget();
    } else if (*rows) {
        consents_.replace(**rows);
    }
}

void ConsentWatch::refresh() {
    const std::lock_guard lock(mutex_);
    const auto rows = dependencies_.database.read(
        [](sql::Connection& connection) { return classroom::list_consents(connection); });
    // That it is away is said by whoever watches the database.
    if (!rows) return;
    std::string text = privacy::text_of_consents(*rows);
    if (file_.holds(text)) return;
    consents_.replace(*rows);
    file_.write(std::move(text));
}

}  // namespace cellmon::server
