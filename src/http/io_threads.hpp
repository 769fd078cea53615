#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "http/task.hpp"

namespace boost::asio {
class io_context;
}

namespace cellmon::http {

/// The threads that serve sockets. Each has an event loop of its own, so what belongs to one thread
/// needs no lock. Outlives every Server and every Responder made on it.
class IoThreads {
  public:
    /// No thread runs before start().
    explicit IoThreads(unsigned threads);

    /// Stops and joins.
    ~IoThreads();
    IoThreads(const IoThreads&) = delete;
    IoThreads& operator=(const IoThreads&) = delete;

    [[nodiscard]] unsigned size() const;
    void start();

    /// Runs `work` on the thread, never inside this call. Any thread may call it. Work posted after
    /// stop() is kept and destroyed with this object without being run.
    void post(unsigned thread, Task work);

    /// Whether the caller runs on that I/O thread.
    [[nodiscard]] bool on_thread(unsigned thread) const;

    /// Between start() and stop().
    [[nodiscard]] bool running() const { return running_; }

    /// Ends the loops after the handlers that are running. Stop the Server first.
    void stop();
    void join();

    [[nodiscard]] boost::asio::io_context& context(unsigned thread);

  private:
    struct Loop;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::atomic<bool> running_{false};
};

}  // namespace cellmon::http
