#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "harness/load/answer.hpp"
#include "harness/load/open_run.hpp"

namespace cellmon::harness {

/// The part of an open run that one thread sends: every `stride`-th request of the schedule.
class OpenSender {
  public:
    struct Share {
        std::size_t first = 0;
        std::size_t stride = 1;
    };

    OpenSender(HttpPool pool, const Schedule& schedule, const EventTemplates& templates,
               const OpenOptions& options, const Clock& clock, Share share);

    /// Until the share is settled or stop() was called. `began_us`: the start of the schedule,
    /// steady clock.
    void run(std::int64_t began_us);

    // From any thread, while run() is at work.
    void stop() { stopped_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

    /// Behind run().
    [[nodiscard]] const OpenFigures& figures() const { return figures_; }

  private:
    /// Where the thread's CPU stood when.
    struct CpuMark {
        std::int64_t at_us = 0;
        double cpu_seconds = 0;
    };

    [[nodiscard]] std::int64_t due_us(std::size_t request) const {
        return began_us_ + schedule_.requests[request].at_us;
    }
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] std::int64_t wake_us() const;
    void take_up_due();
    void send_waiting(std::int64_t now_us);
    void send(std::size_t request);
    void settle(Exchange& exchange);
    void count_not_started(std::size_t request);
    void cut_off();
    void mark_cpu();

    HttpPool pool_;
    const Schedule& schedule_;
    const EventTemplates& templates_;
    const OpenOptions& options_;
    const Clock& clock_;
    Share share_;
    AnswerReader answers_;
    OpenFigures figures_;
    std::deque<std::size_t> idle_;  ///< Connections, the one that has rested longest first.
    std::size_t next_;              ///< The first request that is not due yet.
    std::size_t waiting_;           ///< From here to next_ all wait for a free connection.
    std::uint64_t under_way_ = 0;   ///< Measured requests without an answer yet.
    std::int64_t began_us_ = 0;
    std::int64_t last_answer_us_ = 0;
    CpuMark at_start_;
    CpuMark at_measured_;  ///< When the warm-up was over.
    CpuMark at_end_;       ///< When the schedule was.
    std::atomic<bool> stopped_ = false;
    std::atomic<std::uint64_t> sent_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
};

}  // namespace cellmon::harness
