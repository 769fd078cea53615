#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cellmon::influxdb {

/// Lines of points, each with what it speaks of.
class LineBatch {
  public:
    struct Line {
        std::uint64_t sequence = 0;
        std::string_view measurement;
        std::size_t begin = 0;
    };

    /// Where points are appended; then note() tells of them.
    [[nodiscard]] std::string& text() { return text_; }

    /// The lines that were appended since the last note: no tag of theirs holds a newline, nor does
    /// a text.
    void note_lines(std::uint64_t sequence, std::string_view measurement);

    /// What was appended since the last note is one line, whatever its texts hold.
    void note_line(std::uint64_t sequence, std::string_view measurement);

    [[nodiscard]] std::size_t size() const { return lines_.size(); }
    [[nodiscard]] bool empty() const { return lines_.empty(); }
    [[nodiscard]] const Line& line(std::size_t index) const { return lines_[index]; }

    /// The lines from `first` to in front of `last`.
    [[nodiscard]] std::string_view lines(std::size_t first, std::size_t last) const;

    void clear();

  private:
    std::string text_;
    std::vector<Line> lines_;
    std::size_t noted_ = 0;
};

}  // namespace cellmon::influxdb
