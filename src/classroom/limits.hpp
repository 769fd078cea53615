#pragma once

#include <cstddef>
#include <string_view>

// How long the texts of classes and what belongs to them may be, in characters. The schema checks
// the same, so that no way into the database gets around them, and so that every unique text fits
// into an index of PostgreSQL (2,704 bytes, with 4 bytes a character).
namespace cellmon::classroom {

struct TextLimit {
    std::size_t least = 0;
    std::size_t most = 0;
};

inline constexpr TextLimit kClassCode{1, 128};
inline constexpr TextLimit kClassName{1, 200};
inline constexpr TextLimit kKeyLabel{1, 200};
inline constexpr TextLimit kDescription{0, 10'000};
inline constexpr TextLimit kStudentEmail{3, 320};
inline constexpr TextLimit kStudentName{0, 512};
inline constexpr TextLimit kTeamName{1, 256};
inline constexpr TextLimit kNotebookPath{1, 600};
inline constexpr TextLimit kNotebookName{1, 255};
inline constexpr TextLimit kTitle{1, 200};
inline constexpr TextLimit kSubmissionStatus{1, 50};
inline constexpr TextLimit kFeedback{0, 20'000};
inline constexpr TextLimit kMapAuthor{0, 255};
inline constexpr TextLimit kMapFilename{0, 255};
inline constexpr TextLimit kSettingKey{1, 100};
inline constexpr TextLimit kSettingType{1, 50};
inline constexpr TextLimit kSettingValue{0, 10'000};
inline constexpr TextLimit kSettingDescription{0, 1'000};
inline constexpr TextLimit kAuthorId{1, 320};
inline constexpr TextLimit kAuthorName{0, 512};
inline constexpr TextLimit kCommitMessage{0, 10'000};
inline constexpr TextLimit kBranchName{1, 200};
inline constexpr TextLimit kTag{1, 100};

/// Grades and points lie between 0 and this.
inline constexpr double kMostPoints = 1'000'000;

/// Characters of a text in UTF-8, as the database counts them.
[[nodiscard]] constexpr std::size_t characters_of(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
    return count;
}

[[nodiscard]] constexpr bool fits(std::string_view text, TextLimit limit) {
    const std::size_t count = characters_of(text);
    return count >= limit.least && count <= limit.most;
}

}  // namespace cellmon::classroom
