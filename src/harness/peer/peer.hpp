#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/patience.hpp"
#include "base/result.hpp"
#include "harness/chaos/process.hpp"
#include "harness/monitor/watch.hpp"
#include "harness/peer/kept.hpp"
#include "harness/peer/target_profile.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::peer {

/// What the words of a profile stand for on this machine.
struct PeerPlace {
    std::uint16_t port = 0;  ///< `{port}`, where no URL of this machine has one.
    std::string program;     ///< `{cellmon}`
    std::string data;        ///< `{data}`: a folder that is there, for all that it writes.
    std::string folder;      ///< For what is written besides: logs, what commands print.
};

/// A server that a target profile describes, as somebody sees it who knows nothing else of it.
class Peer {
  public:
    /// ErrorCode::invalid when a header names a variable that the environment has not.
    static Result<Peer> create(TargetProfile profile, const PeerPlace& place);

    [[nodiscard]] const TargetProfile& profile() const { return profile_; }
    /// With the headers of the profile. Any thread.
    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
    /// Of one that the plan starts.
    [[nodiscard]] chaos::ProcessSpec process() const;
    [[nodiscard]] std::vector<std::string> environment() const;
    /// Whether it is well; else why not. Any thread.
    [[nodiscard]] Result<void> ask_ready(const Patience& patience) const;
    /// How the monitor finds its process. ErrorCode::unavailable with the reason where it cannot.
    [[nodiscard]] Result<monitor::Watch> watch() const;

    /// How many events it has kept, now; each that it tells goes to `visit`. From the thread that
    /// starts processes.
    Result<std::uint64_t> kept(const VisitKept& visit) const;

  private:
    Peer(TargetProfile profile, PeerPlace place)
        : profile_(std::move(profile)), place_(std::move(place)) {}

    [[nodiscard]] std::string filled(std::string_view text) const;
    [[nodiscard]] Result<std::string> answer_to(const std::string& path) const;
    [[nodiscard]] Result<std::string> output_of_command() const;

    TargetProfile profile_;
    PeerPlace place_;
    Endpoint endpoint_;
};

}  // namespace cellmon::harness::peer
