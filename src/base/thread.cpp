#include "base/thread.hpp"

#include <string>

#include <pthread.h>
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

}  // namespace cellmon
