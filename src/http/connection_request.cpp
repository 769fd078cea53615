// From the first byte of a request to the call of its handler.
#include <algorithm>

#include <fmt/core.h>
#include <sys/socket.h>

#include "base/percent.hpp"
#include "http/connection.hpp"
#include "http/path.hpp"
#include "http/utf8.hpp"
#include "http/websocket_handshake.hpp"

namespace cellmon::http {

namespace {

/// A rejected body of at most this size is read and thrown away, so that the connection can go on.
constexpr std::uint64_t kDiscardBytes = 64U << 10U;

/// Bodies are counted against body_bytes_in_flight in steps of this size.
constexpr std::size_t kReserveStepBytes = 16U << 10U;

Response too_large(std::string_view what, std::string_view limit, std::size_t bytes) {
    return error_response(413, fmt::format("{} is larger than {} = {} bytes", what, limit, bytes));
}

Response in_flight_full(const ServerLimits& limits) {
    return unavailable_response(
        fmt::format("The server has reached http.body_bytes_in_flight = {} bytes; try again",
                    limits.body_bytes_in_flight));
}

bool are_utf8(const std::vector<Parameter>& parameters) {
    return std::all_of(parameters.begin(), parameters.end(), [](const Parameter& one) {
        return is_utf8(one.name) && is_utf8(one.value);
    });
}

Response bad_framing(unsigned status, std::string_view detail) {
    Response response = error_response(status, detail);
    response.close = true;
    return response;
}

}  // namespace

void Connection::begin_request() {
    phase_ = Phase::header;
    http_1_0_ = false;
    head_only_ = false;
    reads_only_ = false;
    has_cookie_ = false;
    started_us_ = state_->clock.steady_us();
    deadline_us_ = started_us_ + std::chrono::microseconds(state_->limits.header_timeout).count();
    exchange_ = worker_.take_exchange();
    exchange_->parser.emplace(exchange_->request, *this, state_->limits.header_bytes);
    exchange_->request.remote_address = remote_address_;
}

void Connection::on_header() {
    const RequestParser& parser = *exchange_->parser;
    const Request& request = exchange_->request;
    const RequestParser::Facts& facts = parser.facts();
    phase_ = Phase::body;
    keep_alive_ = parser.keep_alive();
    http_1_0_ = facts.http_1_0;
    head_only_ = request.method == Method::head;
    reads_only_ = head_only_ || request.method == Method::get;
    has_cookie_ = facts.cookie;
    if (facts.origin) origin_ = request.header("origin");

    // Where two programs could disagree about where a request ends, nothing of it is used.
    if (facts.odd_transfer_encoding || (facts.http_1_0 && parser.chunked())) {
        return reject(bad_framing(501, "Only the transfer coding chunked is implemented"));
    }
    if (!facts.host && !facts.http_1_0) {
        return reject(bad_framing(400, "The header field Host is missing"));
    }
    if (auto rejection = find_route()) return reject(std::move(*rejection));
    if (parser.is_done()) return on_request();
    if (auto rejection = admit_body()) return reject(std::move(*rejection));
    if (facts.expect_continue && !facts.http_1_0) {
        const std::ptrdiff_t sent = send("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (sent < 0) return close();
    }
    set_deadline(state_->limits.body_timeout);
}

std::optional<Response> Connection::find_route() {
    Request& request = exchange_->request;
    std::string_view path = request.target;
    // The absolute form, `http://host/path`, must be understood by every server (RFC 9112, 3.2.2).
    if (const auto scheme = path.find("://"); scheme != path.npos && !path.starts_with('/')) {
        const auto slash = path.find('/', scheme + 3);
        path = slash == path.npos ? std::string_view("/") : path.substr(slash);
    }
    const auto question = path.find('?');
    if (question != path.npos) {
        auto query = parse_query(path.substr(question + 1));
        if (!query) return error_response(400, "The query has an invalid percent escape");
        if (!are_utf8(*query)) return error_response(400, "The query is not UTF-8");
        request.query = std::move(*query);
        path = path.substr(0, question);
    }
    if (path.find('%') == path.npos) {
        request.path = path;
    } else {
        auto decoded = percent_decode(path);
        if (!decoded) return error_response(400, "The path has an invalid percent escape");
        request.path = std::move(*decoded);
    }
    // Handlers say what they were asked for again, in JSON and to databases.
    if (!is_utf8(request.path)) return error_response(400, "The path is not UTF-8");
    if (auto refusal = check_page(path)) return refusal;
    if (request.method == Method::options) {
        const auto requested = request.headers.find("access-control-request-method");
        if (!origin_.empty() && requested) {
            Response response = preflight_response(
                *cors_, origin_, request.header("access-control-request-headers"));
            origin_.clear();  // The answer has its CORS fields already.
            return response;
        }
    }
    if (exchange_->parser->facts().websocket && request.method == Method::get && !http_1_0_) {
        exchange_->upgrade = state_->router.find_upgrade(path, request.path_parameters);
        if (exchange_->upgrade != nullptr) return check_handshake();
    }
    auto match = state_->router.find(request.method, path, request.path_parameters);
    exchange_->handler = match.handler;
    if (match.handler != nullptr) return std::nullopt;
    if (!match.path_known) return error_response(404, "Not Found");
    if (match.needs_upgrade) return upgrade_required();
    Response response = request.method == Method::options
                            ? text_response(200, "OK")
                            : error_response(405, "Method Not Allowed");
    response.headers.emplace_back("Allow", std::move(match.allow));
    return response;
}

/// What no page may do that this server does not know, whatever the route makes of it.
std::optional<Response> Connection::check_page(std::string_view path) {
    const Request& request = exchange_->request;
    const std::string_view host = request.header("host");
    if (!state_->cors.allows_host(host)) {
        return error_response(
            403,
            fmt::format("This server does not answer to the name {}. A name of this machine, or "
                        "of a proxy, belongs into auth.hosts",
                        host.empty() ? "of nobody" : host));
    }
    cors_ = state_->router.takes_any_origin(path) ? &state_->any_origin : &state_->cors;
    const bool reads = request.method == Method::get || request.method == Method::head ||
                       request.method == Method::options;
    if (!reads && !origin_.empty() && !cors_->may_change(origin_, host)) {
        return error_response(403, "Pages of this origin may not change anything here");
    }
    return std::nullopt;
}

std::optional<Response> Connection::admit_body() {
    const ServerLimits& limits = state_->limits;
    const auto& facts = exchange_->parser->facts();
    if (facts.content_encoding) {
        const std::string_view coding = exchange_->request.header("content-encoding");
        if (coding != "gzip" && coding != "x-gzip" && coding != "identity") {
            Response response = error_response(415, "The only content coding is gzip");
            response.headers.emplace_back("Accept-Encoding", "gzip, identity");
            return response;
        }
    }
    const auto length = exchange_->parser->content_length();
    if (!length) return std::nullopt;
    if (*length > limits.body_bytes) {
        return too_large("The body", "http.body_bytes", limits.body_bytes);
    }
    const auto bytes = static_cast<std::size_t>(*length);
    const std::size_t first = std::min(bytes, kReserveStepBytes);
    const bool fits = state_->body_bytes() + bytes <= limits.body_bytes_in_flight;
    if (!fits || !state_->reserve(first)) {
        worker_.probe.bodies_refused.add(1);
        return in_flight_full(limits);
    }
    reserved_ += first;
    exchange_->request.body.reserve(first);
    return std::nullopt;
}

void Connection::reject(Response response) {
    const RequestParser& parser = *exchange_->parser;
    if (!parser.is_done()) {
        const auto left = parser.content_length_remaining();
        const bool discard =
            !response.close && !parser.facts().expect_continue && left && *left <= kDiscardBytes;
        if (!discard) return fail(std::move(response));
        exchange_->rejection = std::move(response);
        return set_deadline(state_->limits.body_timeout);
    }
    exchange_->rejection = std::move(response);
    on_request();
}

bool Connection::take_body(std::string_view bytes) {
    Exchange& exchange = *exchange_;
    if (exchange.rejection) return true;
    const ServerLimits& limits = state_->limits;
    exchange.body_bytes += bytes.size();
    if (exchange.body_bytes > limits.body_bytes) {
        exchange.rejection = too_large("The body", "http.body_bytes", limits.body_bytes);
        return false;
    }
    if (exchange.body_bytes > reserved_) {
        const std::size_t step = std::max(exchange.body_bytes - reserved_, kReserveStepBytes);
        if (!state_->reserve(step)) {
            worker_.probe.bodies_refused.add(1);
            exchange.rejection = in_flight_full(limits);
            return false;
        }
        reserved_ += step;
    }
    exchange.request.body.append(bytes);
    if (exchange.body_bytes > kReserveStepBytes) {
        // Only large bodies need the allowance of the minimum rate.
        const auto allowance =
            std::chrono::milliseconds(exchange.body_bytes * 1'000 / limits.body_min_bytes_per_s);
        const auto allowed = std::chrono::microseconds(limits.body_timeout + allowance);
        deadline_us_ = std::max(deadline_us_, started_us_ + allowed.count());
    }
    return true;
}

std::optional<Response> Connection::unpack() {
    const ServerLimits& limits = state_->limits;
    std::string& body = exchange_->request.body;
    if (exchange_->request.header("content-encoding") == "identity" || body.empty()) {
        return std::nullopt;
    }
    const auto admit = [this](std::size_t more) {
        if (!state_->reserve(more)) return false;
        reserved_ += more;
        return true;
    };
    std::string unpacked;
    switch (worker_.inflater.inflate(body, limits.inflated_bytes, admit, unpacked)) {
        case Inflater::Outcome::done:
            body = std::move(unpacked);
            return std::nullopt;
        case Inflater::Outcome::corrupt:
            return error_response(400, "The body is not valid gzip");
        case Inflater::Outcome::too_large:
            return too_large("The unpacked body", "http.inflated_bytes", limits.inflated_bytes);
        case Inflater::Outcome::refused:
            worker_.probe.bodies_refused.add(1);
            return in_flight_full(limits);
    }
    return std::nullopt;
}

void Connection::on_request() {
    deadline_us_ = 0;  // From here on the time is the handler's.
    phase_ = Phase::handling;
    if (!exchange_->rejection && exchange_->parser->facts().content_encoding) {
        exchange_->rejection = unpack();
    }
    auto exchange = std::move(exchange_);
    if (exchange->rejection) {
        Response response = std::move(*exchange->rejection);
        worker_.give_back(std::move(exchange));
        return write(std::move(response));
    }
    if (exchange->upgrade != nullptr) {
        return exchange->upgrade->guard ? ask_guard(std::move(exchange))
                                        : upgrade(std::move(exchange));
    }
    try {
        (*exchange->handler)(std::move(exchange->request), Responder(shared_from_this()));
    } catch (const std::exception& error) {
        // The Responder, wherever it was, has answered 500 by now.
        state_->handler_failed.say(fmt::format("A handler threw: {}", error.what()));
    } catch (...) {
        state_->handler_failed.say("A handler threw something that is no exception");
    }
    worker_.give_back(std::move(exchange));
}

std::optional<Response> Connection::check_handshake() const {
    const RequestParser& parser = *exchange_->parser;
    // Its bytes could be taken for frames.
    if (!parser.is_done()) return bad_framing(400, "A WebSocket handshake has no body");
    return refuse_handshake(exchange_->request, parser.upgrade(), state_->cors);
}

void Connection::release_body() {
    if (reserved_ > 0) state_->release(reserved_);
    reserved_ = 0;
}

}  // namespace cellmon::http
