// Goal: what a client put into a form comes out of it, whatever the contents; a body that two
// readers could take for different fields is refused. Method: bodies written as browsers and curl
// write them, a writer of our own over any contents, a table of broken ones.
#include "http/multipart.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=b";

std::string part(std::string_view disposition, std::string_view content) {
    return "--b\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n\r\n" +
           std::string(content) + "\r\n";
}

std::string why(std::string_view body, std::string_view type = kType) {
    const auto parsed = parse_multipart(type, body);
    EXPECT_FALSE(parsed) << body;
    return parsed ? "" : parsed.error().message;
}

TEST(Multipart, ABrowsersForm) {
    const std::string boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    const std::string body =
        "--" + boundary +
        "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"教室.png\"\r\n"
        "Content-Type: image/png\r\n\r\n\x89PNG\r\n\r\n--no\r\n--" +
        boundary + "\r\nContent-Disposition: form-data; name=\"uploaded_by\"\r\n\r\n\r\n--" +
        boundary + "--\r\n";
    const auto parts = parse_multipart("multipart/form-data; boundary=" + boundary, body);
    ASSERT_TRUE(parts) << parts.error().message;
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ((*parts)[0].name, "file");
    EXPECT_EQ((*parts)[0].filename, "教室.png");
    EXPECT_EQ((*parts)[0].content, "\x89PNG\r\n\r\n--no");
    ASSERT_NE(find_part(*parts, "uploaded_by"), nullptr);
    EXPECT_EQ(find_part(*parts, "uploaded_by")->content, "");
    EXPECT_FALSE(find_part(*parts, "uploaded_by")->filename);
    EXPECT_EQ(find_part(*parts, "other"), nullptr);
}

TEST(Multipart, AnEmptyFormAndQuotedBoundary) {
    const auto parts =
        parse_multipart("Multipart/Form-Data; charset=x; boundary=\"b c\"", "--b c--");
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_TRUE(parts->empty());
}

TEST(Multipart, NamesOfFiles) {
    const auto filename = [](std::string_view disposition) {
        const auto parts = parse_multipart(kType, part(disposition, "") + "--b--");
        EXPECT_TRUE(parts) << disposition << parts.error().message;
        return parts->front().filename.value_or("none");
    };
    EXPECT_EQ(filename(R"(name="f"; filename="C:\a\b.png")"), R"(C:\a\b.png)");
    EXPECT_EQ(filename(R"(name=f; filename="a \"b\" \\.png")"), R"(a "b" \.png)");
    EXPECT_EQ(filename("name=f; filename*=utf-8''%E6%95%99.png"), "教.png");
    EXPECT_EQ(filename("name=f; filename=a.png; filename*=utf-8''b.png"), "a.png");
    EXPECT_EQ(filename("name=f; filename*=latin1''b.png"), "none");
    EXPECT_EQ(filename("name=f"), "none");
}

TEST(Multipart, WhatIsBrokenIsNamed) {
    const std::string good = part("name=a", "1");
    EXPECT_EQ(why(good + "--b--", "application/json"), "the media type is not multipart/form-data");
    for (const std::string_view type :
         {"multipart/form-data",
          "multipart/form-data; boundary=", "multipart/form-data; boundary=a;b",
          "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"b ",
          "multipart/form-data; boundary=\"b \"", "multipart/form-data; boundary=b; boundary=c",
          "multipart/form-data; boundary=\"b\r\n\""}) {
        EXPECT_NE(why(good + "--b--", type), "");
    }
    const std::string long_type = "multipart/form-data; boundary=" + std::string(71, 'b');
    EXPECT_EQ(why(good, long_type), "Content-Type has no boundary that can be used");
    EXPECT_EQ(why(""), "the body does not begin with its boundary");
    EXPECT_EQ(why("hello\r\n" + good + "--b--"), "the body does not begin with its boundary");
    EXPECT_EQ(why(good + "--b"), "a boundary does not end its line");
    EXPECT_EQ(why(good + "--bc--"), "a boundary does not end its line");
    EXPECT_EQ(why(good), "the body ends within a part");
    EXPECT_EQ(why("--b\r\nContent-Type: x\r\n\r\n1\r\n--b--"), "a part has no name");
    EXPECT_EQ(
        why("--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
            "name=b\r\n\r\n1\r\n--b--"),
        "a part has two names");
    EXPECT_EQ(why("--b\r\nnonsense\r\n\r\n1\r\n--b--"),
              "a line in the header of a part is no field");
    EXPECT_EQ(why(part("x=1", "1") + "--b--"), "a part is no named field of a form");
    EXPECT_EQ(why(part("name=a; name=b", "1") + "--b--"), "the parameter name comes twice");
    EXPECT_EQ(why(part("name=\"a", "1") + "--b--"), "a quoted text in a header field does not end");
    EXPECT_EQ(why(part("name=\"\xff\"", "1") + "--b--"), "the name of a part is not UTF-8");
    EXPECT_EQ(why("--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
                  "base64\r\n\r\nMQ==\r\n--b--"),
              "a part is encoded, which no form is");
    EXPECT_EQ(why("--b\r\nX: " + std::string(5'000, 'x') + "\r\n\r\n1\r\n--b--"),
              "the header of a part does not end within 4096 bytes");
    std::string many;
    for (int i = 0; i < 33; ++i)
        many += good;
    EXPECT_EQ(why(many + "--b--"), "there are more than 32 parts");
}

TEST(Multipart, AnyContentsComeBack) {
    EXPECT_TRUE(rc::check("any contents", [](const std::vector<std::string>& contents) {
        RC_PRE(contents.size() <= MultipartLimits{}.parts);
        std::string body;
        for (const std::string& content : contents)
            body += part("name=\"f\"", content);
        body += "--b--\r\n";
        for (const std::string& content : contents)
            RC_PRE(content.find("\r\n--b") == std::string::npos);
        const auto parts = parse_multipart(kType, body);
        RC_ASSERT(parts.has_value());
        RC_ASSERT(parts->size() == contents.size());
        for (std::size_t i = 0; i < contents.size(); ++i)
            RC_ASSERT((*parts)[i].content == contents[i]);
    }));
}

}  // namespace
}  // namespace cellmon::http
