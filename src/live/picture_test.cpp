// Goal: whoever asks first for a student's JSON, and however many at once, all read the same; a
// picture that is used again shows what it holds then. Method: threads that ask together.

#include "live/picture.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "live/fragment.hpp"

namespace cellmon::live {
namespace {

TEST(StudentPicture, ThreadsThatAskTogetherReadOneText) {
    for (int round = 0; round < 200; ++round) {
        StudentPicture picture;
        picture.view.email = "student@example.com";
        picture.view.executions = static_cast<std::uint64_t>(round);
        std::vector<std::string> read(3);
        {
            std::vector<std::jthread> readers;
            for (std::string& text : read)
                readers.emplace_back([&] { text = picture.fragment(); });
        }
        EXPECT_EQ(read, std::vector<std::string>(3, fragment_of(picture.view)));
    }
}

TEST(StudentPicture, IsWrittenAnewWhenItWasForgotten) {
    StudentPicture picture;
    picture.view.email = "one@example.com";
    const std::string before = picture.fragment();
    const std::uint64_t hash = picture.fragment_hash();
    picture.view.email = "two@example.com";
    picture.forget_fragment();
    EXPECT_NE(picture.fragment(), before);
    EXPECT_EQ(picture.fragment(), fragment_of(picture.view));
    EXPECT_NE(picture.fragment_hash(), hash);
}

}  // namespace
}  // namespace cellmon::live
