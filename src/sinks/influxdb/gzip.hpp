#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace cellmon::influxdb {

/// Packs bodies in gzip, as fast as zlib can. One thread; the memory is kept from one to the next.
class Gzip {
  public:
    Gzip();
    Gzip(Gzip&&) noexcept;
    Gzip& operator=(Gzip&&) noexcept;
    ~Gzip();

    /// Replaces `out`.
    void pack(std::string_view text, std::string& out);

  private:
    class Stream;
    std::unique_ptr<Stream> stream_;
};

}  // namespace cellmon::influxdb
