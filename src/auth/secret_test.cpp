// Goal: the secret is long, made once, and nobody else can read it. Method: a folder of its own.
#include "auth/secret.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cellmon::auth {
namespace {

class SecretTest : public ::testing::Test {
  protected:
    SecretTest() {
        std::string path = (std::filesystem::temp_directory_path() / "secret.XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
        path_ = folder_ + "/auth.secret";
    }
    ~SecretTest() override { std::filesystem::remove_all(folder_); }
    Result<std::string> secret(const std::string& configured = {}) {
        return token_secret(configured, path_, *files_, random_);
    }

    std::string folder_;
    std::string path_;
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    SystemRandom random_;
};

TEST_F(SecretTest, IsMadeOnceForItsOwnerAlone) {
    const auto first = secret();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_GE(first->size(), kLeastSecretBytes);
    struct stat facts{};
    ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(*secret(), *first);
    std::filesystem::remove(path_);
    EXPECT_NE(*secret(), *first);
}

TEST_F(SecretTest, AFileThatOthersCanReadIsRefused) {
    ASSERT_TRUE(secret());
    ::chmod(path_.c_str(), 0640);
    const auto again = secret();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::permission);
    EXPECT_NE(again.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(SecretTest, AConfiguredOneWinsAndMakesNoFile) {
    const std::string configured(kLeastSecretBytes, 's');
    EXPECT_EQ(*secret(configured), configured);
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SecretTest, AShortOneIsRefusedAndNotRepeated) {
    const auto refused = secret("hunter2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);
    std::ofstream(path_) << "short\n";
    ::chmod(path_.c_str(), 0600);
    EXPECT_FALSE(secret());
}

}  // namespace
}  // namespace cellmon::auth
