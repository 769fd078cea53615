#include "harness/plan/postgres_link.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <poll.h>

namespace cellmon::harness::plan {
namespace {

/// The last words of libpq, in one line.
tl::unexpected<Error> refusal(const char* text) {
    std::string line(text);
    line.resize(line.find_last_not_of(" \n") + 1);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return fail(ErrorCode::unavailable,
                fmt::format("PostgreSQL: {}", line.empty() ? std::string("no connection") : line));
}

}  // namespace

Result<void> PostgresLink::connect(const Patience& patience) {
    connection_.reset(PQconnectStart(url_.c_str()));
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    const Deadline deadline = deadline_of(patience);
    auto next = PGRES_POLLING_WRITING;
    while (connection_ && PQstatus(connection_.get()) != CONNECTION_BAD &&
           next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        const auto events = static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        if (!wait_for_socket(PQsocket(connection_.get()), events, deadline, patience))
            return fail(no_answer("PostgreSQL", patience));
        next = PQconnectPoll(connection_.get());
    }
    if (next != PGRES_POLLING_OK) return refusal(PQerrorMessage(connection_.get()));
    PQsetnonblocking(connection_.get(), 1);
    return {};
}

Result<void> PostgresLink::run(const std::string& statement, const Row& visit,
                               const Patience& patience) {
    PGconn* const link = connection_.get();
    if (PQsendQuery(link, statement.c_str()) == 0) return refusal(PQerrorMessage(link));
    PQsetSingleRowMode(link);
    for (;;) {
        const Deadline deadline = deadline_of(patience);
        while (PQisBusy(link) != 0) {
            const bool unsent = PQflush(link) > 0;
            const auto events = static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN);
            if (!wait_for_socket(PQsocket(link), events, deadline, patience))
                return fail(no_answer("PostgreSQL", patience));
            if (PQconsumeInput(link) == 0) return refusal(PQerrorMessage(link));
        }
        const std::unique_ptr<PGresult, Closer> result(PQgetResult(link));
        if (!result) return {};
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE &&
            status != PGRES_COMMAND_OK) {
            return refusal(PQresultErrorMessage(result.get()));
        }
        for (int row = 0; row < PQntuples(result.get()); ++row)
            visit(result.get(), row);
    }
}

Result<void> PostgresLink::query(const std::string& statement, const Row& visit,
                                 const Patience& patience) {
    if (!connection_) {
        const auto connected = connect(patience);
        if (!connected) {
            connection_.reset();
            return connected;
        }
    }
    const auto done = run(statement, visit, patience);
    if (!done) connection_.reset();
    return done;
}

std::string rows_schema_of(const std::string& url) {
    // As decoded: `options=-csearch_path=NAME`, with spaces where a person writes some.
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    std::string text;
    for (const PQconninfoOption* one = options.get(); one != nullptr && one->keyword != nullptr;
         ++one) {
        if (std::string_view(one->keyword) == "options" && one->val != nullptr) text = one->val;
    }
    constexpr std::string_view kName = "search_path=";
    const auto at = text.find(kName);
    if (at == std::string::npos) return "relational";
    std::string name = text.substr(at + kName.size());
    name = name.substr(0, name.find_first_of(", "));
    return name + "_relational";
}

}  // namespace cellmon::harness::plan
