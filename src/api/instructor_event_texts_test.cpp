// Goal: what instructors say over Socket.IO is read as contract §4.6 has it, and told with its
// fields. Method: events as texts.
#include "api/instructor_event_texts.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace cellmon::api {
namespace {

constexpr TimeUs kTextsNow = 1'795'456'000'000'000;

std::string fault_of(std::string_view name, std::string_view argument) {
    const auto event = read_client_event(name, argument);
    const auto* fault = std::get_if<FaultyMessage>(&event);
    return fault == nullptr ? std::string() : fault->reason;
}

TEST(InstructorEventTexts, ReadStatuses) {
    const auto event =
        read_client_event("instructor_status_update", R"({"status":"break","location":"3F"})");
    const auto& said = std::get<StatusSaid>(event);
    EXPECT_EQ(said.update.status, classroom::Status::on_break);
    EXPECT_EQ(said.location, "3F");
    const auto bare = read_client_event("instructor_status_update", R"({"status":"available"})");
    EXPECT_FALSE(std::get<StatusSaid>(bare).location);
}

TEST(InstructorEventTexts, ReadHelpRequests) {
    const auto event = read_client_event(
        "student_help_request", R"({"student_id":7,"student_name":"あ","seat_number":"A-1"})");
    EXPECT_EQ(help_request_json(std::get<HelpRequest>(event), kTextsNow),
              R"({"student_id":7,"student_name":"あ","seat_number":"A-1",)"
              R"("help_type":"general","timestamp":"2026-11-23T17:46:40.000000Z"})");
}

TEST(InstructorEventTexts, NameWhatIsWrong) {
    EXPECT_EQ(fault_of("message", "{}"), "Unknown event: message");
    EXPECT_EQ(fault_of("instructor_status_update", ""), "The event has no object");
    EXPECT_EQ(fault_of("instructor_status_update", "[]"), "The event has no object");
    EXPECT_EQ(fault_of("instructor_status_update", "{}"), "status: Field required");
    EXPECT_EQ(fault_of("instructor_status_update", R"({"status":"x"})"), "Invalid status: x");
    EXPECT_EQ(fault_of("student_help_request", R"({"student_id":1,"student_name":"x"})"),
              "seat_number: Field required");
}

TEST(InstructorEventTexts, FindTheToken) {
    EXPECT_EQ(token_in(R"({"token":"a.b.c"})"), "a.b.c");
    EXPECT_EQ(token_in(R"({"token":" "})"), "");
    for (const auto* auth : {"", "{}", "[]", R"({"token":null})", R"({"token":7})"})
        EXPECT_FALSE(token_in(auth)) << auth;
}

TEST(InstructorEventTexts, TellOutcomes) {
    const std::string why = "no \"room\"";
    EXPECT_EQ(outcome_json(nullptr), R"({"ok":true})");
    EXPECT_EQ(outcome_json(&why), R"({"ok":false,"message":"no \"room\""})");
    EXPECT_EQ(event_error_json("e", why), R"({"event":"e","message":"no \"room\""})");
    classroom::Account account;
    account.id = 3;
    account.name = "名前";
    account.status = classroom::Status::in_session;
    EXPECT_EQ(joined_json(account, 1'500),
              R"({"instructor_id":3,"instructor_name":"名前","status":"connected",)"
              R"("auth_duration":0.001500})");
    EXPECT_EQ(status_said_json(account, {}, kTextsNow),
              R"({"instructor_id":3,"instructor_name":"名前","status":"in_session",)"
              R"("location":null,"timestamp":"2026-11-23T17:46:40.000000Z"})");
}

}  // namespace
}  // namespace cellmon::api
