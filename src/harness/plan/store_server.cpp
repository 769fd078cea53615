#include "harness/plan/store_server.hpp"

#include <algorithm>
#include <cerrno>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.hpp"

namespace cellmon::harness::plan {
namespace {

bool is_free(std::uint16_t port) {
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(one);
    return free;
}

}  // namespace

Result<std::uint16_t> free_port() {
    constexpr std::uint16_t kFirst = 20'000;
    constexpr std::uint16_t kCount = 12'000;
    constexpr int kTries = 1'000;
    SystemRandom random;
    for (int i = 0; i < kTries; ++i) {
        const auto port = static_cast<std::uint16_t>(kFirst + random.u32() % kCount);
        if (is_free(port)) return port;
    }
    return fail(ErrorCode::unavailable, "no port of this machine is free");
}

std::string made_password() {
    constexpr std::size_t kCharacters = 26;
    SystemRandom random;
    return random.typeable(kCharacters);
}

Result<void> StoreServer::start() {
    CELLMON_TRY(process_.start());
    return ready();
}

Result<void> StoreServer::wait_for(const std::function<bool()>& answers) {
    constexpr std::chrono::seconds kPatience{120};
    const bool came =
        chaos::wait_until([&] { return !process_.is_running() || answers(); }, kPatience);
    if (came && process_.is_running()) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("{} does not answer: {}", name(), process_.log_tail()));
}

}  // namespace cellmon::harness::plan
