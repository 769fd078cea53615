#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace cellmon::io {

/// A file descriptor that is closed with its object.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    ~Descriptor() { close(); }
    void close();
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

/// What is to be run. It gets its input, a pipe for what it says, and nothing else of this process:
/// no file, no socket, no blocked signal, no variable but those named here.
struct ChildProcess {
    std::string program;
    bool look_in_path = false;  ///< For a program without a slash in its name.
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    int input = -1;         ///< -1: none.
    std::string directory;  ///< To work in; empty: that of this process.
};

struct ChildLimits {
    std::chrono::milliseconds timeout{};  ///< From the start to the end.
    std::size_t answer_bytes = 0;
};

struct ChildAnswer {
    std::string said;
    int status = 0;  ///< As waitpid() tells it.
};

/// Runs it to its end. Blocks no longer than the timeout, less when `stopped` is set; the child
/// does not outlive the call. Errors: unavailable (it cannot be started, or we stop), limit (it
/// takes too long or says too much).
Result<ChildAnswer> run_child(const ChildProcess& child, const ChildLimits& limits,
                              const std::atomic<bool>& stopped);

}  // namespace cellmon::io
