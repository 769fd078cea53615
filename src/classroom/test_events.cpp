#include "classroom/test_events.hpp"

#include "sql/many_rows.hpp"

namespace cellmon::classroom {
namespace {

using sql::Type;
using sql::Value;

}  // namespace

Result<void> store_test_events(sql::Connection& connection, std::string_view test_id,
                               std::span<const std::string> events, TimeUs now) {
    static const sql::ManyRows kStore(
        "INSERT INTO test_events (test_id, event, received_us) SELECT column1, column2, column3 "
        "FROM (",
        {Type::text, Type::text, Type::integer}, ") AS v");
    CELLMON_TRY(
        connection.run("DELETE FROM test_events WHERE received_us <= $1", now - kTestEventsKeptUs));
    if (events.empty()) return {};
    std::vector<Value> values;
    for (const std::string& event : events) {
        values.emplace_back(std::string(test_id));
        values.emplace_back(event);
        values.emplace_back(now);
    }
    CELLMON_TRY(kStore.run(connection, values));
    CELLMON_TRY(
        connection.run("DELETE FROM test_events WHERE id <= (SELECT id FROM test_events ORDER BY "
                       "id DESC LIMIT 1 OFFSET $1)",
                       kMostTestEvents));
    return {};
}

Result<std::vector<TestEvent>> list_test_events(sql::Connection& connection,
                                                std::string_view test_id, TimeUs now) {
    CELLMON_TRY_ASSIGN(
        const auto rows,
        connection.run("SELECT event, received_us FROM test_events WHERE test_id = $1 AND "
                       "received_us > $2 ORDER BY id",
                       test_id, now - kTestEventsKeptUs));
    std::vector<TestEvent> events;
    events.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        events.push_back({row.text(0), row.integer(1)});
    return events;
}

Result<std::vector<std::string>> list_test_ids(sql::Connection& connection, TimeUs now) {
    CELLMON_TRY_ASSIGN(const auto rows,
                       connection.run("SELECT DISTINCT test_id FROM test_events WHERE "
                                      "received_us > $1 ORDER BY test_id",
                                      now - kTestEventsKeptUs));
    std::vector<std::string> ids;
    ids.reserve(rows.rows.size());
    for (const sql::Row& row : rows.rows)
        ids.push_back(row.text(0));
    return ids;
}

Result<void> remove_test_events(sql::Connection& connection, std::string_view test_id) {
    CELLMON_TRY(connection.run("DELETE FROM test_events WHERE test_id = $1", test_id));
    return {};
}

}  // namespace cellmon::classroom
