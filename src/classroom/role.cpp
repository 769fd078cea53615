#include "classroom/role.hpp"

#include <algorithm>
#include <array>

namespace cellmon::classroom {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"student", "assistant", "instructor", "admin"};
constexpr std::array<std::string_view, 4> kStatuses = {"available", "in_session", "break",
                                                       "offline"};

template <typename Enum>
std::optional<Enum> find(const std::array<std::string_view, 4>& names, std::string_view name) {
    const auto* found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(Role role) {
    return kRoles.at(static_cast<std::size_t>(role));
}

std::optional<Role> role_of(std::string_view name) {
    return find<Role>(kRoles, name);
}

std::string_view name_of(Status status) {
    return kStatuses.at(static_cast<std::size_t>(status));
}

std::optional<Status> status_of(std::string_view name) {
    return find<Status>(kStatuses, name);
}

}  // namespace cellmon::classroom
