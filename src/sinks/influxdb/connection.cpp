#include "sinks/influxdb/connection.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include <curl/curl.h>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/assert.hpp"

namespace cellmon::influxdb {
namespace {

constexpr std::size_t kTextBytes = 300;

/// curl keeps state of the whole process that must be made before any thread uses it.
void prepare_curl() {
    static const bool prepared = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    CELLMON_ASSERT(prepared);
}

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string quoted(CURL* easy, std::string_view text) {
    char* made = curl_easy_escape(easy, text.data(), static_cast<int>(text.size()));
    CELLMON_ASSERT(made != nullptr);
    std::string out(made);
    curl_free(made);
    return out;
}

bool is_http(std::string_view url) {
    return url.starts_with("http://") || url.starts_with("https://");
}

}  // namespace

Result<void> check(const ConnectionOptions& options) {
    if (!is_http(options.url)) {
        return fail(ErrorCode::invalid, "influx.url is not http://HOST:PORT or https://HOST:PORT");
    }
    if (options.url.find('@') != std::string::npos) {
        return fail(ErrorCode::invalid,
                    "influx.url holds a user or a password; they belong into influx.user and "
                    "influx.password");
    }
    if (options.url.find_first_of("?# ") != std::string::npos) {
        return fail(ErrorCode::invalid,
                    "influx.url holds more than host, port and path; the database belongs into "
                    "influx.database");
    }
    if (!options.token.empty() && !options.user.empty()) {
        return fail(ErrorCode::invalid,
                    "influx.token and influx.user are both given; InfluxDB takes one of them");
    }
    return {};
}

std::string text_of(const Answer& answer) {
    std::string text = answer.body;
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    if (parser.parse(answer.body).get(json) == simdjson::SUCCESS) {
        for (const char* key : {"error", "message"}) {
            std::string_view found;
            if (json[key].get(found) != simdjson::SUCCESS) continue;
            text = found;
            break;
        }
    }
    std::replace_if(
        text.begin(), text.end(), [](char one) { return static_cast<unsigned char>(one) < ' '; },
        ' ');
    if (text.size() > kTextBytes) {
        std::size_t end = kTextBytes;
        while (end > 0 && (text[end] & 0xc0) == 0x80)
            --end;  // Not in the middle of a character.
        text.resize(end);
    }
    text.resize(text.find_last_not_of(' ') + 1);
    return text;
}

class Interrupter::Waiting {
  public:
    std::mutex mutex;
    std::atomic<bool> interrupted = false;
    CURLM* multi = nullptr;  ///< Of the connection that there is now.
};

Interrupter::Interrupter() : waiting_(std::make_unique<Waiting>()) {}
Interrupter::~Interrupter() = default;

void Interrupter::interrupt() {
    const std::lock_guard lock(waiting_->mutex);
    waiting_->interrupted = true;
    if (waiting_->multi != nullptr) curl_multi_wakeup(waiting_->multi);
}

class Connection::Request {
  public:
    Request(const ConnectionOptions& options, Interrupter::Waiting& waiting)
        : answer_bytes_(options.answer_bytes), waiting_(waiting) {
        prepare_curl();
        easy_.reset(curl_easy_init());
        multi_.reset(curl_multi_init());
        CELLMON_ASSERT(easy_ && multi_);
        std::string base = options.url;
        while (base.ends_with('/'))
            base.pop_back();
        std::string where = fmt::format("db={}", quoted(easy_.get(), options.database));
        if (!options.retention_policy.empty()) {
            where += fmt::format("&rp={}", quoted(easy_.get(), options.retention_policy));
        }
        write_url_ = fmt::format("{}/write?{}&precision=ns", base, where);
        query_url_ = fmt::format("{}/query?{}&epoch=ns", base, where);
        add_header(common_, "Expect:");  // Nobody shall wait a second for "100 Continue".
        if (!options.token.empty()) {
            add_header(common_, fmt::format("Authorization: Token {}", options.token));
        }
        for (auto* header = common_.get(); header != nullptr; header = header->next)
            add_header(write_, header->data);
        add_header(write_, "Content-Type: text/plain; charset=utf-8");
        add_header(write_, "Content-Encoding: gzip");

        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // A look-up of a name that hangs keeps no stop waiting.
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count()));
        set(CURLOPT_TCP_KEEPALIVE, 1L);
        set(CURLOPT_USERAGENT, "cellmon");
        set(CURLOPT_WRITEFUNCTION, &Request::take);
        set(CURLOPT_WRITEDATA, this);
        if (!options.user.empty()) {
            set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
            set(CURLOPT_USERNAME, options.user.c_str());
            set(CURLOPT_PASSWORD, options.password.c_str());
        }
        const std::lock_guard lock(waiting_.mutex);
        waiting_.multi = multi_.get();
    }

    ~Request() {
        {
            const std::lock_guard lock(waiting_.mutex);
            waiting_.multi = nullptr;
        }
        if (under_way_) curl_multi_remove_handle(multi_.get(), easy_.get());
    }

    void begin_write(std::string_view body) { begin(write_url_, write_.get(), body); }

    void begin_query(std::string_view statement) {
        query_body_ = fmt::format("q={}", quoted(easy_.get(), statement));
        begin(query_url_, common_.get(), query_body_);
    }

    void pump() {
        if (!under_way_ || result_) return;
        int running = 0;
        if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
            result_ = CURLE_FAILED_INIT;
            return;
        }
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg == CURLMSG_DONE) result_ = message->data.result;
        }
    }

    Result<Answer> finish(std::uint64_t& connects) {
        CELLMON_ASSERT(under_way_);
        constexpr int kLookMs = 1'000;
        pump();
        while (!result_ && !waiting_.interrupted) {
            curl_multi_poll(multi_.get(), nullptr, 0, kLookMs, nullptr);
            pump();
        }
        long made = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &made);
        connects += static_cast<std::uint64_t>(made);
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
        curl_multi_remove_handle(multi_.get(), easy_.get());
        under_way_ = false;
        if (!result_) return fail(ErrorCode::cancelled, "the wait for InfluxDB was ended");
        if (*result_ != CURLE_OK) {
            return fail(ErrorCode::unavailable, fmt::format("InfluxDB cannot be reached: {}",
                                                            curl_easy_strerror(*result_)));
        }
        return std::move(answer_);
    }

  private:
    using Headers = std::unique_ptr<curl_slist, FreeList>;

    static void add_header(Headers& headers, const std::string& header) {
        curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
        CELLMON_ASSERT(longer != nullptr);
        if (!headers) headers.reset(longer);
    }

    template <typename Value>
    void set(CURLoption option, Value value) {
        CELLMON_ASSERT(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
    }

    void begin(const std::string& url, curl_slist* headers, std::string_view body) {
        CELLMON_ASSERT(!under_way_);
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_HTTPHEADER, headers);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        set(CURLOPT_POSTFIELDS, body.data());
        answer_ = {};
        result_.reset();
        CELLMON_ASSERT(curl_multi_add_handle(multi_.get(), easy_.get()) == CURLM_OK);
        under_way_ = true;
        pump();
    }

    static std::size_t take(const char* data, std::size_t size, std::size_t count, void* self) {
        auto& request = *static_cast<Request*>(self);
        std::string& body = request.answer_.body;
        body.append(data, std::min(size * count, request.answer_bytes_ - body.size()));
        return size * count;
    }

    const std::size_t answer_bytes_;
    Interrupter::Waiting& waiting_;
    std::unique_ptr<CURLM, FreeMulti> multi_;
    std::unique_ptr<CURL, FreeEasy> easy_;  ///< Goes before the one that it is in.
    Headers common_;
    Headers write_;
    std::string write_url_;
    std::string query_url_;
    std::string query_body_;
    bool under_way_ = false;
    std::optional<CURLcode> result_;
    Answer answer_;
};

Connection::Connection(const ConnectionOptions& options, Interrupter& interrupter)
    : options_(options),
      interrupter_(interrupter),
      request_(std::make_unique<Request>(options_, *interrupter_.waiting_)) {}

Connection::~Connection() = default;

void Connection::begin_write(std::string_view body) {
    request_->begin_write(body);
}

void Connection::pump() {
    request_->pump();
}

Result<Answer> Connection::finish() {
    return request_->finish(connects_);
}

Result<Answer> Connection::query(std::string_view statement) {
    request_->begin_query(statement);
    return finish();
}

}  // namespace cellmon::influxdb
