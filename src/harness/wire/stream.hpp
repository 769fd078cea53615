#pragma once

#include <string>
#include <string_view>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness {

/// A TCP connection that blocks in no call: each waits as long as `patience` says. Errors are
/// unavailable, or cancelled when the wait was interrupted. One thread.
class Stream {
  public:
    static Result<Stream> connect(const Endpoint& endpoint, const Patience& patience);
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    Result<void> send(std::string_view bytes, const Patience& patience);
    /// Some bytes; none when the peer has closed.
    Result<std::string> receive(const Patience& patience);

  private:
    Stream(int descriptor, std::string authority)
        : descriptor_(descriptor), authority_(std::move(authority)) {}

    int descriptor_;
    std::string authority_;
};

}  // namespace cellmon::harness
