#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::influxdb {

/// Each with a line in docs/reference/configuration.md.
struct ConnectionOptions {
    std::string url;  ///< `http://HOST:PORT` or https, without user and password.
    std::string database = "cellmon";
    std::string retention_policy;  ///< Empty: the database's default.
    std::string user;
    std::string password;
    std::string token;                          ///< Instead of user and password.
    std::chrono::milliseconds timeout{30'000};  ///< For an answer, from the begin of its request.
    std::size_t answer_bytes = 256U << 10U;     ///< Of an answer are kept.
};

/// ErrorCode::invalid, with what to do, for options that no connection can be made with. No message
/// holds a secret.
Result<void> check(const ConnectionOptions& options);

struct Answer {
    long status = 0;
    std::string body;  ///< At most ConnectionOptions::answer_bytes of it.
};

/// What the server says of an error: the text in its JSON, else the body, on one line of bounded
/// length.
[[nodiscard]] std::string text_of(const Answer& answer);

/// Ends what waits for an answer, now and later. Outlives the connections; any thread.
class Interrupter {
  public:
    Interrupter();
    ~Interrupter();
    Interrupter(const Interrupter&) = delete;
    Interrupter& operator=(const Interrupter&) = delete;

    void interrupt();

  private:
    friend class Connection;
    class Waiting;
    std::unique_ptr<Waiting> waiting_;
};

/// One connection to InfluxDB's v1 API at a time, kept open between requests and made anew when it
/// broke. One thread.
///
/// Errors: unavailable (nobody there, no answer in time, a broken connection) and cancelled (behind
/// Interrupter::interrupt). An answer of any status is no error.
class Connection {
  public:
    /// Connects with the first request.
    Connection(const ConnectionOptions& options, Interrupter& interrupter);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to send lines, packed in gzip. `body` must stay until finish(), which must be called.
    void begin_write(std::string_view body);

    /// Sends on what can be sent at once.
    void pump();

    /// Waits for the answer to what was begun.
    Result<Answer> finish();

    /// A statement of InfluxQL; answers are JSON with times in nanoseconds.
    Result<Answer> query(std::string_view statement);

    [[nodiscard]] const std::string& database() const { return options_.database; }

    /// Connections made so far.
    [[nodiscard]] std::uint64_t connects() const { return connects_; }

  private:
    class Request;

    const ConnectionOptions options_;
    Interrupter& interrupter_;
    std::unique_ptr<Request> request_;
    std::uint64_t connects_ = 0;
};

}  // namespace cellmon::influxdb
