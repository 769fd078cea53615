#include "live/spare_pictures.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace cellmon::live {
namespace {

/// One is shown while the next is made of another; a third helps while somebody still reads.
constexpr std::size_t kMostSpares = 2;

}  // namespace

struct SparePictures::Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Picture>> pictures;

    Shelf() { pictures.reserve(kMostSpares); }

    void put(std::unique_ptr<Picture> picture) {
        const std::lock_guard lock(mutex);
        if (pictures.size() < kMostSpares) pictures.push_back(std::move(picture));
    }
};

SparePictures::SparePictures() : shelf_(std::make_shared<Shelf>()) {}

std::unique_ptr<Picture> SparePictures::take() {
    const std::lock_guard lock(shelf_->mutex);
    if (shelf_->pictures.empty()) return std::make_unique<Picture>();
    std::unique_ptr<Picture> spare = std::move(shelf_->pictures.back());
    shelf_->pictures.pop_back();
    return spare;
}

PicturePtr SparePictures::publish(std::unique_ptr<Picture> picture) {
    return {picture.release(), [shelf = std::weak_ptr<Shelf>(shelf_)](Picture* read) {
                std::unique_ptr<Picture> spare(read);
                if (const auto open = shelf.lock()) open->put(std::move(spare));
            }};
}

}  // namespace cellmon::live
