#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace cellmon::live {

/// Some of the places 0 to 63, as one number.
class PlaceSet {
  public:
    static constexpr std::size_t kPlaces = 64;

    void set(std::size_t place, bool is_in) {
        const std::uint64_t bit = std::uint64_t{1} << place;
        places_ = is_in ? places_ | bit : places_ & ~bit;
    }

    /// In ascending order; `visit` may change the set.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (std::uint64_t rest = places_; rest != 0; rest &= rest - 1)
            visit(static_cast<std::size_t>(std::countr_zero(rest)));
    }

  private:
    std::uint64_t places_ = 0;
};

}  // namespace cellmon::live
