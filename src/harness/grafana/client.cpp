#include "harness/grafana/client.hpp"

#include <algorithm>

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/assert.hpp"

namespace cellmon::harness::grafana {
namespace {

constexpr long kTimeoutMs = 10'000;
constexpr std::size_t kMostBytes = 16U << 20U;
constexpr std::size_t kMostText = 300;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What Grafana says of an error, on one line.
std::string message_in(const Answer& answer) {
    std::string text = answer.body;
    simdjson::dom::parser parser;
    std::string_view message;
    if (parser.parse(answer.body)["message"].get(message) == simdjson::SUCCESS) text = message;
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
    if (text.size() > kMostText) text.resize(kMostText);
    return text;
}

bool all_are(std::string_view text, bool (*good)(char)) {
    return std::all_of(text.begin(), text.end(), good);
}

}  // namespace

class Client::Request {
  public:
    Request(std::string url, std::string_view token) : url_(std::move(url)) {
        static const bool prepared = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        CELLMON_ASSERT(prepared);
        easy_.reset(curl_easy_init());
        CELLMON_ASSERT(easy_ != nullptr);
        add_header("Accept: application/json");
        add_header("Content-Type: application/json");
        add_header("Expect:");  // Nobody shall wait a second for "100 Continue".
        if (!token.empty()) add_header(fmt::format("Authorization: Bearer {}", token));
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TIMEOUT_MS, kTimeoutMs);
        set(CURLOPT_USERAGENT, "cellmon");
        set(CURLOPT_HTTPHEADER, headers_.get());
        set(CURLOPT_WRITEFUNCTION, &Request::take);
        set(CURLOPT_WRITEDATA, this);
    }

    Result<Answer> perform(const char* method, std::string_view path, const std::string* body) {
        answer_ = {};
        set(CURLOPT_URL, fmt::format("{}{}", url_, path).c_str());
        if (body == nullptr) {
            set(CURLOPT_HTTPGET, 1L);
            set(CURLOPT_CUSTOMREQUEST, nullptr);
        } else {
            set(CURLOPT_CUSTOMREQUEST, method);
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
            set(CURLOPT_POSTFIELDS, body->c_str());
        }
        const CURLcode code = curl_easy_perform(easy_.get());
        if (code != CURLE_OK) {
            return fail(ErrorCode::unavailable, fmt::format("Grafana at {} cannot be reached: {}",
                                                            url_, curl_easy_strerror(code)));
        }
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
        constexpr long kUnauthorized = 401;
        constexpr long kForbidden = 403;
        if (answer_.status == kUnauthorized || answer_.status == kForbidden) {
            return fail(
                ErrorCode::permission,
                fmt::format("Grafana refuses the token for {} {} ({}): {}", method,
                            path.substr(0, path.find('?')), answer_.status, message_in(answer_)));
        }
        return std::move(answer_);
    }

  private:
    static std::size_t take(const char* bytes, std::size_t size, std::size_t count, void* request) {
        auto& body = static_cast<Request*>(request)->answer_.body;
        if (body.size() + size * count > kMostBytes) return 0;
        body.append(bytes, size * count);
        return size * count;
    }

    void add_header(const std::string& header) {
        curl_slist* longer = curl_slist_append(headers_.get(), header.c_str());
        CELLMON_ASSERT(longer != nullptr);
        if (!headers_) headers_.reset(longer);
    }

    template <typename Value>
    void set(CURLoption option, Value value) {
        CELLMON_ASSERT(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
    }

    const std::string url_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::unique_ptr<CURL, FreeEasy> easy_;
    Answer answer_;
};

Client::Client(std::unique_ptr<Request> request) : request_(std::move(request)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::make(std::string_view url, std::string_view token) {
    const bool is_http = url.starts_with("http://") || url.starts_with("https://");
    const bool is_plain = all_are(
        url, [](char c) { return c > ' ' && c < 0x7f && c != '@' && c != '?' && c != '#'; });
    if (!is_http || !is_plain) {
        return fail(ErrorCode::invalid,
                    "Grafana's URL is one like http://127.0.0.1:3000, without user, password and "
                    "query");
    }
    if (!all_are(token, [](char c) { return c > ' ' && c < 0x7f; })) {
        return fail(ErrorCode::invalid,
                    "Grafana's token has a space or another character that none has");
    }
    while (url.ends_with('/'))
        url.remove_suffix(1);
    return Client(std::make_unique<Request>(std::string(url), token));
}

Result<Answer> Client::get(std::string_view path) {
    return request_->perform("GET", path, nullptr);
}

Result<Answer> Client::send(const char* method, std::string_view path, const std::string& json) {
    return request_->perform(method, path, &json);
}

Error Client::unexpected(std::string_view what, const Answer& answer) {
    return {ErrorCode::unavailable, fmt::format("Grafana does not take {} ({}): {}", what,
                                                answer.status, message_in(answer))};
}

std::string Client::quoted(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        out += plain ? std::string(1, c)
                     : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    return out;
}

}  // namespace cellmon::harness::grafana
