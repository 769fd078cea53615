#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::image {

/// The argument with which this program is the process that reads one image, and nothing else: see
/// docs/decisions/0009-images-are-decoded-in-a-process-of-their-own.md.
inline constexpr std::string_view kConverterArgument = "convert-image";

/// That process: takes an image from its standard input, gives up every right that it does not need
/// for the work, and writes what normalised() makes of it, or the reason why not, to its standard
/// output. The exit status of the process.
[[nodiscard]] int run_converter();

/// Has images normalised by a process that knows nothing of this one, so that a file which gets the
/// better of a decoder gets nothing else.
class Converter {
  public:
    /// `program`: what run_converter() is started in.
    explicit Converter(std::chrono::milliseconds timeout, std::string program = "/proc/self/exe")
        : timeout_(timeout), program_(std::move(program)) {}

    /// Blocks. Errors, with a reason for whoever sent the file: invalid; corrupt: the process died
    /// of it; limit: it took too long. And unavailable: behind stop(), or the machine has no room
    /// for a process.
    Result<std::string> convert(std::string_view bytes);

    /// Ends what convert() waits for. Any thread.
    void stop() { stopped_ = true; }

  private:
    const std::chrono::milliseconds timeout_;
    const std::string program_;
    std::atomic<bool> stopped_{false};
};

}  // namespace cellmon::image
