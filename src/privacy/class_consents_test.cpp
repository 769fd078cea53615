// Goal: it is known without a database to which level a class lowers the consent of an event, and a
// file of it is believed as a whole or not at all. Method: rows and what they come to; the text of
// the file with each byte of it altered.
#include "privacy/class_consents.hpp"

#include <gtest/gtest.h>

namespace cellmon::privacy {
namespace {

ConsentRows some_rows() {
    return {
        .classes = {{"CS-101", Consent::status}, {"CS 102", std::nullopt}, {"物理", Consent::code}},
        .students = {{"hanako@example.com", Consent::code},
                     {"taro@example.com", Consent::code},
                     {"taro@example.com", Consent::status}}};
}

TEST(ClassConsents, TheClassOfTheEventDecidesTheRosterWhereThereIsNone) {
    ClassConsents consents;
    EXPECT_EQ(consents.page()->most("CS-101", "taro@example.com"), Consent::output);
    consents.replace(some_rows());
    const auto page = consents.page();
    struct Case {
        const char* class_code;
        const char* email;
        Consent most;
    };
    for (const auto& [class_code, email, most] : {
             Case{"CS-101", "anybody@example.com", Consent::status},
             Case{"物理", "anybody@example.com", Consent::code},
             Case{"CS 102", "taro@example.com", Consent::output},  // a class that lowers nothing
             Case{"", "taro@example.com", Consent::status},        // the strictest of two
             Case{"", "HANAKO@Example.com", Consent::code},
             Case{"unknown", "hanako@example.com", Consent::code},
             Case{"cs-101", "anybody@example.com", Consent::output},
             Case{"", "anybody@example.com", Consent::output},
         }) {
        EXPECT_EQ(page->most(class_code, email), most) << class_code << ' ' << email;
    }
}

TEST(ClassConsents, WhatIsForgottenIsNotKnown) {
    ClassConsents consents;
    consents.forget();
    EXPECT_EQ(consents.page(), nullptr);
    consents.replace({});
    EXPECT_NE(consents.page(), nullptr);
}

TEST(ClassConsents, TheFileSaysTheSame) {
    for (const ConsentRows& rows : {ConsentRows{}, some_rows()}) {
        const auto read = consents_of_text(text_of_consents(rows));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, rows);
    }
}

TEST(ClassConsents, AFileIsBelievedAsAWhole) {
    const std::string text = text_of_consents(some_rows());
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string altered = text;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        EXPECT_FALSE(consents_of_text(altered)) << at;
        EXPECT_FALSE(consents_of_text(text.substr(0, at))) << at;
    }
    EXPECT_FALSE(consents_of_text(text + "\n"));
    const auto later = consents_of_text("cellmon class consents 2\n");
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace cellmon::privacy
