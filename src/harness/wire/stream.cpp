#include "harness/wire/stream.hpp"

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cellmon::harness {
namespace {

/// With the last error of the system.
tl::unexpected<Error> unavailable(const std::string& authority, std::string_view what, int error) {
    return fail(ErrorCode::unavailable,
                fmt::format("{}: {}", authority, error_from_errno(error, what).message));
}

}  // namespace

Result<Stream> Stream::connect(const Endpoint& endpoint, const Patience& patience) {
    Stream stream(socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                  endpoint.authority);
    if (stream.descriptor_ < 0) return unavailable(endpoint.authority, "no socket", errno);
    if (::connect(stream.descriptor_, reinterpret_cast<const sockaddr*>(&endpoint.address),
                  endpoint.address_bytes) == 0) {
        return stream;
    }
    int error = errno;
    if (error == EINPROGRESS) {
        if (!wait_for_socket(stream.descriptor_, POLLOUT, deadline_of(patience), patience))
            return fail(no_answer(endpoint.authority, patience));
        socklen_t bytes = sizeof(error);
        if (getsockopt(stream.descriptor_, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0)
            error = errno;
    }
    if (error != 0) return unavailable(endpoint.authority, "cannot connect", error);
    return stream;
}

Stream::Stream(Stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), authority_(std::move(other.authority_)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(authority_, other.authority_);
    return *this;
}

Stream::~Stream() {
    if (descriptor_ >= 0) close(descriptor_);
}

Result<void> Stream::send(std::string_view bytes, const Patience& patience) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (!wait_for_socket(descriptor_, POLLOUT, deadline_of(patience), patience))
                return fail(no_answer(authority_, patience));
        } else if (errno != EINTR) {
            return unavailable(authority_, "cannot send", errno);
        }
    }
    return {};
}

Result<std::string> Stream::receive(const Patience& patience) {
    constexpr std::size_t kBlock = 1U << 16U;
    std::string block(kBlock, '\0');
    for (;;) {
        const auto got = recv(descriptor_, block.data(), block.size(), 0);
        if (got >= 0) {
            block.resize(static_cast<std::size_t>(got));
            return block;
        }
        if (errno == EAGAIN) {
            if (!wait_for_socket(descriptor_, POLLIN, deadline_of(patience), patience))
                return fail(no_answer(authority_, patience));
        } else if (errno != EINTR) {
            return unavailable(authority_, "no answer", errno);
        }
    }
}

}  // namespace cellmon::harness
