#include "base/thread.hpp"

#include <cerrno>
#include <string>

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <unistd.h>

namespace cellmon {

void set_thread_name(std::string_view name) {
    constexpr std::size_t kMostBytes = 15;
    pthread_setname_np(pthread_self(), std::string(name.substr(0, kMostBytes)).c_str());
}

void step_back() {
    // Linux: each thread has a niceness of its own. Where that fails it works as well, only later.
    constexpr int kNiceness = 10;
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness));
}

void rest(std::chrono::microseconds duration, const std::stop_token& stop) {
    if (duration.count() <= 0) return;
    // Cheaper than a condition variable, whose mutex wakes somebody at each timeout, in vain.
    struct Semaphore {
        Semaphore() { sem_init(&self, 0, 0); }
        ~Semaphore() { sem_destroy(&self); }
        sem_t self{};
    } stopped;
    const std::stop_callback on_stop(stop, [&] { sem_post(&stopped.self); });
    const auto until = std::chrono::steady_clock::now() + duration;
    const auto since_epoch = until.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const timespec at{seconds.count(), std::chrono::nanoseconds(since_epoch - seconds).count()};
    while (sem_clockwait(&stopped.self, CLOCK_MONOTONIC, &at) != 0 && errno == EINTR) {
    }
}

}  // namespace cellmon
