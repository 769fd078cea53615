// Goal: the texts that existing dashboards read are those of the contract, names, order and nulls;
// pushes are cumulative. Method: whole texts written out by hand.

#include "api/dashboard_json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace cellmon::api {
namespace {

constexpr TimeUs kNow = 1'790'000'000'000'000;

live::StudentPicturePtr student(const live::StudentView& view) {
    boost::intrusive_ptr picture(new live::StudentPicture());
    picture->view = view;
    return picture;
}

std::string zoned(TimeUs time) {
    const std::string text = format_time(time);
    return text.substr(0, text.size() - 1) + "+00:00";
}

TEST(DashboardJson, OverviewIsTheContractsObject) {
    live::StudentView quiet;
    quiet.email = "quiet@x";
    quiet.status = live::Status::significant_error;
    quiet.executions = 9;
    quiet.errors = 5;
    quiet.consecutive_errors = 4;
    quiet.error_cells = {
        {"c1", 4, kNow - kSecondUs, true}, {"c2", 3, kNow - 2 * kSecondUs, true}, {"c3", 1, 1}};
    quiet.notebook = "a/b.ipynb";
    quiet.team = "チームA";
    quiet.name = "安倍";
    quiet.last_activity_us = kNow - 61 * kSecondUs;
    live::StudentView asking;
    asking.email = "asking@x";
    asking.status = live::Status::help;
    asking.asks_help = true;
    asking.last_activity_us = kNow - 3 * kSecondUs;
    live::Picture picture;
    picture.students = {student(quiet), student(asking)};
    picture.all.add(quiet);
    picture.all.add(asking);
    const CellRows cells = {{{"quiet@x", "c1"}, 77}, {{"quiet@x", "c2"}, std::nullopt}};
    const std::string chart = chart_json({{kNow, 3, 2, 1}});

    EXPECT_EQ(
        overview_json({picture, cells, chart, kNow}),
        R"({"students":[{"emailAddress":"asking@x","userName":"asking","teamName":null,)"
        R"("currentNotebook":"なし","lastActivity":"3秒前","status":"help","isRequestingHelp":true,)"
        R"("cellExecutions":0,"errorCount":0,"consecutiveErrorCount":0,"hasSignificantError":false,)"
        R"("significantErrorCells":[]},{"emailAddress":"quiet@x","userName":"安倍",)"
        R"("teamName":"チームA","currentNotebook":"a/b.ipynb","lastActivity":"1分前",)"
        R"("status":"significant_error","isRequestingHelp":false,"cellExecutions":9,"errorCount":5,)"
        R"("consecutiveErrorCount":4,"hasSignificantError":true,"significantErrorCells":[)"
        R"({"cell_id":77,"consecutive_count":4,"last_error_time":")" +
            zoned(kNow - kSecondUs) +
            R"("},{"cell_id":null,"consecutive_count":3,"last_error_time":")" +
            zoned(kNow - 2 * kSecondUs) +
            R"("}]}],"metrics":{"totalStudents":2,"totalActive":0,"errorCount":1,)"
            R"("significantErrorCount":1,"totalExecutions":9,"helpCount":1},"activityChart":[)"
            R"({"time":")" +
            zoned(kNow) + R"(","executionCount":3,"errorCount":2,"helpCount":1}]})");
}

TEST(DashboardJson, AgesAreTheTextsThatDashboardsRead) {
    EXPECT_EQ(age_text(0, kNow), "不明");
    EXPECT_EQ(age_text(kNow + kSecondUs, kNow), "0秒前");
    EXPECT_EQ(age_text(kNow - 60 * kSecondUs + 1, kNow), "59秒前");
    EXPECT_EQ(age_text(kNow - 60 * kSecondUs, kNow), "1分前");
    EXPECT_EQ(age_text(kNow - 3'600 * kSecondUs + 1, kNow), "59分前");
    EXPECT_EQ(age_text(kNow - 3'600 * kSecondUs, kNow), "1時間前");
    EXPECT_EQ(age_text(kNow - 86'400 * kSecondUs, kNow), "1日前");
}

TEST(DashboardJson, ActivityIsTheContractsObject) {
    live::StudentView view;
    view.email = "a@x";
    store::StudentHistory history;
    store::Execution& full = history.executions.emplace_back();
    full = {5, kNow, true, 1'500'000, "out", "E", "x = 1", "code", 2, 9};
    history.executions.emplace_back().executed_us = kNow;
    history.sessions = {{3, "s-2", kNow - 10 * kSecondUs, kNow},
                        {1, "s-1", kNow - 900 * kSecondUs, kNow - 300 * kSecondUs}};
    EXPECT_EQ(
        activity_json(view, history, kNow),
        R"({"student":{"emailAddress":"a@x","name":"a","teamName":"未割り当て"},)"
        R"("recentExecutions":[{"cellId":5,"executionTime":1.5,"hasError":true,"timestamp":")" +
            zoned(kNow) +
            R"(","status":"error","output":"out","errorMessage":"E","codeContent":"x = 1",)"
            R"("cellIndex":2,"cellType":"code","executionCount":9},{"cellId":null,)"
            R"("executionTime":null,"hasError":false,"timestamp":")" +
            zoned(kNow) +
            R"(","status":"success","output":null,"errorMessage":null,"codeContent":null,)"
            R"("cellIndex":null,"cellType":null,"executionCount":null}],"sessions":[{"id":3,)"
            R"("sessionId":"s-2","startedAt":")" +
            zoned(kNow - 10 * kSecondUs) +
            R"(","endedAt":null,"isActive":true},{"id":1,"sessionId":"s-1","startedAt":")" +
            zoned(kNow - 900 * kSecondUs) + R"(","endedAt":")" + zoned(kNow - 300 * kSecondUs) +
            R"(","isActive":false}]})");
}

TEST(DashboardJson, MetricsAreRounded) {
    EXPECT_EQ(metrics_json("1h", 4, 2, {7, 2, 3, 3, 1'000'000}, kNow),
              R"({"timeRange":"1h","totalStudents":4,"activeSessions":2,"activityData":{)"
              R"("totalExecutions":7,"averageExecutionTime":0.33,"errorRate":0.286,)"
              R"("activeUsers":3},"generatedAt":")" +
                  zoned(kNow) + R"("})");
    EXPECT_NE(metrics_json("7d", 0, 0, {}, kNow).find(R"("errorRate":0,)"), std::string::npos);
}

TEST(DashboardJson, PushesAreCumulativeAndTellTheTrueStatus) {
    live::StudentView view;
    view.email = "a@x";
    view.name = "安倍";
    view.status = live::Status::idle;
    view.executions = 41;
    view.errors = 3;
    view.notebook = "n";
    view.last_activity_us = kNow - 120 * kSecondUs;
    EXPECT_EQ(progress_update_json(view, kNow),
              R"({"type":"progress_update","data":{"type":"student_progress_update",)"
              R"("emailAddress":"a@x","userName":"安倍","teamName":null,"currentNotebook":"n",)"
              R"("lastActivity":"2分前","status":"idle","cellExecutions":41,"errorCount":3,)"
              R"("timestamp":")" +
                  zoned(view.last_activity_us) + R"(","isSignificantError":false}})");
    view.status = live::Status::significant_error;
    view.last_activity_us = kNow;
    view.consecutive_errors = 3;
    view.error_cells = {{"c", 3, kNow, true}};
    const std::string alert = progress_update_json(view, kNow);
    EXPECT_NE(alert.find(R"("type":"significant_error_alert")"), std::string::npos);
    EXPECT_NE(alert.find(R"("lastActivity":"今","status":"significant_error")"), std::string::npos);
    EXPECT_NE(alert.find(R"("isSignificantError":true,"alertLevel":"warning")"), std::string::npos);
}

}  // namespace
}  // namespace cellmon::api
