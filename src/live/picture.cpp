#include "live/picture.hpp"

#include <mutex>

#include <xxhash.h>

#include "live/fragment.hpp"

namespace cellmon::live {

const std::string& StudentPicture::fragment() const {
    if (is_written_.load(std::memory_order_acquire)) return fragment_;
    const std::lock_guard lock(mutex_);
    if (!is_written_.load(std::memory_order_relaxed)) {
        write_fragment(view, fragment_);
        is_written_.store(true, std::memory_order_release);
    }
    return fragment_;
}

std::uint64_t StudentPicture::fragment_hash() const {
    const std::string& text = fragment();
    return XXH3_64bits(text.data(), text.size());
}

void Counters::count(const StudentView& view, int sign) {
    // Unsigned numbers wrap around, so adding -1 takes one away.
    const auto times = static_cast<std::uint64_t>(sign);
    students += times;
    executions += times * view.executions;
    errors += times * view.errors;
    switch (view.status) {
        case Status::help:
            help += times;
            break;
        case Status::significant_error:
            significant_error += times;
            break;
        case Status::error:
            error += times;
            break;
        case Status::active:
            active += times;
            break;
        case Status::idle:
            idle += times;
            break;
    }
}

void StudentIndex::add(const std::string& email, std::size_t place) {
    const std::lock_guard lock(mutex_);
    places_.emplace(email, place);
}

std::optional<std::size_t> StudentIndex::find(std::string_view email) const {
    const std::shared_lock lock(mutex_);
    const auto found = places_.find(email);
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

StudentPicturePtr Picture::find(std::string_view email) const {
    const auto place = places->find(email);
    return place && *place < students.size() ? students[*place] : nullptr;
}

}  // namespace cellmon::live
