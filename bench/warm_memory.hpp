#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>

/// Touches memory and gives it back at once, so that what follows gets pages that the machine has
/// at hand. In a virtual machine the host may hand out a page only at its first use, which costs
/// more than all that is measured here, and takes it away again when it lies free for some seconds:
/// then whoever runs first after much was freed would win. A server that runs for hours has its
/// memory in use.
inline void warm_memory(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        std::perror("mmap");
        std::exit(1);
    }
    constexpr std::size_t kPage = 4096;
    for (std::size_t at = 0; at < bytes; at += kPage)
        static_cast<volatile char*>(memory)[at] = 1;
    ::munmap(memory, bytes);
}

/// Enough for what a measurement of two seconds writes in groups of that size.
inline std::size_t warm_bytes(std::size_t group) {
    return std::size_t{group < 256 ? 1U : 3U} << 30U;
}
