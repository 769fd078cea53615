#pragma once

#include <algorithm>
#include <thread>
#include <vector>

namespace cellmon::journal::simulation {

/// Calls `work` on as many threads as there are cores, and returns when all have returned.
template <typename Work>
void on_every_core(const Work& work) {
    std::vector<std::jthread> threads;
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned core = 0; core < cores; ++core)
        threads.emplace_back(work);
}

}  // namespace cellmon::journal::simulation
