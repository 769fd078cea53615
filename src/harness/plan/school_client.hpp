#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "harness/wire/endpoint.hpp"

namespace cellmon::harness::plan {

/// What the API of classes answered.
struct ApiAnswer {
    int status = 0;  ///< 0: no answer.
    std::string body;

    [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
    /// Refused as a violation is: 400, 404, 409 or 422.
    [[nodiscard]] bool is_clean_refusal() const;
    /// A whole number of the answer, by its name; −1 without one.
    [[nodiscard]] std::int64_t number(std::string_view name) const;
};

/// The routes of docs/reference/classroom.md, as any client uses them. Any thread.
class SchoolClient {
  public:
    explicit SchoolClient(const Endpoint& server) : server_(server) {}

    [[nodiscard]] ApiAnswer send(std::string_view method, const std::string& path,
                                 const std::string& body,
                                 std::string_view content_type = "application/json") const;
    [[nodiscard]] ApiAnswer post(const std::string& path, const std::string& body) const {
        return send("POST", path, body);
    }

    /// Each makes one and gives its id; the error says what the server answered.
    Result<std::int64_t> new_class(const std::string& code) const;
    Result<std::int64_t> new_notebook(const std::string& path) const;
    Result<std::int64_t> new_assignment(std::int64_t class_id, std::int64_t notebook_id) const;

  private:
    Result<std::int64_t> make(const std::string& path, const std::string& body) const;

    const Endpoint server_;
};

}  // namespace cellmon::harness::plan
