#pragma once

#include <functional>
#include <memory>

#include "http/response.hpp"

namespace cellmon::http {

/// Where an answer goes: a connection, or a test's recorder.
class ResponseSink {
  public:
    virtual ~ResponseSink() = default;

    /// Takes the answer. Called once for each Responder, by any thread.
    virtual void respond(Response&& response) = 0;

    /// The number of the I/O thread that owns the connection.
    [[nodiscard]] virtual unsigned thread() const = 0;
};

/// The duty to answer one request. Moves, is used once, by any thread; it may outlive the
/// connection, then the answer goes nowhere. Destroyed without an answer it sends a 500, so that no
/// client waits for a handler that forgot it.
class Responder {
  public:
    explicit Responder(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    /// Sends the answer, at once when the caller is on thread(). Asserts that none was sent before.
    void send(Response response);

    /// The same duty; `sent` is told the status of the answer, by the thread that sends it, before
    /// it goes.
    [[nodiscard]] Responder watched(std::function<void(unsigned status)> sent) &&;

    /// The I/O thread of the connection; work done there needs no post to answer.
    [[nodiscard]] unsigned thread() const;

    /// Whether send() is still due. False after a send and after a move.
    [[nodiscard]] bool pending() const { return sink_ != nullptr; }

  private:
    std::shared_ptr<ResponseSink> sink_;
};

}  // namespace cellmon::http
