#include "api/progress/progress_viewer.hpp"

#include <utility>

#include "api/gate.hpp"

namespace cellmon::api {

ProgressViewer::ProgressViewer(const Sights& sights, PictureSource picture,
                               const http::Request& request)
    : picture_(std::move(picture)) {
    const auth::Caller* caller = caller_if_any(request);
    sight_ = sights.source_of(caller);
    if (caller == nullptr) return;
    sees_all_ = caller->account.role == classroom::Role::admin;
    if (caller->account.role == classroom::Role::student) student_ = caller->account.email;
}

ProgressViewer::Sees ProgressViewer::now() const {
    if (student_) {
        return [own = *student_](std::string_view email) {
            return http::equal_ignoring_case(own, email);
        };
    }
    live::SightPtr sight = live::look_through(sight_);
    if (!sight) return [](std::string_view) { return true; };
    return [sight = std::move(sight), picture = picture_()](std::string_view email) {
        const auto shown = picture->find(email);
        return shown ? sight->sees(shown->view) : sight->sees(email, "");
    };
}

bool ProgressViewer::may_speak_for(std::string_view email) const {
    return student_ ? http::equal_ignoring_case(*student_, email) : sees_all_;
}

}  // namespace cellmon::api
