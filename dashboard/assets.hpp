#pragma once

#include <span>
#include <string_view>

namespace cellmon::dashboard {

/// A file of a page, or the API's document; part of the program.
struct Asset {
    std::string_view path;  ///< Where it is served; `/` is the live page itself.
    std::string_view content_type;
    std::string_view tag;  ///< Of the content, in hexadecimal; another content has another one.
    std::string_view bytes;
    std::string_view gzip_bytes;
};

/// All of them, at any time, by any thread.
[[nodiscard]] std::span<const Asset> assets();

}  // namespace cellmon::dashboard
