#pragma once

// For tests: a Redis of the test program, in which each test has a database of its own.
#include <chrono>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/test_script.hpp"
#include "sinks/redis/link.hpp"

namespace cellmon::redis {

class TestRedis {
  public:
    static TestRedis& get() {
        static TestRedis one;
        return one;
    }

    /// The URL of a database that nobody has used.
    [[nodiscard]] std::string new_database() {
        const std::string& url = script_.line();
        return url.substr(0, url.rfind('/') + 1) + std::to_string(++databases_);
    }

  private:
    TestRedis() : script_(CELLMON_SOURCE_ROOT, "support.redis_server") {
        // As the program does: a connection that is gone is an error of one write.
        std::signal(SIGPIPE, SIG_IGN);
    }

    TestScript script_;
    int databases_ = 0;
};

/// A second client, for what a person or another program does.
class Beside {
  public:
    explicit Beside(const std::string& url) {
        const auto address = parse_url(url);
        auto link = Link::open(*address, {std::chrono::seconds(60), nullptr});
        EXPECT_TRUE(link) << link.error().message;
        link_ = std::move(*link);
    }

    ReplyPtr ask(std::initializer_list<std::string_view> words) {
        auto reply = link_->ask(words);
        EXPECT_TRUE(reply) << reply.error().message;
        return reply ? std::move(*reply) : nullptr;
    }
    std::string text(std::initializer_list<std::string_view> words) {
        return std::string(text_of(*ask(words)));
    }
    long long number(std::initializer_list<std::string_view> words) { return ask(words)->integer; }
    [[nodiscard]] Link& link() { return *link_; }

  private:
    std::unique_ptr<Link> link_;
};

}  // namespace cellmon::redis
