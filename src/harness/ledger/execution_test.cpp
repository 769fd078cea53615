// Goal: what an event tells of a run is judged by the contract's rules, not by the server's code.
// Method: the cases of contract §5.1, each alone.
#include "harness/ledger/execution.hpp"

#include <gtest/gtest.h>

namespace cellmon::harness {
namespace {

ExecutionFields run() {
    ExecutionFields fields;
    fields.type = "cell_executed";
    fields.code = "x = 1";
    fields.execution_count = 3;
    return fields;
}

TEST(Execution, StatusFollowsFromWhatWasSent) {
    ExecutionFields fields = run();
    EXPECT_EQ(execution_of(fields).status, "success");
    fields.execution_count.reset();
    EXPECT_EQ(execution_of(fields).status, "aborted");
    fields.code = " \n";
    EXPECT_EQ(execution_of(fields).status, "skipped");
    fields.has_error = true;
    EXPECT_EQ(execution_of(fields).status, "error");
    fields.error_message = "KeyboardInterrupt: ";
    EXPECT_EQ(execution_of(fields).status, "interrupted");
    fields.status = "success";
    EXPECT_EQ(execution_of(fields).status, "success") << "what was sent counts before all";
    fields.status = "no such status";
    EXPECT_EQ(execution_of(fields).status, "interrupted");
}

TEST(Execution, OthersAreNone) {
    ExecutionFields fields = run();
    fields.cell_type = "markdown";
    fields.error_name = "E";
    fields.duration_ms = 1;
    EXPECT_EQ(execution_of(fields), Execution());
    fields = run();
    fields.type = "cell_started";
    EXPECT_EQ(execution_of(fields), Execution());
    fields.type = "cell_finished";
    EXPECT_EQ(execution_of(fields).status, "success");
}

TEST(Execution, TheKernelsTimesCountBeforeTheBrowsers) {
    ExecutionFields fields = run();
    EXPECT_EQ(execution_of(fields).duration_us, std::nullopt);
    fields.duration_ms = 2.0015;
    EXPECT_EQ(execution_of(fields).duration_us, 2002);
    fields.started_us = 100;
    EXPECT_EQ(execution_of(fields).duration_us, 2002);
    fields.finished_us = 100;
    EXPECT_EQ(execution_of(fields).duration_us, 0);
    fields.finished_us = 99;
    EXPECT_EQ(execution_of(fields).duration_us, 2002) << "no run ends before it begins";
    fields.started_us.reset();
    for (const double none : {0.0, -1.0, 4e10}) {
        fields.duration_ms = none;
        EXPECT_EQ(execution_of(fields).duration_us, std::nullopt) << none;
    }
}

}  // namespace
}  // namespace cellmon::harness
