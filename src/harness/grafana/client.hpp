#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cellmon::harness::grafana {

struct Answer {
    long status = 0;
    std::string body;
};

/// Grafana's HTTP API, with a token of a service account. Follows no redirection, so that the token
/// goes nowhere else. One thread; each request ends within ten seconds.
class Client {
  public:
    /// `url` is http or https, without a user, password or query; it may have a path. No message
    /// holds the token. ErrorCode::invalid for anything else, also for a token that no header can
    /// hold.
    static Result<Client> make(std::string_view url, std::string_view token);
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    /// `path` begins with `/api/`. Errors: unavailable (nobody there, no answer in time),
    /// permission (401 and 403). An answer of any other status is none.
    Result<Answer> get(std::string_view path);
    Result<Answer> send(const char* method, std::string_view path, const std::string& json);

    /// The error of an answer that was not expected, with what Grafana says of it.
    [[nodiscard]] static Error unexpected(std::string_view what, const Answer& answer);

    /// A piece of a path or query, percent-encoded.
    [[nodiscard]] static std::string quoted(std::string_view text);

  private:
    class Request;
    explicit Client(std::unique_ptr<Request> request);
    std::unique_ptr<Request> request_;
};

}  // namespace cellmon::harness::grafana
