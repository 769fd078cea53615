// Goal: whatever happens to the process that reads an image, whoever waits for it hears of it in
// time, nothing of it stays, and it knows nothing of the server. Method: scripts in its place.
#include "image/converter.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cellmon::image {
namespace {

using namespace std::chrono_literals;

class ConverterTest : public ::testing::Test {
  protected:
    ConverterTest() {
        std::string path = (std::filesystem::temp_directory_path() / "converter.XXXXXX").string();
        folder_ = mkdtemp(path.data());
    }
    ~ConverterTest() override {
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
        std::filesystem::remove_all(folder_);
    }
    std::string script(std::string_view lines) const {
        const std::filesystem::path path = folder_ / "script";
        std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path.string();
    }
    Result<std::string> convert(std::string_view lines, std::string_view bytes = "image",
                                std::chrono::milliseconds timeout = 60s) const {
        return Converter(timeout, script(lines)).convert(bytes);
    }
    static std::pair<ErrorCode, std::string> error_of(const Result<std::string>& result) {
        EXPECT_FALSE(result);
        return result ? std::pair{ErrorCode::io, std::string()}
                      : std::pair{result.error().code, result.error().message};
    }

    std::filesystem::path folder_;
};

TEST_F(ConverterTest, GetsAllBytesAndGivesAllBack) {
    std::string large(9'000'000, 'x');
    large += '\0';
    const auto back = convert("cat", large);
    ASSERT_TRUE(back);
    EXPECT_TRUE(*back == large);
    EXPECT_EQ(convert("printf \"%s\" \"$1\""), std::string(kConverterArgument));
}

TEST_F(ConverterTest, ARefusalHasItsReason) {
    EXPECT_EQ(error_of(convert("printf 'too blue'; exit 10")),
              std::pair(ErrorCode::invalid, std::string("too blue")));
}

TEST_F(ConverterTest, ItsDeathIsNoneOfOurs) {
    for (const std::string_view end : {"kill -SEGV $$", "kill -KILL $$", "exit 1", "exit 139"})
        EXPECT_EQ(error_of(convert(end)).first, ErrorCode::corrupt) << end;
    EXPECT_EQ(error_of(Converter(60s, "/nowhere").convert("x")).first, ErrorCode::unavailable);
}

TEST_F(ConverterTest, WhoTakesTooLongOrSaysTooMuchIsEnded) {
    EXPECT_EQ(error_of(convert("exec sleep 600", "x", 50ms)).first, ErrorCode::limit);
    EXPECT_EQ(error_of(convert("exec yes")).first, ErrorCode::limit);
}

TEST_F(ConverterTest, AStopWaitsForNobody) {
    Converter converter(600s, script("exec sleep 600"));
    const std::jthread stopper([&] { converter.stop(); });
    EXPECT_EQ(error_of(converter.convert("x")).first, ErrorCode::unavailable);
}

TEST_F(ConverterTest, KnowsNothingOfTheServer) {
    ::setenv("CELLMON_AUTH_SECRET", "secret", 1);
    std::array<int, 2> open{};  // Without close-on-exec, as a library may open them.
    ASSERT_EQ(::pipe(open.data()), 0);
    const auto environment = convert("exec env");
    ASSERT_TRUE(environment);
    EXPECT_EQ(environment->find("CELLMON"), std::string::npos) << *environment;
    const auto files = convert(
        "for number in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$number ] && "
        "readlink /proc/self/fd/$number; done; true");
    ASSERT_TRUE(files);
    EXPECT_EQ(files->find("pipe"), std::string::npos) << *files;
    ::close(open[0]);
    ::close(open[1]);
    ::unsetenv("CELLMON_AUTH_SECRET");
}

}  // namespace
}  // namespace cellmon::image
