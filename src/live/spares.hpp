#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cellmon::live {

/// Things that are read only once they are published, and used again when nobody reads them any
/// more: what they hold, and the memory of it, is changed instead of being made anew. Any thread.
template <typename T>
class Spares {
  public:
    /// Keeps `most` spares; what is more goes.
    explicit Spares(std::size_t most) : shelf_(std::make_shared<Shelf>(most)) {}

    /// As it was published; a new one when there is no spare.
    [[nodiscard]] std::unique_ptr<T> take() { return shelf_->take(); }

    /// It is a spare again when the last reader, on whatever thread, has let it go; when this
    /// object is gone by then, so is it.
    [[nodiscard]] std::shared_ptr<const T> publish(std::unique_ptr<T> made) {
        return {made.release(), [shelf = std::weak_ptr<Shelf>(shelf_)](T* read) {
                    std::unique_ptr<T> spare(read);
                    if (const auto open = shelf.lock()) open->put(std::move(spare));
                }};
    }

  private:
    class Shelf {
      public:
        explicit Shelf(std::size_t most) : most_(most) { spares_.reserve(most); }

        std::unique_ptr<T> take() {
            {
                const std::lock_guard lock(mutex_);
                if (!spares_.empty()) {
                    std::unique_ptr<T> spare = std::move(spares_.back());
                    spares_.pop_back();
                    return spare;
                }
            }
            return std::make_unique<T>();
        }
        void put(std::unique_ptr<T> spare) {
            const std::lock_guard lock(mutex_);
            if (spares_.size() < most_) spares_.push_back(std::move(spare));
        }

      private:
        const std::size_t most_;
        std::mutex mutex_;
        std::vector<std::unique_ptr<T>> spares_;
    };

    std::shared_ptr<Shelf> shelf_;
};

}  // namespace cellmon::live
