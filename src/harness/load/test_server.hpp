#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace cellmon::harness {

/// A tiny server for tests: counts how often each event id arrives and answers as its script says.
/// One thread.
class TestServer {
  public:
    /// What to do with a request, by its number from 0.
    enum class Reply {
        accept,          ///< 202; ids seen before are duplicates.
        busy,            ///< 503 without looking.
        store_and_drop,  ///< Takes the events and closes without an answer: the worst case for a
                         ///< client.
        drop,            ///< Closes at once.
        refuse,          ///< 422.
        refuse_first,    ///< 202 with the first event in `failed_events`.
        close_after,     ///< 202, then closes the keep-alive connection.
        silent,          ///< No answer, and the connection stays open.
        no_counts,       ///< 202 that says nothing of events.
        other_count,     ///< 202 for one event more than there were.
        no_http,         ///< Something else than a response.
    };

    explicit TestServer(std::function<Reply(std::uint64_t request)> script);
    ~TestServer();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// How often each event id was taken.
    [[nodiscard]] std::unordered_map<std::string, unsigned> taken() const;
    [[nodiscard]] std::uint64_t requests() const { return requests_; }
    /// Of those that were looked at: which had an array.
    [[nodiscard]] std::uint64_t arrays() const { return arrays_; }

  private:
    void serve();
    /// False: close the connection.
    bool answer(int connection, const std::string& body);

    std::function<Reply(std::uint64_t)> script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> arrays_ = 0;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, unsigned> taken_;  ///< Guarded by mutex_.
    std::thread thread_;
};

}  // namespace cellmon::harness
