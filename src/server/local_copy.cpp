#include "server/local_copy.hpp"

#include <fmt/format.h>

namespace cellmon::server {

void LocalCopy::write(std::string text) {
    if (holds(text)) return;
    if (const auto done = io::replace_file(files_, path_, text); !done) {
        return unwritten_.say(
            fmt::format("cannot write the file of {}: {}", of_, done.error().message));
    }
    text_ = std::move(text);
}

}  // namespace cellmon::server
