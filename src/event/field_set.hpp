#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>

#include "event/event.hpp"

namespace cellmon::event {

/// A set of fields, walked in schema order.
class FieldSet {
  public:
    static_assert(kFieldCount <= 64);

    constexpr FieldSet() = default;
    constexpr FieldSet(std::initializer_list<Field> fields) {
        for (const Field field : fields)
            add(field);
    }
    [[nodiscard]] static constexpr FieldSet all() {
        FieldSet all;
        all.bits_ = ~std::uint64_t{0};
        return all;
    }

    [[nodiscard]] constexpr bool has(Field field) const { return (bits_ & bit(field)) != 0; }
    constexpr void add(Field field) { bits_ |= bit(field); }
    void remove(Field field) { bits_ &= ~bit(field); }
    [[nodiscard]] FieldSet operator&(const FieldSet& other) const {
        FieldSet both;
        both.bits_ = bits_ & other.bits_;
        return both;
    }
    [[nodiscard]] constexpr FieldSet operator|(const FieldSet& other) const {
        FieldSet either;
        either.bits_ = bits_ | other.bits_;
        return either;
    }
    [[nodiscard]] bool empty() const { return bits_ == 0; }

    template <typename Function>
    void for_each(Function function) const {
        for (std::uint64_t rest = bits_; rest != 0; rest &= rest - 1) {
            function(static_cast<Field>(std::countr_zero(rest)));
        }
    }

  private:
    static constexpr std::uint64_t bit(Field field) {
        return std::uint64_t{1} << static_cast<unsigned>(field);
    }

    std::uint64_t bits_ = 0;
};

}  // namespace cellmon::event
