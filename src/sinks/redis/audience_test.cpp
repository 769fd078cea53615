// Goal: no message is made for nobody, and nobody who listens is left out.
// Method: subscribers at a Redis of the test program. A replica: tests/stores/test_redis.py.
#include "sinks/redis/audience.hpp"

#include <algorithm>

#include "sinks/redis/test_redis.hpp"

namespace cellmon::redis {
namespace {

class AudienceTest : public ::testing::Test {
  protected:
    Audience ask(Link& link) {
        Audience::ask(link);
        auto found = Audience::take(link);
        EXPECT_TRUE(found) << found.error().message;
        return found.value_or(Audience());
    }
    Audience ask() { return ask(beside_.link()); }

    static bool hears_all(const Audience& audience) {
        return std::ranges::all_of(kChannels,
                                   [&](auto channel) { return audience.hears(channel); });
    }

    const std::string url_ = TestRedis::get().new_database();
    Beside beside_{url_};
};

TEST_F(AudienceTest, NobodyHearsNothing) {
    EXPECT_TRUE(ask().is_empty());
    EXPECT_FALSE(ask().hears("progress_events"));
}

TEST_F(AudienceTest, ASubscriberHearsItsChannelOnly) {
    {
        Beside subscriber(url_);
        subscriber.ask({"SUBSCRIBE", "help_requests"});
        EXPECT_TRUE(ask().hears("help_requests"));
        EXPECT_FALSE(ask().hears("progress_events"));
        EXPECT_FALSE(ask().hears("another channel"));
        subscriber.ask({"UNSUBSCRIBE", "help_requests"});
    }
    EXPECT_TRUE(ask().is_empty());
}

TEST_F(AudienceTest, APatternMayBeAnyChannel) {
    Beside subscriber(url_);
    subscriber.ask({"PSUBSCRIBE", "*_events"});
    EXPECT_TRUE(hears_all(ask()));
    subscriber.ask({"PUNSUBSCRIBE", "*_events"});
}

TEST_F(AudienceTest, WhoMayNotAskTellsEverybody) {
    beside_.ask({"ACL", "SETUSER", "narrow", "on", "nopass", "~*", "&*", "+@all", "-role"});
    {
        Beside narrow(url_);
        narrow.ask({"AUTH", "narrow", "any"});
        EXPECT_TRUE(hears_all(ask(narrow.link())));
    }
    beside_.ask({"ACL", "DELUSER", "narrow"});
}

}  // namespace
}  // namespace cellmon::redis
