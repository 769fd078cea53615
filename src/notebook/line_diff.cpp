#include "notebook/line_diff.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace cellmon::notebook {
namespace {

using Index = std::ptrdiff_t;
using Lines = std::span<const std::uint32_t>;

/// A part of both sides that is still to be compared.
struct Box {
    Index old_at;
    Index old_end;
    Index new_at;
    Index new_end;
};

/// How far paths of so many edits have come on each diagonal (old minus new place), from one corner
/// of a box.
class Front {
  public:
    static constexpr Index kNowhere = -1;

    Front(Index old_size, Index new_size)
        : old_size_(old_size),
          new_size_(new_size),
          reach_(static_cast<std::size_t>(old_size + new_size + 3), kNowhere) {}

    [[nodiscard]] Index at(Index diagonal) const {
        return diagonal < -new_size_ || diagonal > old_size_ ? kNowhere : reach_[place(diagonal)];
    }

    /// One edit more brings a path onto the diagonal, if any does: the place among the old lines.
    [[nodiscard]] Index step_onto(Index diagonal, bool is_first) const {
        if (is_first) return 0;
        const Index below = at(diagonal - 1);
        const Index above = at(diagonal + 1);
        const Index by_delete = below == kNowhere || below >= old_size_ ? kNowhere : below + 1;
        const Index by_insert =
            above == kNowhere || above - diagonal > new_size_ ? kNowhere : above;
        return std::max(by_delete, by_insert);
    }
    void set(Index diagonal, Index reached) { reach_[place(diagonal)] = reached; }

  private:
    [[nodiscard]] std::size_t place(Index diagonal) const {
        return static_cast<std::size_t>(diagonal + new_size_ + 1);
    }

    Index old_size_;
    Index new_size_;
    std::vector<Index> reach_;
};

class Comparison {
  public:
    Comparison(Lines before, Lines after, Effort& effort)
        : before_(before),
          after_(after),
          effort_(effort),
          deleted_(before.size()),
          added_(after.size()) {}

    std::vector<Change> run() {
        std::vector<Box> open{{0, size_of(before_), 0, size_of(after_)}};
        while (!open.empty()) {
            Box box = open.back();
            open.pop_back();
            trim(box);
            if (box.old_at == box.old_end || box.new_at == box.new_end) {
                replace(box);
                continue;
            }
            const auto split = split_of(box);
            if (!split) {
                replace(box);
                continue;
            }
            const auto [x, y] = *split;
            open.push_back({box.old_at, x, box.new_at, y});
            open.push_back({x, box.old_end, y, box.new_end});
        }
        return changes();
    }

  private:
    static Index size_of(Lines lines) { return static_cast<Index>(lines.size()); }
    [[nodiscard]] bool same(Index x, Index y) const {
        return before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(y)];
    }

    void trim(Box& box) const {
        while (box.old_at < box.old_end && box.new_at < box.new_end &&
               same(box.old_at, box.new_at)) {
            ++box.old_at;
            ++box.new_at;
        }
        while (box.old_at < box.old_end && box.new_at < box.new_end &&
               same(box.old_end - 1, box.new_end - 1)) {
            --box.old_end;
            --box.new_end;
        }
    }

    void replace(const Box& box) {
        std::fill(deleted_.begin() + box.old_at, deleted_.begin() + box.old_end, true);
        std::fill(added_.begin() + box.new_at, added_.begin() + box.new_end, true);
    }

    /// A point on a shortest path through the box, inside of it: where paths from both corners
    /// meet. nullopt: the effort is spent. The box is trimmed, so that the path has two edits at
    /// least and both parts are smaller than the whole.
    std::optional<std::pair<Index, Index>> split_of(const Box& box) {
        const Index n = box.old_end - box.old_at;
        const Index m = box.new_end - box.new_at;
        const Index delta = n - m;
        const bool odd = delta % 2 != 0;
        Front forward(n, m);
        Front backward(n, m);
        for (Index edits = 0;; ++edits) {
            for (Index k = -edits; k <= edits; k += 2) {
                if (k < -m || k > n) continue;
                Index x = forward.step_onto(k, edits == 0);
                if (x != Front::kNowhere) {
                    while (x < n && x - k < m && same(box.old_at + x, box.new_at + x - k) &&
                           spend()) {
                        ++x;
                    }
                }
                if (!spend()) return std::nullopt;
                forward.set(k, x);
                const Index other = backward.at(delta - k);
                if (odd && meet(x, other, n)) {
                    return std::pair(box.old_at + x, box.new_at + x - k);
                }
            }
            for (Index k = -edits; k <= edits; k += 2) {
                if (k < -m || k > n) continue;
                Index x = backward.step_onto(k, edits == 0);
                if (x != Front::kNowhere) {
                    while (x < n && x - k < m &&
                           same(box.old_end - 1 - x, box.new_end - 1 - (x - k)) && spend()) {
                        ++x;
                    }
                }
                if (!spend()) return std::nullopt;
                backward.set(k, x);
                const Index other = forward.at(delta - k);
                if (!odd && meet(x, other, n)) {
                    return std::pair(box.old_end - x, box.new_end - (x - k));
                }
            }
        }
    }

    static bool meet(Index one, Index other, Index old_size) {
        return one != Front::kNowhere && other != Front::kNowhere && one + other >= old_size;
    }

    bool spend() {
        if (effort_.steps_left == 0) return false;
        --effort_.steps_left;
        return true;
    }

    [[nodiscard]] std::vector<Change> changes() const {
        std::vector<Change> list;
        std::size_t x = 0;
        std::size_t y = 0;
        while (x < deleted_.size() || y < added_.size()) {
            Change change{x, 0, y, 0};
            while (x < deleted_.size() && deleted_[x])
                ++x;
            while (y < added_.size() && added_[y])
                ++y;
            change.old_count = x - change.old_at;
            change.new_count = y - change.new_at;
            if (change.old_count > 0 || change.new_count > 0) {
                list.push_back(change);
            } else {
                ++x;
                ++y;
            }
        }
        return list;
    }

    Lines before_;
    Lines after_;
    Effort& effort_;
    std::vector<bool> deleted_;
    std::vector<bool> added_;
};

/// Each line as a number that is the same for the same text.
class Numbers {
  public:
    std::vector<std::uint32_t> of(std::span<const std::string_view> lines) {
        std::vector<std::uint32_t> numbers;
        numbers.reserve(lines.size());
        for (const std::string_view line : lines) {
            numbers.push_back(
                known_.emplace(line, static_cast<std::uint32_t>(known_.size())).first->second);
        }
        return numbers;
    }

  private:
    std::unordered_map<std::string_view, std::uint32_t> known_;
};

constexpr std::size_t kContext = 3;

/// `7`, `7,2`, or `6,0` for nothing behind line 6.
std::string range_text(std::size_t at, std::size_t count) {
    if (count == 1) return std::to_string(at + 1);
    return fmt::format("{},{}", count == 0 ? at : at + 1, count);
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
        lines.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return lines;
}

std::vector<Change> diff_lines(std::span<const std::string_view> before,
                               std::span<const std::string_view> after, Effort& effort) {
    Numbers numbers;
    const auto old_numbers = numbers.of(before);
    const auto new_numbers = numbers.of(after);
    return Comparison(old_numbers, new_numbers, effort).run();
}

std::vector<std::string> unified_diff(std::span<const std::string_view> before,
                                      std::span<const std::string_view> after,
                                      std::span<const Change> changes) {
    std::vector<std::string> text;
    if (changes.empty()) return text;
    text.emplace_back("--- \n");
    text.emplace_back("+++ \n");
    const auto append = [&](char sign, std::string_view line) {
        std::string one(1, sign);
        text.push_back(one.append(line));
    };
    for (std::size_t first = 0; first < changes.size();) {
        // Changes whose surroundings touch stand in one hunk.
        std::size_t last = first;
        while (last + 1 < changes.size() &&
               changes[last + 1].old_at - (changes[last].old_at + changes[last].old_count) <=
                   2 * kContext) {
            ++last;
        }
        const std::size_t lead = std::min(kContext, changes[first].old_at);
        std::size_t x = changes[first].old_at - lead;
        const std::size_t new_at = changes[first].new_at - lead;
        const Change& end = changes[last];
        const std::size_t behind = std::min(kContext, before.size() - (end.old_at + end.old_count));
        text.push_back(
            fmt::format("@@ -{} +{} @@\n", range_text(x, end.old_at + end.old_count + behind - x),
                        range_text(new_at, end.new_at + end.new_count + behind - new_at)));
        for (; first <= last; ++first) {
            const Change& change = changes[first];
            for (; x < change.old_at; ++x)
                append(' ', before[x]);
            for (; x < change.old_at + change.old_count; ++x)
                append('-', before[x]);
            for (const std::string_view line : after.subspan(change.new_at, change.new_count))
                append('+', line);
        }
        for (const std::size_t stop = x + behind; x < stop; ++x)
            append(' ', before[x]);
    }
    return text;
}

}  // namespace cellmon::notebook
