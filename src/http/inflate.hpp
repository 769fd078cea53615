#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cellmon::http {

/// Unpacks gzip bodies. Keeps zlib's memory between calls. One thread.
class Inflater {
  public:
    Inflater();
    ~Inflater();
    Inflater(Inflater&&) = delete;

    enum class Outcome {
        done,
        corrupt,    ///< Not gzip, cut off, or of the wrong check sum.
        too_large,  ///< More than `limit_bytes`.
        refused,    ///< `admit` said no.
    };

    /// Appends to `out`, which is never grown beyond `limit_bytes`. Before each growth `admit` is
    /// asked for the additional bytes. Several members in a row (RFC 1952, 2.2) are one text.
    Outcome inflate(std::string_view packed, std::size_t limit_bytes,
                    const std::function<bool(std::size_t)>& admit, std::string& out);

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

}  // namespace cellmon::http
