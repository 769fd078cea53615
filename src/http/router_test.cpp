// Goal: every spelling of a path finds the right handler and nothing else does; targets are decoded
// or refused, never half understood; CORS fields are those of the contract (1.4).
// Method: direct calls, no sockets.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include "base/percent.hpp"
#include "http/cors.hpp"
#include "http/path.hpp"

namespace cellmon::http {
namespace {

class RouterTest : public ::testing::Test {
  protected:
    void add(Method method, std::string_view pattern) {
        router_.add(method, pattern,
                    [this, name = std::string(pattern)](Request&&, Responder) { called_ = name; });
    }

    struct NullSink final : ResponseSink {
        void respond(Response&&) override {}
        [[nodiscard]] unsigned thread() const override { return 0; }
    };

    /// The pattern found for the path, empty when none.
    std::string find(Method method, std::string_view path) {
        parameters_.clear();
        called_.clear();
        match_ = router_.find(method, path, parameters_);
        if (match_.handler != nullptr) {
            (*match_.handler)(Request(), Responder(std::make_shared<NullSink>()));
        }
        return called_;
    }

    Router router_;
    Router::Match match_;
    std::vector<Parameter> parameters_;
    std::string called_;
};

TEST_F(RouterTest, FindsLiteralsParametersAndRests) {
    add(Method::get, "/");
    add(Method::get, "/api/v1/classes/");
    add(Method::get, "/api/v1/classes/{class_id}");
    add(Method::get, "/api/v1/classes/mine");
    add(Method::get, "/api/v1/classes/{class_id}/students/{email}");
    add(Method::get, "/static/{file...}");
    EXPECT_EQ(find(Method::get, "/"), "/");
    EXPECT_EQ(find(Method::get, "/api/v1/classes"), "/api/v1/classes/");
    EXPECT_EQ(find(Method::get, "/api/v1/classes/"), "/api/v1/classes/");
    EXPECT_EQ(find(Method::get, "/api/v1/classes/mine"), "/api/v1/classes/mine");
    EXPECT_EQ(find(Method::get, "/api/v1/classes/%6dine"), "/api/v1/classes/mine");
    EXPECT_EQ(find(Method::get, "/api/v1/classes/7"), "/api/v1/classes/{class_id}");
    EXPECT_EQ(find(Method::get, "/api/v1/classes/mine/students/a%40b.c"),
              "/api/v1/classes/{class_id}/students/{email}");
    EXPECT_EQ(parameters_, (std::vector<Parameter>{{"class_id", "mine"}, {"email", "a@b.c"}}));
    EXPECT_EQ(find(Method::get, "/static/maps/a%20b.png"), "/static/{file...}");
    EXPECT_EQ(parameters_, (std::vector<Parameter>{{"file", "maps/a b.png"}}));
}

TEST_F(RouterTest, AnEscapedSlashStaysInsideItsParameter) {
    add(Method::get, "/history/{path}");
    EXPECT_EQ(find(Method::get, "/history/week1%2Flab.ipynb"), "/history/{path}");
    EXPECT_EQ(parameters_, (std::vector<Parameter>{{"path", "week1/lab.ipynb"}}));
}

TEST_F(RouterTest, DoubledAndSinglePrefixAreOne) {
    add(Method::post, "/api/v1/v1/cell-monitor");
    add(Method::get, "/api/v1/v1/test/test/events/{test_id}");
    add(Method::post, "/api/v1/events");
    EXPECT_EQ(find(Method::post, "/api/v1/cell-monitor"), "/api/v1/v1/cell-monitor");
    EXPECT_EQ(find(Method::post, "/api/v1/v1/cell-monitor/"), "/api/v1/v1/cell-monitor");
    EXPECT_EQ(find(Method::get, "/api/v1/test/test/events/x"),
              "/api/v1/v1/test/test/events/{test_id}");
    EXPECT_EQ(find(Method::post, "/api/v1/v1/events"), "/api/v1/events");
    EXPECT_EQ(find(Method::post, "/api/v1/v1events"), "");
}

TEST_F(RouterTest, AnUpgradeRouteIsBesideTheOthers) {
    const UpgradeHandler refuse = [](const Request&) { return error_response(503, "no"); };
    router_.add_upgrade("/api/v1/v1/rooms/{room}/live", refuse);
    router_.add_upgrade("/both", refuse);
    add(Method::get, "/both");
    add(Method::get, "/plain");
    for (const char* path : {"/api/v1/rooms/a%20b/live", "/api/v1/v1/rooms/a%20b/live/"}) {
        parameters_.clear();
        EXPECT_NE(router_.find_upgrade(path, parameters_), nullptr) << path;
        EXPECT_EQ(parameters_, (std::vector<Parameter>{{"room", "a b"}}));
        EXPECT_EQ(find(Method::get, path), "");
        EXPECT_TRUE(match_.path_known && match_.needs_upgrade);
        EXPECT_EQ(match_.allow, "GET, OPTIONS");
        EXPECT_EQ(find(Method::post, path), "");
        EXPECT_FALSE(match_.needs_upgrade);
    }
    EXPECT_NE(router_.find_upgrade("/both/", parameters_), nullptr);
    EXPECT_EQ(find(Method::get, "/both"), "/both");
    EXPECT_EQ(router_.find_upgrade("/plain", parameters_), nullptr);
    EXPECT_EQ(router_.find_upgrade("/nothing", parameters_), nullptr);
}

TEST_F(RouterTest, UnknownPathsAndMethodsAreToldApart) {
    add(Method::get, "/a/{b}");
    add(Method::post, "/a/{b}");
    for (const char* unknown : {"/", "/a", "/a/", "/a/b/c", "/b", "//", "/a//", "", "*"}) {
        EXPECT_EQ(find(Method::get, unknown), "") << unknown;
        EXPECT_FALSE(match_.path_known) << unknown;
    }
    EXPECT_EQ(find(Method::delete_, "/a/b"), "");
    EXPECT_TRUE(match_.path_known);
    EXPECT_EQ(match_.allow, "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(find(Method::head, "/a/b"), "/a/{b}");
    EXPECT_EQ(find(Method::other, "/a/b"), "");
}

TEST_F(RouterTest, GoesBackFromALiteralThatLeadsNowhere) {
    add(Method::get, "/x/literal/end");
    add(Method::get, "/x/{name}/other");
    add(Method::get, "/x/{rest...}");
    EXPECT_EQ(find(Method::get, "/x/literal/other"), "/x/{name}/other");
    EXPECT_EQ(parameters_, (std::vector<Parameter>{{"name", "literal"}}));
    EXPECT_EQ(find(Method::get, "/x/literal/third"), "/x/{rest...}");
    EXPECT_EQ(parameters_, (std::vector<Parameter>{{"rest", "literal/third"}}));
}

TEST(Path, DecodesOrRefuses) {
    EXPECT_EQ(percent_decode("%E7%94%9F+%2b"), "生++");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
    for (const char* bad : {"%", "%4", "%zz", "a%2", "%00", "%-1"}) {
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(parse_query("a=1&&b=%20x+y&c&a=2=3"),
              (std::vector<Parameter>{{"a", "1"}, {"b", " x y"}, {"c", ""}, {"a", "2=3"}}));
    EXPECT_EQ(parse_query("a=%"), std::nullopt);
}

TEST(Cors, OrdinaryAnswersFollowTheContract) {
    std::string head;
    append_cors_fields(head, {}, "http://lab:8888", false);
    EXPECT_EQ(head, "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n");
    head.clear();
    append_cors_fields(head, {}, "http://lab:8888", true);
    EXPECT_EQ(head,
              "Vary: Origin\r\nAccess-Control-Allow-Origin: http://lab:8888\r\n"
              "Access-Control-Allow-Credentials: true\r\n");
    head.clear();
    append_cors_fields(head, {}, "", false);
    EXPECT_EQ(head, "");
}

TEST(Cors, ANamedListLetsNobodyElseIn) {
    CorsPolicy policy;
    policy.any_origin = false;
    policy.origins = {"http://lab:8888"};
    std::string head;
    append_cors_fields(head, policy, "http://evil", false);
    EXPECT_EQ(head, "Vary: Origin\r\n");
    EXPECT_EQ(preflight_response(policy, "http://evil", "x").status, 400U);
    EXPECT_EQ(preflight_response(policy, "http://lab:8888", "x").status, 200U);
}

TEST(Request, ReadsContentTypesWithoutTheirParameters) {
    Request request;
    request.headers.add("CONTENT-type", "application/x-ndjson ; charset=utf-8");
    EXPECT_TRUE(request.has_content_type("application/x-ndjson"));
    EXPECT_FALSE(request.has_content_type("application/json"));
    EXPECT_EQ(request.header("content-TYPE"), "application/x-ndjson ; charset=utf-8");
    EXPECT_EQ(request.header("content"), "");
}

}  // namespace
}  // namespace cellmon::http
