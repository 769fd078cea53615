#include "live/picture.hpp"

namespace cellmon::live {

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

StudentPicturePtr Picture::find(std::string_view email) const {
    const auto found = places->find(email);
    return found == places->end() ? nullptr : students[found->second];
}

}  // namespace cellmon::live
