#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/sights.hpp"
#include "auth/logins.hpp"
#include "http/request.hpp"
#include "live/picture.hpp"
#include "live/sight.hpp"

namespace cellmon::api {

/// Whose progress a caller may see, now and later on: a student their own, staff that of their
/// students, everybody all where nobody had to say who they are.
class ProgressViewer {
  public:
    using PictureSource = std::function<live::PicturePtr()>;

    ProgressViewer(const Sights& sights, PictureSource picture, const http::Request& request);

    using Sees = std::function<bool(std::string_view email)>;
    /// Of this moment.
    [[nodiscard]] Sees now() const;
    [[nodiscard]] bool sees(std::string_view email) const { return now()(email); }

    /// The address of a student who asks.
    [[nodiscard]] const std::optional<std::string>& student() const { return student_; }

    /// Whether the caller may speak for that student: the student, an admin, or somebody who did
    /// not have to say who they are.
    [[nodiscard]] bool may_speak_for(std::string_view email) const;

  private:
    const PictureSource picture_;
    live::SightSource sight_;
    std::optional<std::string> student_;
    bool sees_all_ = true;
};

}  // namespace cellmon::api
