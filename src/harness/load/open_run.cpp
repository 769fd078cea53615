#include "harness/load/open_run.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/thread.hpp"
#include "harness/load/open_sender.hpp"

namespace cellmon::harness {
namespace {

/// Counts down the senders that are at work.
class Running {
  public:
    explicit Running(std::size_t senders) : left_(senders) {}

    void one_is_done() {
        const std::lock_guard lock(mutex_);
        --left_;
        changed_.notify_all();
    }
    /// True when all are done within the time.
    bool wait_for(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, time, [&] { return left_ == 0; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t left_;
};

}  // namespace

Result<void> OpenOptions::check() const {
    if (threads < 1 || threads > kMaxThreads)
        return fail(ErrorCode::invalid, fmt::format("threads must be 1 to {}", kMaxThreads));
    if (connections < threads || connections > HttpPool::kMaxConnections) {
        return fail(ErrorCode::invalid, fmt::format("connections must be 1 for each thread to {}",
                                                    HttpPool::kMaxConnections));
    }
    for (const std::int64_t time_us : {timeout_us, wait_us}) {
        if (time_us < 1 || time_us > kMaxTimeUs) {
            return fail(ErrorCode::invalid,
                        "the times to wait must be above 0 and at most 10 minutes");
        }
    }
    return {};
}

Result<std::unique_ptr<OpenFigures>> run_open(const Endpoint& endpoint, const Schedule& schedule,
                                              const EventTemplates& templates,
                                              const OpenOptions& options,
                                              const OpenContext& context) {
    // Threads and their first connections take a moment, which must not count as lag.
    constexpr std::int64_t kHeadStartUs = 20'000;
    constexpr std::chrono::milliseconds kTick(100);
    CELLMON_TRY(options.check());
    std::vector<std::unique_ptr<OpenSender>> senders;
    for (std::size_t i = 0; i < options.threads; ++i) {
        const std::size_t connections =
            options.connections / options.threads + (i < options.connections % options.threads);
        CELLMON_TRY_ASSIGN(HttpPool pool, HttpPool::create(endpoint, connections, context.clock,
                                                           options.timeout_us));
        senders.push_back(std::make_unique<OpenSender>(
            std::move(pool), schedule, templates, options, context.clock,
            OpenSender::Share{.first = i, .stride = options.threads}));
    }

    const std::int64_t began_us = context.clock.steady_us() + kHeadStartUs;
    Running running(senders.size());
    std::vector<std::jthread> threads;
    for (const auto& sender : senders) {
        threads.emplace_back([&running, &sender = *sender, began_us] {
            set_thread_name("load");
            sender.run(began_us);
            running.one_is_done();
        });
    }
    for (bool done = false; !done;) {
        done = running.wait_for(kTick);
        if (!done && context.stop()) {
            for (const auto& sender : senders)
                sender->stop();
        }
        OpenProgress progress;
        const std::int64_t since_us =
            std::max<std::int64_t>(context.clock.steady_us() - began_us, 0);
        progress.fraction =
            std::min(1.0, static_cast<double>(since_us) / static_cast<double>(schedule.end_us));
        for (const auto& sender : senders) {
            progress.sent += sender->sent();
            progress.failed += sender->failed();
        }
        context.progress(progress);
    }
    threads.clear();

    auto figures = std::make_unique<OpenFigures>(schedule.phases.size());
    for (const auto& sender : senders)
        figures->merge(sender->figures());
    return figures;
}

}  // namespace cellmon::harness
