#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "journal/journal.hpp"

namespace cellmon::live {

/// Writes what people do through this server into the journal, as entries of the kind `server`, so
/// that it survives restarts and rebuilds. Stands before the completion queue of the clients'
/// events and takes its own out. Any thread.
class ServerEntries final : public journal::CompletionQueue {
  public:
    /// The sequence of the durable entry, or ErrorCode::unavailable, no_space, io. Called once, by
    /// the journal's thread or inside the call that wrote; it must not block.
    using Done = std::function<void(Result<std::uint64_t>)>;

    ServerEntries(journal::CompletionQueue& events, const Clock& clock, RandomSource& random)
        : events_(events), clock_(clock), random_(random) {}

    /// Before the first entry; it must outlive the last one.
    void connect(journal::Journal& journal) { journal_ = &journal; }

    /// `payload` is JSON.
    void write(std::string payload, Done done);

    void complete(unsigned waiter, std::vector<std::unique_ptr<journal::Submission>> done) override;

  private:
    class Pending;
    static constexpr unsigned kWaiter = std::numeric_limits<unsigned>::max();

    journal::CompletionQueue& events_;
    const Clock& clock_;
    RandomSource& random_;
    journal::Journal* journal_ = nullptr;
};

}  // namespace cellmon::live
