#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "live/picture.hpp"

namespace cellmon::api::testing {

/// A class of which one student changes at a time.
class ChangingClass {
  public:
    /// The step in which he is seen so; the first time he is new.
    live::Tick change(live::StudentView view) {
        const auto [known, is_new] = places_.try_emplace(view.email, places_.size());
        const std::size_t place = known->second;
        if (is_new) picture_.students.emplace_back();
        boost::intrusive_ptr now(new live::StudentPicture());
        now->view = std::move(view);
        live::StudentPicturePtr before = std::exchange(picture_.students[place], now);
        return {std::make_shared<live::Picture>(picture_),
                {{std::move(before), std::move(now), place}}};
    }

    [[nodiscard]] const live::Picture& picture() const { return picture_; }

  private:
    live::Picture picture_;
    std::map<std::string, std::size_t> places_;
};

}  // namespace cellmon::api::testing
