#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace cellmon::server {

/// The last word on how the data stand, for who asks. Any thread.
class StatusBoard {
  public:
    void put(std::string text) {
        const std::lock_guard lock(mutex_);
        text_ = std::move(text);
    }
    /// Empty before the first one.
    [[nodiscard]] std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace cellmon::server
