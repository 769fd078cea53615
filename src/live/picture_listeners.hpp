#pragma once

#include <vector>

#include "live/picture.hpp"

namespace cellmon::live {

/// Tells several listeners of each step, in the order in which they were added.
class PictureListeners final : public PictureListener {
  public:
    /// Before LiveService::start; `listener` must outlive the service's thread.
    void add(PictureListener& listener) { listeners_.push_back(&listener); }

    void pictured(const Tick& tick) override {
        for (PictureListener* listener : listeners_)
            listener->pictured(tick);
    }

  private:
    std::vector<PictureListener*> listeners_;
};

}  // namespace cellmon::live
