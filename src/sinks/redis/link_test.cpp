// Goal: replies come in order whatever their size, every wait ends, and each refusal is told apart.
// Method: a Redis of the test program.
#include "sinks/redis/link.hpp"

#include <atomic>
#include <string>
#include <thread>

#include "sinks/redis/test_redis.hpp"

namespace cellmon::redis {
namespace {

using namespace std::chrono_literals;

class RedisLinkTest : public ::testing::Test {
  protected:
    Result<std::unique_ptr<Link>> open(Patience patience = {60s, nullptr}) {
        return Link::open(*parse_url(url_), patience);
    }

    std::string url_ = TestRedis::get().new_database();
};

TEST_F(RedisLinkTest, APipelineLargerThanAllBuffersIsAnsweredInOrder) {
    auto link = open();
    ASSERT_TRUE(link) << link.error().message;
    const std::string large(3'000'000, 'x');
    for (int at = 0; at < 20; ++at)
        (*link)->add({"ECHO", std::to_string(at) + large});
    for (int at = 0; at < 20; ++at) {
        const auto reply = (*link)->expect();
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(text_of(**reply), std::to_string(at) + large);
    }
}

TEST_F(RedisLinkTest, ARefusalLeavesTheLinkOpen) {
    auto link = open();
    ASSERT_TRUE(link);
    (*link)->add({"NONSENSE"});
    (*link)->add({"PING"});
    EXPECT_EQ((*link)->expect().error().code, ErrorCode::unavailable);
    EXPECT_EQ(text_of(**(*link)->expect()), "PONG");
}

TEST_F(RedisLinkTest, PasswordsAreRefusedByNameAndAppearNowhere) {
    Address address = *parse_url(url_);
    const std::string right = address.password;
    for (const auto* user : {"", "nobody"}) {
        address.user = user;
        address.password = "hunter2";
        const auto refused = Link::open(address, {60s, nullptr});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::permission) << refused.error().message;
        EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);
    }
    address.user.clear();
    address.password.clear();
    EXPECT_EQ(Link::open(address, {60s, nullptr}).error().code, ErrorCode::permission);
    address.user = "default";
    address.password = right;
    EXPECT_TRUE(Link::open(address, {60s, nullptr}));
}

TEST_F(RedisLinkTest, NobodyThere) {
    Address address = *parse_url(url_);
    address.port = 1;
    const auto refused = Link::open(address, {60s, nullptr});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST_F(RedisLinkTest, NoReplyInTimeClosesTheLink) {
    auto link = open({200ms, nullptr});
    ASSERT_TRUE(link);
    (*link)->add({"BLPOP", "nothing", "0"});
    EXPECT_EQ((*link)->receive().error().code, ErrorCode::unavailable);
    // Its late reply is nobody else's.
    EXPECT_EQ((*link)->ask({"PING"}).error().code, ErrorCode::unavailable);
}

TEST_F(RedisLinkTest, AnInterruptEndsAWait) {
    const auto interrupted = std::make_shared<std::atomic<bool>>(false);
    auto link = open({300s, interrupted});
    ASSERT_TRUE(link);
    (*link)->add({"BLPOP", "nothing", "0"});
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        *interrupted = true;
    });
    EXPECT_EQ((*link)->receive().error().code, ErrorCode::cancelled);
}

TEST_F(RedisLinkTest, AConnectionThatIsCutIsNoticed) {
    auto link = open();
    ASSERT_TRUE(link);
    const auto id = std::to_string((*(*link)->ask({"CLIENT", "ID"}))->integer);
    Beside(url_).ask({"CLIENT", "KILL", "ID", id});
    EXPECT_EQ((*link)->ask({"PING"}).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace cellmon::redis
