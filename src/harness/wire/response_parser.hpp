#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cellmon::harness {

/// One HTTP/1.1 response.
struct Response {
    int status = 0;
    std::int64_t retry_after_s = 0;  ///< 0: not said.
    bool keep_alive = true;
    std::string body;
};

/// Puts a response together from the bytes as they arrive: Content-Length, chunked, or until the
/// connection closes.
class ResponseParser {
  public:
    enum class State { incomplete, complete, broken };

    static constexpr std::size_t kMaxHeadBytes = 64U << 10U;
    static constexpr std::size_t kMaxBodyBytes = 256U << 20U;

    /// Takes more bytes. After `complete`, response() is whole; call reset() before the next
    /// response.
    State feed(std::string_view bytes);
    /// The peer closed: completes a body that ends with the connection, breaks any other.
    State end_of_stream();
    void reset();

    [[nodiscard]] Response& response() { return response_; }
    [[nodiscard]] bool started() const { return started_; }

  private:
    enum class Part { head, body, chunk_size, chunk, chunk_end, trailer, until_close, done };

    State parse();
    bool parse_head(std::string_view head);
    bool take_line(std::string_view& line);

    Response response_;
    std::string buffer_;
    std::size_t position_ = 0;
    Part part_ = Part::head;
    std::size_t remaining_ = 0;
    bool started_ = false;
};

}  // namespace cellmon::harness
