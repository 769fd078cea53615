#include "harness/load/answer.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::harness {

class AnswerReader::Impl {
  public:
    explicit Impl(std::optional<AcceptRule> told) : rule(std::move(told)) {}

    const std::optional<AcceptRule> rule;
    simdjson::dom::parser parser;

    /// `batch_stats` of a success; false when there are none.
    bool read_stats(Exchange& exchange, simdjson::dom::object& stats) {
        std::string& body = exchange.response.body;
        body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
        return parser.parse(body)["batch_stats"].get(stats) == simdjson::SUCCESS;
    }

    /// Of another server: whether the body of an accepted status says that all events were taken.
    bool passes(Exchange& exchange, std::size_t events) {
        if (rule->pointer.empty() && rule->count.empty()) return true;
        std::string& body = exchange.response.body;
        body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
        simdjson::dom::element answer;
        if (parser.parse(body).get(answer) != simdjson::SUCCESS) return false;
        std::uint64_t count = 0;
        if (!rule->count.empty() &&
            (answer.at_pointer(rule->count).get(count) != simdjson::SUCCESS || count != events)) {
            return false;
        }
        if (rule->pointer.empty()) return true;
        const auto said = answer.at_pointer(rule->pointer);
        return std::visit(
            [&](const auto& wanted) {
                using Wanted = std::decay_t<decltype(wanted)>;
                std::conditional_t<std::is_same_v<Wanted, std::string>, std::string_view, Wanted>
                    value{};
                return said.get(value) == simdjson::SUCCESS && value == wanted;
            },
            rule->equals);
    }

    Verdict read_by_rule(Exchange& exchange, std::size_t events) {
        Verdict verdict;
        const int status = exchange.response.status;
        const auto is_in = [&](const std::vector<int>& statuses) {
            return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
        };
        const bool accepts =
            rule->statuses.empty() ? status >= 200 && status < 300 : is_in(rule->statuses);
        const bool wants_again = status >= 500 || status < 200 || is_in(rule->again);
        if (!exchange.answered() || (!accepts && wants_again) ||
            (accepts && !passes(exchange, events))) {
            verdict.try_again = true;
            verdict.retry_after_s = exchange.response.retry_after_s;
        } else {
            verdict.outcomes.assign(events, accepts ? Outcome::acked : Outcome::refused);
        }
        return verdict;
    }
};

AnswerReader::AnswerReader(std::optional<AcceptRule> rule)
    : impl_(std::make_unique<Impl>(std::move(rule))) {}
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader::~AnswerReader() = default;

Verdict AnswerReader::read(Exchange& exchange, std::size_t events) {
    if (impl_->rule) return impl_->read_by_rule(exchange, events);
    Verdict verdict;
    const int status = exchange.response.status;
    if (!exchange.answered() || status >= 500 || status < 200) {
        verdict.try_again = true;
        verdict.retry_after_s = exchange.response.retry_after_s;
        return verdict;
    }
    if (status >= 300) {
        verdict.outcomes.assign(events, Outcome::refused);
        return verdict;
    }
    simdjson::dom::object stats;
    if (!impl_->read_stats(exchange, stats)) {
        // A success without its counts promises nothing that could be checked.
        verdict.try_again = true;
        return verdict;
    }
    verdict.outcomes.assign(events, Outcome::acked);
    simdjson::dom::array failed;
    if (stats["failed_events"].get(failed) == simdjson::SUCCESS) {
        for (const auto item : failed) {
            std::uint64_t index = 0;
            if (item["index"].get(index) == simdjson::SUCCESS && index < events)
                verdict.outcomes[index] = Outcome::refused;
        }
    }
    if (stats["duplicates"].get(verdict.duplicates) != simdjson::SUCCESS) verdict.duplicates = 0;
    const auto promised =
        std::count(verdict.outcomes.begin(), verdict.outcomes.end(), Outcome::acked);
    // The answer counts duplicates and does not name them: only when all are, each is known to be
    // one.
    if (promised > 0 && verdict.duplicates == static_cast<std::uint64_t>(promised)) {
        std::replace(verdict.outcomes.begin(), verdict.outcomes.end(), Outcome::acked,
                     Outcome::duplicate);
    }
    return verdict;
}

std::string AnswerReader::error_kind(Exchange& exchange, std::size_t events,
                                     std::uint64_t& duplicates) {
    if (!exchange.answered()) return std::string(name_of(exchange.failure));
    const int status = exchange.response.status;
    if (status < 200 || status >= 300) return fmt::format("status_{}", status);
    simdjson::dom::object stats;
    if (!impl_->read_stats(exchange, stats)) return "no_counts";
    simdjson::dom::array failed;
    if (stats["failed_events"].get(failed) == simdjson::SUCCESS && failed.size() > 0)
        return "refused_events";
    std::uint64_t total = 0;
    if (stats["total_events"].get(total) == simdjson::SUCCESS && total != events)
        return "other_count";
    // Not every server that speaks the contract tells them.
    if (stats["duplicates"].get(duplicates) != simdjson::SUCCESS) duplicates = 0;
    return {};
}

std::int64_t backoff_us(unsigned attempts, std::int64_t retry_after_s) {
    constexpr std::int64_t kFirstUs = 500'000;
    constexpr unsigned kMaxDoublings = 4;
    constexpr std::int64_t kMaxAskedS = 60;
    const std::int64_t own_us = kFirstUs
                                << std::min(attempts > 0 ? attempts - 1 : 0, kMaxDoublings);
    return std::max(own_us, std::min(retry_after_s, kMaxAskedS) * 1'000'000);
}

}  // namespace cellmon::harness
