#include "harness/monitor/postgres_probe.hpp"

#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <poll.h>

namespace cellmon::harness::monitor {
namespace {

constexpr std::chrono::milliseconds kPostgresTimeout{5'000};
constexpr std::string_view kWho = "PostgreSQL";
constexpr const char* kStatement =
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client "
    "backend' AND pid <> pg_backend_pid()";

template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The last words of libpq, in one line.
tl::unexpected<Error> refusal(const char* text) {
    std::string line(text);
    line.resize(line.find_last_not_of(" \n") + 1);
    for (char& c : line)
        c = c == '\n' ? ' ' : c;
    return fail(ErrorCode::unavailable, line.empty() ? std::string("no connection") : line);
}

}  // namespace

std::optional<std::uint16_t> local_postgres_port(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    if (!options) return std::nullopt;
    std::string_view host;
    std::string_view port = "5432";
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "host" || keyword == "hostaddr") host = option->val;
        if (keyword == "port") port = option->val;
    }
    if (host != "localhost" && host != "127.0.0.1" && host != "::1") return std::nullopt;
    return number<std::uint16_t>(port);
}

PostgresProbe::PostgresProbe(std::string url, std::shared_ptr<const std::atomic<bool>> interrupted)
    : StoreProbe(std::string(kWho), Metric::postgres_sessions, kPostgresTimeout,
                 std::move(interrupted)),
      url_(std::move(url)) {}

Result<void> PostgresProbe::connect() {
    connection_.reset(PQconnectStart(url_.c_str()));
    const Deadline deadline = deadline_of(wait());
    auto next = PGRES_POLLING_WRITING;
    while (connection_ && PQstatus(connection_.get()) != CONNECTION_BAD &&
           next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        const auto events = static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        if (!wait_for_socket(PQsocket(connection_.get()), events, deadline, wait()))
            return fail(no_answer(kWho, wait()));
        next = PQconnectPoll(connection_.get());
    }
    if (next != PGRES_POLLING_OK) return refusal(PQerrorMessage(connection_.get()));
    PQsetnonblocking(connection_.get(), 1);
    return {};
}

Result<double> PostgresProbe::ask() {
    PGconn* const link = connection_.get();
    if (PQsendQuery(link, kStatement) == 0) return refusal(PQerrorMessage(link));
    const Deadline deadline = deadline_of(wait());
    std::optional<double> sessions;
    for (;;) {
        while (PQisBusy(link) != 0) {
            const bool unsent = PQflush(link) > 0;
            const auto events = static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN);
            if (!wait_for_socket(PQsocket(link), events, deadline, wait()))
                return fail(no_answer(kWho, wait()));
            if (PQconsumeInput(link) == 0) return refusal(PQerrorMessage(link));
        }
        const std::unique_ptr<PGresult, Closer> result(PQgetResult(link));
        if (!result) break;
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1)
            return refusal(PQresultErrorMessage(result.get()));
        sessions = number<double>(PQgetvalue(result.get(), 0, 0));
    }
    if (!sessions) return fail(ErrorCode::unavailable, "PostgreSQL has not said a number");
    return *sessions;
}

Result<double> PostgresProbe::count() {
    const auto asked = [&]() -> Result<double> {
        if (!connection_) CELLMON_TRY(connect());
        return ask();
    }();
    if (!asked) connection_.reset();
    return asked;
}

}  // namespace cellmon::harness::monitor
