#include "server/consent_watch.hpp"

#include <utility>

#include "classroom/consents.hpp"

namespace cellmon::server {

void ConsentWatch::recall() {
    const std::lock_guard lock(mutex_);
    auto text = io::read_file(dependencies_.files, path_);
    if (!text && text.error().code == ErrorCode::not_found) return;
    const auto rows = text ? privacy::consents_of_text(*text) : fail(text.error());
    written_.clear();
    if (!rows) {
        dependencies_.log.warn(
            "{} is not used, {}; events are answered 503 until the classroom's database says what "
            "may be stored of them",
            path_, rows.error().message);
        return consents_.forget();
    }
    consents_.replace(*rows);
    written_ = std::move(*text);
}

void ConsentWatch::refresh() {
    const std::lock_guard lock(mutex_);
    const auto rows = dependencies_.database.read(
        [](sql::Connection& connection) { return classroom::list_consents(connection); });
    // That it is away is said by whoever watches the database.
    if (!rows) return;
    std::string text = privacy::text_of_consents(*rows);
    if (text == written_) return;
    consents_.replace(*rows);
    write(std::move(text));
}

void ConsentWatch::write(std::string text) {
    if (const auto done = io::replace_file(dependencies_.files, path_, text); !done) {
        unwritten_.say("cannot write the file of what classes say of consent: " +
                       done.error().message);
        return;
    }
    written_ = std::move(text);
}

}  // namespace cellmon::server
