#include <charconv>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/plan/row_store.hpp"
#include "harness/wire/stream.hpp"

namespace cellmon::harness::plan {
namespace {

const Patience kRedisPatience{std::chrono::seconds(5), nullptr};
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMostDepth = 8;
constexpr int kPage = 1'000;

/// An answer of Redis (RESP2): a text, or a list of answers.
struct Answer {
    bool is_error = false;
    std::string text;
    std::vector<Answer> items;
};

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

enum class Reading { whole, more, broken };

/// Takes an answer off the front of `bytes`.
Reading read_answer(std::string_view& bytes, Answer& answer, std::size_t depth = 0) {
    const auto end = bytes.find(kLineEnd);
    if (end == std::string_view::npos) return Reading::more;
    if (end == 0 || depth > kMostDepth) return Reading::broken;
    const char type = bytes.front();
    const std::string_view line = bytes.substr(1, end - 1);
    bytes.remove_prefix(end + kLineEnd.size());
    if (type == '+' || type == ':' || type == '-') {
        answer.text = line;
        answer.is_error = type == '-';
        return Reading::whole;
    }
    const auto size = number(line);
    if (!size || (type != '$' && type != '*')) return Reading::broken;
    if (*size < 0) return Reading::whole;  // Nothing there.
    const auto count = static_cast<std::size_t>(*size);
    if (type == '$') {
        if (bytes.size() < count + kLineEnd.size()) return Reading::more;
        answer.text = bytes.substr(0, count);
        bytes.remove_prefix(count + kLineEnd.size());
        return Reading::whole;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Reading item = read_answer(bytes, answer.items.emplace_back(), depth + 1);
        if (item != Reading::whole) return item;
    }
    return Reading::whole;
}

class RedisRows final : public RowStore {
  public:
    RedisRows(monitor::RedisAddress address, int database)
        : address_(std::move(address)), database_(database) {}

    [[nodiscard]] std::string_view name() const override { return "Redis"; }

    Result<std::uint64_t> position() override {
        CELLMON_TRY_ASSIGN(const std::string stream, stream_key());
        if (stream.empty()) return 0;
        CELLMON_TRY_ASSIGN(const Answer last, ask({"XREVRANGE", stream, "+", "-", "COUNT", "1"}));
        if (last.items.empty() || last.items[0].items.empty()) return 0;
        return sequence_of(last.items[0].items[0].text);
    }

    Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) override {
        CELLMON_TRY_ASSIGN(const std::string stream, stream_key());
        if (stream.empty()) return {};
        for (std::uint64_t from = after; from < through;) {
            CELLMON_TRY_ASSIGN(const Answer page,
                               ask({"XRANGE", stream, fmt::format("{}-0", from + 1),
                                    fmt::format("{}-0", through), "COUNT", std::to_string(kPage)}));
            if (page.items.empty()) break;
            for (const Answer& entry : page.items) {
                CELLMON_TRY_ASSIGN(from, take(entry, visit));
            }
        }
        return {};
    }

    Result<StoreTotals> totals() override {
        return fail(ErrorCode::unavailable, "Redis keeps the newest events, and no sums");
    }

  private:
    static std::uint64_t sequence_of(std::string_view id) {
        return static_cast<std::uint64_t>(number(id.substr(0, id.find('-'))).value_or(0));
    }

    /// The sequence of the entry.
    Result<std::uint64_t> take(const Answer& entry, const Visit& visit) {
        const auto broken = [] {
            return fail(ErrorCode::corrupt, "an entry of the stream has not the known form");
        };
        if (entry.items.size() != 2) return broken();
        StoredRow row;
        row.sequence = sequence_of(entry.items[0].text);
        if (row.sequence == 0) return broken();
        const auto& fields = entry.items[1].items;
        std::string_view kind;
        std::string_view payload;
        for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
            const std::string& name = fields[i].text;
            const std::string& value = fields[i + 1].text;
            if (name == "kind") kind = value;
            if (name == "payload") payload = value;
            if (name == "id") {
                const auto id = Id128::parse(value);
                if (!id) return broken();
                row.id = *id;
            }
            if (name == "hash") {
                std::uint64_t hash = 0;
                if (std::from_chars(value.data(), value.data() + value.size(), hash, 16).ec !=
                    std::errc())
                    return broken();
                row.content_hash = hash;
            }
        }
        if (kind != "1") return row.sequence;
        CELLMON_TRY_ASSIGN(const auto item, reader_.read(payload));
        visit(row, &item.content);
        return row.sequence;
    }

    /// Empty while nobody leads.
    Result<std::string> stream_key() {
        CELLMON_TRY_ASSIGN(const Answer leader, ask({"GET", "cellmon:leader"}));
        if (leader.text.empty()) return std::string();
        simdjson::dom::parser parser;
        std::string_view key;
        if (parser.parse(leader.text)["stream"].get(key) != simdjson::SUCCESS)
            return fail(ErrorCode::corrupt, "cellmon:leader has not the known form");
        return std::string(key);
    }

    Result<Answer> ask(const std::vector<std::string>& words) {
        auto answer = [&]() -> Result<Answer> {
            if (!stream_) CELLMON_TRY(connect());
            return exchange(words);
        }();
        if (!answer) stream_.reset();
        return answer;
    }

    Result<void> connect() {
        CELLMON_TRY_ASSIGN(stream_, Stream::connect(address_.endpoint, kRedisPatience));
        if (!address_.password.empty()) {
            std::vector<std::string> login{"AUTH"};
            if (!address_.user.empty()) login.push_back(address_.user);
            login.push_back(address_.password);
            CELLMON_TRY(exchange(login));
        }
        CELLMON_TRY(exchange({"SELECT", std::to_string(database_)}));
        return {};
    }

    Result<Answer> exchange(const std::vector<std::string>& words) {
        std::string command = fmt::format("*{}\r\n", words.size());
        for (const auto& word : words)
            fmt::format_to(std::back_inserter(command), "${}\r\n{}\r\n", word.size(), word);
        CELLMON_TRY(stream_->send(command, kRedisPatience));
        std::string bytes;
        for (;;) {
            CELLMON_TRY_ASSIGN(const std::string more, stream_->receive(kRedisPatience));
            if (more.empty())
                return fail(ErrorCode::unavailable, "Redis has closed the connection");
            bytes += more;
            // Only a whole answer ends so.
            if (!bytes.ends_with(kLineEnd)) continue;
            Answer answer;
            std::string_view rest = bytes;
            const Reading reading = read_answer(rest, answer);
            if (reading == Reading::more) continue;
            if (reading == Reading::broken)
                return fail(ErrorCode::unavailable, "the answer is not one of Redis");
            if (answer.is_error)
                return fail(ErrorCode::unavailable, fmt::format("Redis says: {}", answer.text));
            return answer;
        }
    }

    const monitor::RedisAddress address_;
    const int database_;
    std::optional<Stream> stream_;
    ContentReader reader_;
};

}  // namespace

std::unique_ptr<RowStore> redis_rows(monitor::RedisAddress address, int database) {
    return std::make_unique<RedisRows>(std::move(address), database);
}

}  // namespace cellmon::harness::plan
