#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/report/words.hpp"

namespace cellmon::harness::report {

/// Where a scale has its marks, from one end to the other.
struct Axis {
    double from = 0;
    double to = 1;
    std::vector<double> ticks;
    Words unit;           ///< Of a time axis; of a value axis the plot names it.
    double per_unit = 1;  ///< Microseconds in a unit of a time axis.
};

/// A scale of values with four to six marks at round numbers; from 0, or below where values are.
[[nodiscard]] Axis value_axis(double least, double most);

/// A scale of the time since a phase began: seconds, minutes or hours, marks at round ones, at
/// most nine.
[[nodiscard]] Axis time_axis(std::int64_t length_us);

/// A mark's text; from a million on in millions, "36M", and so on.
[[nodiscard]] std::string tick_text(double value);

}  // namespace cellmon::harness::report
