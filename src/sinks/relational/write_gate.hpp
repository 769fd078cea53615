#pragma once

#include <atomic>

namespace cellmon::relational {

/// Lets other writers of the process ask the projection to end its transaction early, because
/// SQLite has one writer at a time. Safe for use by any thread.
class WriteGate {
  public:
    /// Held by a writer from before its BEGIN until it has the write lock.
    class Waiting {
      public:
        explicit Waiting(WriteGate& gate) : gate_(gate) { ++gate_.waiting_; }
        ~Waiting() { --gate_.waiting_; }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

      private:
        WriteGate& gate_;
    };

    [[nodiscard]] bool anyone_waits() const { return waiting_ > 0; }

  private:
    std::atomic<int> waiting_{0};
};

}  // namespace cellmon::relational
