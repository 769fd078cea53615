#include "base/thread_name.hpp"

#include <string>

#include <pthread.h>

namespace cellmon {

void set_thread_name(std::string_view name) {
    constexpr std::size_t kMostBytes = 15;
    pthread_setname_np(pthread_self(), std::string(name.substr(0, kMostBytes)).c_str());
}

}  // namespace cellmon
