// Goal: a part gives back what it was given, or nothing: every bit of it counts, its name and its
// key too. Method: contents of all sizes around the frames, random and not; every byte changed,
// every length cut.
#include "backup/part.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace cellmon::backup {
namespace {

class PartTest : public ::testing::TestWithParam<bool> {
  protected:
    PartTest() {
        std::string path = (std::filesystem::temp_directory_path() / "part.XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
        if (GetParam()) {
            random_.fill(key_.parts);
            random_.fill(key_.seal);
        }
    }
    ~PartTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] const Key* key() const { return GetParam() ? &key_ : nullptr; }
    [[nodiscard]] std::string path() const { return folder_ + "/part"; }

    PartSize write(std::string_view content, std::uint64_t offset = 0) {
        const auto file = files_->open(path(), io::OpenMode::create).value();
        auto writer = PartWriter::begin(*file, offset, "a name", key()).value();
        constexpr std::size_t kPiece = 100'000;
        for (std::size_t at = 0; at < content.size(); at += kPiece)
            EXPECT_TRUE(writer.write(content.substr(at, kPiece)));
        return writer.finish().value();
    }

    Result<std::string> read(const StoredPart& part) {
        std::string content;
        auto done =
            read_part(*files_, part, key(), [&](std::span<const std::byte> bytes) -> Result<void> {
                content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                return {};
            });
        if (!done) return fail(done.error());
        return content;
    }

    std::string noise(std::size_t size) {
        std::string text(size, '\0');
        random_.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        return text;
    }

    SeededRandom random_{7};
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    std::string folder_;
    Key key_;
};

TEST_P(PartTest, GivesBackWhatItWasGiven) {
    constexpr std::size_t kFrame = 256U << 10U;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kFrame - 1, kFrame, kFrame + 1,
                                   3 * kFrame, std::size_t{2'000'000}}) {
        for (const std::string& content : {noise(size), std::string(size, 'x')}) {
            const PartSize written = write(content, 100);
            EXPECT_EQ(written.bytes, size);
            const StoredPart part{path(), 100, "a name", written};
            EXPECT_EQ(read(part), content);
            EXPECT_TRUE(check_part(*files_, part));
        }
    }
}

TEST_P(PartTest, EveryByteCounts) {
    const std::string content = noise(200) + std::string(400, 'x');
    const StoredPart part{path(), 0, "a name", write(content)};
    const std::string good = io::read_file(*files_, path()).value();
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
        ASSERT_TRUE(io::replace_file(*files_, path(), bad));
        const auto got = read(part);
        ASSERT_FALSE(got) << "byte " << at;
        EXPECT_TRUE(got.error().code == ErrorCode::corrupt ||
                    got.error().code == ErrorCode::newer_format)
            << got.error().message;
        EXPECT_FALSE(check_part(*files_, part)) << "byte " << at;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        ASSERT_TRUE(io::replace_file(*files_, path(), good.substr(0, size)));
        ASSERT_FALSE(read(part)) << size << " bytes";
        ASSERT_FALSE(check_part(*files_, part)) << size << " bytes";
    }
}

TEST_P(PartTest, IsWhatItsManifestSaysOrDamaged) {
    const PartSize size = write("what it holds");
    PartSize other = size;
    other.bytes -= 1;
    EXPECT_FALSE(read({path(), 0, "a name", other}));
    other = size;
    other.content[0] ^= 1;
    EXPECT_FALSE(read({path(), 0, "a name", other}));
    other = size;
    other.stored[31] ^= 1;
    EXPECT_FALSE(read({path(), 0, "a name", other}));
    // Only of what is encrypted the name is bound.
    EXPECT_EQ(read({path(), 0, "another name", size}).has_value(), !GetParam());
}

TEST_P(PartTest, AnotherKeyOpensNothing) {
    const StoredPart part{path(), 0, "a name", write("what it holds")};
    key_.parts[0] ^= 1;
    EXPECT_EQ(read(part).has_value(), !GetParam());
}

INSTANTIATE_TEST_SUITE_P(Forms, PartTest, ::testing::Bool(), [](const auto& form) {
    return std::string(form.param ? "Encrypted" : "Plain");
});

TEST(BackupKey, TellsAWrongPasswordAndRefusesWhatAsksForTooMuch) {
    SystemRandom random;
    const NewKey made = make_key("correct horse", random).value();
    const std::string line = text_of(made.settings);
    const KeySettings settings = key_settings_of(line).value();
    EXPECT_EQ(settings, made.settings);
    EXPECT_EQ(open_key("correct horse", settings).value()->parts, made.key->parts);
    EXPECT_EQ(open_key("correct horsf", settings).error().code, ErrorCode::permission);
    EXPECT_EQ(open_key("", settings).error().code, ErrorCode::permission);
    EXPECT_FALSE(make_key("", random).value().key);
    EXPECT_FALSE(key_settings_of("argon2id 3 99999999999 00 00"));
    EXPECT_FALSE(key_settings_of("argon2id 99 67108864" + line.substr(line.find(' ', 20))));
    EXPECT_EQ(key_settings_of("scrypt 1 2 3 4").error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace cellmon::backup
