#include "server/checkpointer.hpp"

#include <utility>

#include "base/thread.hpp"

namespace cellmon::server {

Checkpointer::Checkpointer(Checkpointed fold, io::FileSystem& files, std::string path,
                           std::chrono::milliseconds interval, telemetry::Log& log)
    : fold_(std::move(fold)),
      files_(files),
      path_(std::move(path)),
      interval_(interval),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Checkpointer::~Checkpointer() {
    thread_.request_stop();
    thread_.join();
    write_if_changed();
}

void Checkpointer::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        rest(interval_, stop);
        if (!stop.stop_requested()) write_if_changed();
    }
}

void Checkpointer::write_if_changed() {
    const std::uint64_t sequence = fold_.sequence();
    if (sequence == written_sequence_) return;
    if (const auto written = fold_.write(files_, path_); !written) {
        // Said once: without a checkpoint the next start takes longer, nothing is lost.
        if (!failing_) log_.warn("cannot write a checkpoint: {}", written.error().message);
        failing_ = true;
        return;
    }
    failing_ = false;
    written_sequence_ = sequence;
}

}  // namespace cellmon::server
