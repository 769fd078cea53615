#pragma once

#include <mutex>
#include <type_traits>

#include "socketio/hub.hpp"

namespace cellmon::socketio {

template <typename Work>
auto Hub::locked(Work work) {
    Later later;
    const auto run = [&later] {
        for (http::Task& task : later)
            task();
    };
    if constexpr (std::is_void_v<std::invoke_result_t<Work, Later&>>) {
        {
            const std::lock_guard lock(mutex_);
            work(later);
        }
        run();
    } else {
        auto result = [&] {
            const std::lock_guard lock(mutex_);
            return work(later);
        }();
        run();
        return result;
    }
}

}  // namespace cellmon::socketio
