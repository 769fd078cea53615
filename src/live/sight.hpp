#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "live/picture.hpp"

namespace cellmon::live {

using ClassCodes = std::set<std::string, std::less<>>;

/// The students whom somebody may see who does not see all: those of some classes. An event belongs
/// to the class that it names; when it names none, or one that nobody has made, to the classes on
/// whose rosters its student is. A student is seen where their latest event that names a class
/// belongs (docs/decisions/0008-whose-students.md). Immutable; any thread.
class Sight {
  public:
    struct Rows {
        ClassCodes own;                          ///< Codes of the classes.
        std::shared_ptr<const ClassCodes> made;  ///< Of all classes that there are; never null.
        std::unordered_set<std::string> roster;  ///< Addresses in small letters (ASCII).
    };

    /// `id` is another one for each that is not equal to one before.
    Sight(std::uint64_t id, Rows rows) : id_(id), rows_(std::move(rows)) {}

    [[nodiscard]] bool sees(std::string_view email, std::string_view class_code) const;
    [[nodiscard]] bool sees(const StudentView& view) const {
        return sees(view.email, view.class_code);
    }
    /// Whether it is a class of theirs: then all are seen who name it.
    [[nodiscard]] bool has(std::string_view class_code) const {
        return rows_.own.contains(class_code);
    }

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] const ClassCodes& codes() const { return rows_.own; }
    [[nodiscard]] bool holds(const Rows& rows) const;

  private:
    const std::uint64_t id_;
    const Rows rows_;
};

/// Null: everybody is seen.
using SightPtr = std::shared_ptr<const Sight>;

/// Gives the sight of one viewer as it is now; an empty function: of one who sees everybody.
using SightSource = std::function<SightPtr()>;

/// What the source gives; null without one.
[[nodiscard]] inline SightPtr look_through(const SightSource& source) {
    return source ? source() : nullptr;
}

[[nodiscard]] inline bool sees(const SightPtr& sight, const StudentView& view) {
    return !sight || sight->sees(view);
}

/// The picture with those only who are seen, summed anew; itself when all are.
[[nodiscard]] PicturePtr seen(const PicturePtr& picture, const SightPtr& sight);

}  // namespace cellmon::live
