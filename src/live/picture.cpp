#include "live/picture.hpp"

namespace cellmon::live {

void Counters::add(const StudentView& view) {
    ++students;
    executions += view.executions;
    errors += view.errors;
    switch (view.status) {
        case Status::help:
            ++help;
            break;
        case Status::significant_error:
            ++significant_error;
            break;
        case Status::error:
            ++error;
            break;
        case Status::active:
            ++active;
            break;
        case Status::idle:
            ++idle;
            break;
    }
}

StudentPicturePtr Picture::find(std::string_view email) const {
    const auto found = places->find(email);
    return found == places->end() ? nullptr : students[found->second];
}

}  // namespace cellmon::live
