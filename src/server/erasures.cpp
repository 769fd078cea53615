#include "server/erasures.hpp"

#include <chrono>
#include <utility>

#include "base/thread.hpp"
#include "erasure/eraser.hpp"

namespace cellmon::server {
namespace {

constexpr std::chrono::seconds kLookForRequests{1};
/// Between two looks at stores that were away: each costs an attempt to connect.
constexpr unsigned kLooksBetweenStores = 10;

}  // namespace

Result<void> erase_before_start(const config::Config& config, io::FileSystem& files,
                                const Clock& clock, RandomSource& random, telemetry::Log& log) {
    CELLMON_TRY_ASSIGN(const auto outcome,
                       erasure::erase_pending({config, files, clock, random, {}}));
    for (const erasure::Tombstone& one : outcome.done) {
        log.info(
            "erasure {} is done: {} payloads of the journal blanked; {} of others name the "
            "person and stay",
            one.id.to_string(), one.payloads, one.mentions);
    }
    if (!outcome.not_kept.empty()) {
        log.error(
            "the list of who was erased is not beside the backups; the next backup or erasure "
            "tries again: {}",
            outcome.not_kept);
    }
    if (!outcome.left.empty()) {
        log.warn("{} erasures wait for a store, and go on by themselves when it answers: {}",
                 outcome.left.size(), outcome.why);
    }
    return {};
}

ErasureWatch::ErasureWatch(const config::Config& config, io::FileSystem& files, telemetry::Log& log,
                           std::function<void()> begin_anew)
    : config_(config),
      files_(files),
      log_(log),
      begin_anew_(std::move(begin_anew)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void ErasureWatch::run(const std::stop_token& stop) {
    set_thread_name("erasures");
    const erasure::Requests requests(files_, config_.data_directory);
    bool is_unread_said = false;
    for (unsigned looks = 1; !stop.stop_requested(); ++looks) {
        rest(kLookForRequests, stop);
        if (stop.stop_requested()) return;
        const auto pending = requests.pending();
        if (!pending) {
            if (!std::exchange(is_unread_said, true)) {
                log_.error("erasures that are asked for cannot be read: {}",
                           pending.error().message);
            }
            continue;
        }
        for (const erasure::Request& request : *pending) {
            const bool is_new = request.done.empty();
            if (!is_new && (looks % kLooksBetweenStores != 0 ||
                            !erasure::can_go_on(config_, files_, request))) {
                continue;
            }
            log_.info("erasure {}: the server pauses for it", request.id.to_string());
            begin_anew_();
            return;
        }
    }
}

}  // namespace cellmon::server
