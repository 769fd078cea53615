// What is said on the socket of instructors: what a client may say, and of which changes of a
// student the others are told.
#include "api/instructor_frames.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace cellmon::api {
namespace {

constexpr TimeUs kFramesNow = 1'764'000'000'000'000;

live::StudentPicturePtr picture(live::Status status, bool asks_help) {
    boost::intrusive_ptr made(new live::StudentPicture());
    made->view.email = "a@example.com";
    made->view.status = status;
    made->view.asks_help = asks_help;
    made->view.help_since_us = asks_help ? kFramesNow : 0;
    made->view.status_since_us = kFramesNow;
    made->view.consecutive_errors = 4;
    return made;
}

std::string type_told(const live::StudentPicturePtr& before, const live::StudentPicturePtr& now) {
    const std::string json = student_news_json({before, now}, kFramesNow);
    if (json.empty()) return json;
    constexpr std::string_view kBegin = R"({"type":")";
    return json.substr(kBegin.size(), json.find('"', kBegin.size()) - kBegin.size());
}

TEST(InstructorFrames, HelpAndBeingStuckAreToldWhenTheyBegin) {
    const auto idle = picture(live::Status::idle, false);
    const auto failing = picture(live::Status::error, false);
    const auto stuck = picture(live::Status::significant_error, false);
    const auto asking = picture(live::Status::help, true);
    EXPECT_EQ(type_told(idle, asking), "help_request");
    EXPECT_EQ(type_told(nullptr, asking), "help_request");
    EXPECT_EQ(type_told(asking, asking), "");
    EXPECT_EQ(type_told(asking, idle), "help_resolved");
    EXPECT_EQ(type_told(asking, stuck), "help_resolved");
    EXPECT_EQ(type_told(idle, failing), "");
    EXPECT_EQ(type_told(failing, stuck), "error_alert");
    EXPECT_EQ(type_told(nullptr, stuck), "error_alert");
    EXPECT_EQ(type_told(stuck, stuck), "");
    EXPECT_EQ(type_told(stuck, idle), "");
    EXPECT_EQ(type_told(nullptr, idle), "");
}

TEST(InstructorFrames, TheFieldsAreThoseThatTheOriginPublishes) {
    EXPECT_EQ(
        student_news_json({nullptr, picture(live::Status::help, true)}, kFramesNow),
        R"({"type":"help_request","emailAddress":"a@example.com","userName":null,"teamName":null,)"
        R"("notebookPath":null,"cellId":null,"timestamp":"2025-11-24T16:00:00.000000Z",)"
        R"("priority":"urgent"})");
}

TEST(InstructorFrames, WhatClientsSayIsRead) {
    const auto status = read_client_frame(R"({"type":"status_update","status":"break"})");
    ASSERT_TRUE(std::holds_alternative<StatusUpdate>(status));
    EXPECT_EQ(std::get<StatusUpdate>(status).status, classroom::Status::on_break);
    EXPECT_FALSE(std::get<StatusUpdate>(status).session_id);

    const auto reply =
        read_client_frame(R"({"type":"instructor_reply","student_id":"a\"b","message":"m"})");
    ASSERT_TRUE(std::holds_alternative<StudentMessage>(reply));
    EXPECT_TRUE(std::get<StudentMessage>(reply).is_reply);
    EXPECT_EQ(std::get<StudentMessage>(reply).student_id, R"("a\"b")");

    const auto faulty = read_client_frame(R"({"type":"status_update","status":"on fire"})");
    ASSERT_TRUE(std::holds_alternative<FaultyMessage>(faulty));
    EXPECT_EQ(std::get<FaultyMessage>(faulty).reason, "Invalid status: on fire");
    for (const char* text : {"", "x", "[]", "null", "{", R"("type")"})
        EXPECT_TRUE(std::holds_alternative<Gibberish>(read_client_frame(text))) << text;
}

}  // namespace
}  // namespace cellmon::api
