#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cellmon::cli {

/// Lines on a terminal's standard output that are written over with each picture.
class LiveView {
  public:
    void show(const std::vector<std::string>& lines) {
        winsize size{};
        const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        // What would scroll or wrap could not be written over.
        const std::size_t columns = known ? size.ws_col : 80;
        const std::size_t rows = known ? std::max<std::size_t>(size.ws_row, 2) - 1 : lines.size();
        std::string picture = back();
        shown_ = std::min(rows, lines.size());
        for (std::size_t i = 0; i < shown_; ++i)
            picture += cut(lines[i], columns) + "\n";
        fmt::print("{}", picture);
        std::fflush(stdout);
    }

    void clear() {
        fmt::print("{}", back());
        shown_ = 0;
    }

  private:
    /// To the first line of what is shown, and nothing behind it.
    [[nodiscard]] std::string back() const {
        return shown_ > 0 ? fmt::format("\x1b[{}A\r\x1b[J", shown_) : std::string();
    }

    /// At most so many characters; escape sequences take no room and all stay.
    static std::string cut(std::string_view line, std::size_t columns) {
        std::string result;
        std::size_t used = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '\x1b') {
                const auto end = std::min(line.find('m', i), line.size() - 1);
                result += line.substr(i, end - i + 1);
                i = end;
                continue;
            }
            const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
            if (begins) ++used;
            if (used <= columns) result += line[i];
        }
        return result;
    }

    std::size_t shown_ = 0;
};

}  // namespace cellmon::cli
