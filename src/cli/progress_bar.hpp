#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

namespace cellmon::cli {

/// A line on standard error that is written over, only when that is a terminal.
class ProgressBar {
  public:
    explicit ProgressBar(std::string what) : what_(std::move(what)) {}

    /// `detail` stands behind the bar.
    void show(std::uint64_t done, std::uint64_t total, std::string_view detail = {}) {
        if (!is_terminal_ || total == 0) return;
        const auto permille = static_cast<int>(done * 1000 / total);
        if (permille == shown_ && detail.empty()) return;
        shown_ = permille;
        const auto filled = static_cast<std::size_t>(permille) * kWidth / 1000;
        fmt::print(stderr, "\r{} [{}{}] {:3}%  {}", what_, std::string(filled, '#'),
                   std::string(kWidth - filled, ' '), permille / 10, detail);
    }

    void clear() const {
        if (shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
    }

  private:
    static constexpr std::size_t kWidth = 40;

    std::string what_;
    bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
    int shown_ = -1;
};

}  // namespace cellmon::cli
