#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/classroom/dice.hpp"

namespace cellmon::harness {

/// What a student does in the course of the class; the truth that detectors are tested against.
enum class Behaviour { working, stuck, idle, exploring, finished, endless_loop };

[[nodiscard]] std::string_view name_of(Behaviour behaviour);

/// Who a student is.
struct Person {
    std::uint32_t index = 0;
    std::string email;  ///< student001@example.com
    std::string name;   ///< Two thirds Japanese, one third English.
    std::string team;   ///< チームA … チームZ, then チーム1 … チーム99: five students each.
    bool better_client =
        true;  ///< Sends numbered streams in batches; else like the unchanged extension.
    Behaviour behaviour =
        Behaviour::working;  ///< What the class sees of the student after the first minutes.
};

[[nodiscard]] Person make_person(std::uint32_t index, Behaviour behaviour, Dice& dice);

}  // namespace cellmon::harness
