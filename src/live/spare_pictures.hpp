#pragma once

#include <memory>

#include "live/picture.hpp"

namespace cellmon::live {

/// Pictures that nobody reads any more. One of them is made the next picture by changing what
/// differs: to copy the picture of a large class takes longer than all that changed in one step.
/// Any thread.
class SparePictures {
  public:
    SparePictures();

    /// One of some earlier moment, as it was then; an empty one when there is none.
    [[nodiscard]] std::unique_ptr<Picture> take();

    /// From now on it is read only. It is a spare again when the last reader, on whatever thread,
    /// has let it go, and goes with it when this object is gone by then.
    [[nodiscard]] PicturePtr publish(std::unique_ptr<Picture> picture);

  private:
    struct Shelf;
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace cellmon::live
