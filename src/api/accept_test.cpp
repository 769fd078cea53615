// Goal: a browser gets the page, a program gets JSON as the contract has it, and nobody gets a
// coding that it refuses.
// Method: fields as browsers and tools send them, and the odd forms of RFC 9110.
#include "api/accept.hpp"

#include <gtest/gtest.h>

namespace cellmon::api {
namespace {

TEST(Accept, BrowsersGetHtml) {
    EXPECT_TRUE(
        prefers_html("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
    EXPECT_TRUE(prefers_html("text/html"));
    EXPECT_TRUE(prefers_html("TEXT/HTML ; q=0.5 , application/json;q=0.5"));
    EXPECT_TRUE(prefers_html("application/*;q=0.9, text/html;level=1, */*"));
}

TEST(Accept, ProgramsGetJson) {
    for (const char* field :
         {"", "*/*", "application/json", "application/json, text/plain, */*", "text/*",
          "text/html;q=0.5, application/json", "text/html;q=0.5, */*;q=0.8", "text/html;q=0",
          "text/html;q=0.000", "text/htmlx", "xtext/html"}) {
        EXPECT_FALSE(prefers_html(field)) << field;
    }
    // The entry for JSON counts before the one for all.
    EXPECT_TRUE(prefers_html("text/html;q=0.5, application/json;q=0.4, */*"));
}

TEST(Accept, GzipIsSentOnlyToWhoTakesIt) {
    for (const char* field : {"gzip", "gzip, deflate, br", "br, GZIP;q=0.1", "*", "*;q=0, gzip"})
        EXPECT_TRUE(accepts_gzip(field)) << field;
    for (const char* field :
         {"", "identity", "gzip;q=0", "gzip; q=0.0, *", "br", "*;q=0", "x-gzip2"})
        EXPECT_FALSE(accepts_gzip(field)) << field;
}

TEST(Accept, FindsATagInItsList) {
    for (const char* field : {R"("a1")", R"(W/"a1")", R"("b", "a1")", R"("b",W/"a1" )", "*"})
        EXPECT_TRUE(lists_tag(field, R"("a1")")) << field;
    for (const char* field : {"", "a1", R"("a1-gzip")", R"("a")", R"("A1")"})
        EXPECT_FALSE(lists_tag(field, R"("a1")")) << field;
}

}  // namespace
}  // namespace cellmon::api
