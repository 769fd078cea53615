#include "live/instructor_actions.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/assert.hpp"

namespace cellmon::live {

void InstructorActions::dismiss_help(std::string_view email, Done done) {
    submit(ServerEntryType::dismiss_help, email, std::move(done));
}

void InstructorActions::resolve_error(std::string_view email, Done done) {
    submit(ServerEntryType::resolve_error, email, std::move(done));
}

void InstructorActions::submit(ServerEntryType type, std::string_view email, Done done) {
    CELLMON_ASSERT(live_ != nullptr);
    const StudentPicturePtr student = live_->picture()->find(email);
    if (!student) {
        return done(fail(ErrorCode::not_found, fmt::format("no student {} was seen", email)));
    }
    // What the picture shows is what the instructor could know of, whatever the student's clock.
    const ServerEntry entry{type, std::string(email), clock_.now_us(),
                            student->view.last_activity_us};
    entries_.write(write_server_entry(entry), std::move(done));
}

}  // namespace cellmon::live
