// Goal: each way a run can end is told from the others. Method: one table of events and their
// status.

#include "event/execution_status.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "event/event_reader.hpp"

namespace cellmon::event {
namespace {

Event cell(std::string_view type = "code") {
    Event event;
    event.event_type = "cell_executed";
    event.cell_type = type;
    event.code = "x = 1";
    event.execution_count = 4;
    event.has_error = false;
    return event;
}

template <typename Change>
ExecutionStatus status_with(Change change) {
    Event event = cell();
    change(event);
    return execution_status_of(event);
}

TEST(ExecutionStatusOf, TellsHowARunEnded) {
    using enum ExecutionStatus;
    EXPECT_EQ(execution_status_of(cell()), success);
    EXPECT_EQ(execution_status_of(cell("markdown")), none);
    EXPECT_EQ(execution_status_of(cell("raw")), none);
    EXPECT_EQ(status_with([](Event& e) { e.event_type = "cell_finished"; }), success);
    EXPECT_EQ(status_with([](Event& e) { e.event_type = "cell_started"; }), none);
    EXPECT_EQ(status_with([](Event& e) { e.event_type.reset(); }), none);
    EXPECT_EQ(status_with([](Event& e) { e.cell_type.reset(); }), success);
    EXPECT_EQ(status_with([](Event& e) { e.has_error = true; }), error);
    EXPECT_EQ(status_with([](Event& e) { e.execution_count.reset(); }), aborted);
    EXPECT_EQ(status_with([](Event& e) { e.code = " \n\t"; }), skipped);
    EXPECT_EQ(status_with([](Event& e) {
                  e.code = "";
                  e.execution_count.reset();
              }),
              skipped);
    EXPECT_EQ(status_with([](Event& e) { e.code.reset(); }), success);
}

TEST(ExecutionStatusOf, AnInterruptIsNoError) {
    using enum ExecutionStatus;
    const auto failed = [](std::string_view name, std::string_view message) {
        return status_with([&](Event& e) {
            e.has_error = true;
            e.error_name = name;
            e.error_message = message;
        });
    };
    EXPECT_EQ(failed("KeyboardInterrupt", ""), interrupted);
    EXPECT_EQ(failed("", "KeyboardInterrupt: "), interrupted);
    EXPECT_EQ(failed("NameError", "NameError: KeyboardInterrupt"), error);
}

TEST(ExecutionStatusOf, TheClientsOwnWordWins) {
    using enum ExecutionStatus;
    EXPECT_EQ(status_with([](Event& e) { e.status = "aborted"; }), aborted);
    EXPECT_EQ(status_with([](Event& e) {
                  e.status = "success";
                  e.has_error = true;
              }),
              success);
    Event markdown = cell("markdown");
    markdown.status = "success";
    EXPECT_EQ(execution_status_of(markdown), none);
}

/// Each field that it looks at decides in one of these alone.
TEST(ExecutionStatusOf, LooksAtItsFieldsOnly) {
    EventReader whole;
    EventReader part(kExecutionStatusFields);
    const auto status_by = [](EventReader& reader, std::string_view payload) {
        const auto read = reader.read(payload);
        EXPECT_TRUE(read.has_value()) << payload;
        return execution_status_of(**read);
    };
    for (const std::string members : {
             R"("eventType":"cell_executed")",
             R"("eventType":"cell_executed","executionCount":1)",
             R"("eventType":"cell_executed","cellType":"markdown","executionCount":1)",
             R"("eventType":"cell_executed","status":"skipped","executionCount":1)",
             R"("eventType":"cell_executed","code":" ","executionCount":1)",
             R"("eventType":"cell_executed","hasError":true)",
             R"("eventType":"cell_executed","hasError":true,"errorName":"KeyboardInterrupt")",
             R"("eventType":"cell_executed","hasError":true,"errorMessage":"KeyboardInterrupt:")",
         }) {
        const std::string payload = R"({"eventTime":"2026-11-23T17:43:13.000000Z",)"
                                    R"("emailAddress":"a@b",)" +
                                    members + "}";
        EXPECT_EQ(status_by(part, payload), status_by(whole, payload)) << payload;
    }
}

TEST(ExecutionStatusOf, OnlySuccessAndErrorAreExecutions) {
    using enum ExecutionStatus;
    for (const ExecutionStatus status : {none, success, error, aborted, interrupted, skipped}) {
        EXPECT_EQ(is_execution(status), status == success || status == error) << name_of(status);
    }
    EXPECT_EQ(name_of(interrupted), "interrupted");
    EXPECT_EQ(name_of(none), "none");
}

}  // namespace
}  // namespace cellmon::event
