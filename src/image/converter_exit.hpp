#pragma once

namespace cellmon::image {

/// Exit statuses of the process that reads an image; any other one, or a signal, means that it
/// died.
inline constexpr int kConverted = 0;
inline constexpr int kRefused = 10;

}  // namespace cellmon::image
