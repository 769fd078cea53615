#include "sinks/influxdb/gzip.hpp"

#include <zlib.h>

#include "base/assert.hpp"

namespace cellmon::influxdb {

class Gzip::Stream {
  public:
    Stream() {
        constexpr int kGzipWindow = 15 + 16;  // 32 KiB, in gzip's form.
        constexpr int kMemory = 8;            // zlib's default.
        CELLMON_ASSERT(deflateInit2(&z_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemory,
                                    Z_DEFAULT_STRATEGY) == Z_OK);
    }
    ~Stream() { deflateEnd(&z_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void pack(std::string_view text, std::string& out) {
        CELLMON_ASSERT(deflateReset(&z_) == Z_OK);
        out.resize(deflateBound(&z_, static_cast<uLong>(text.size())));
        // zlib does not write to what it reads.
        z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        z_.avail_in = static_cast<uInt>(text.size());
        z_.next_out = reinterpret_cast<Bytef*>(out.data());
        z_.avail_out = static_cast<uInt>(out.size());
        CELLMON_ASSERT(deflate(&z_, Z_FINISH) == Z_STREAM_END);
        out.resize(out.size() - z_.avail_out);
    }

  private:
    z_stream z_{};
};

Gzip::Gzip() : stream_(std::make_unique<Stream>()) {}
Gzip::Gzip(Gzip&&) noexcept = default;
Gzip& Gzip::operator=(Gzip&&) noexcept = default;
Gzip::~Gzip() = default;

void Gzip::pack(std::string_view text, std::string& out) {
    stream_->pack(text, out);
}

}  // namespace cellmon::influxdb
