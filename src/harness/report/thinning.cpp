#include "harness/report/thinning.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace cellmon::harness::report {
namespace {

/// The samples of one column without a gap among them.
struct Stretch {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t least = 0;
    std::size_t greatest = 0;
    bool gap = false;
};

void put(std::vector<Kept>& kept, const Stretch& stretch) {
    std::array indices{stretch.first, stretch.least, stretch.greatest, stretch.last};
    std::sort(indices.begin(), indices.end());
    const auto* const end = std::unique(indices.begin(), indices.end());
    bool gap = stretch.gap;
    for (const auto* index = indices.begin(); index != end; ++index) {
        kept.push_back({*index, gap});
        gap = false;
    }
}

}  // namespace

std::vector<Kept> thinned(const Series& series, std::size_t columns) {
    std::vector<Kept> kept;
    if (series.at.empty() || columns == 0) return kept;
    const auto [from, to] = std::minmax_element(series.at.begin(), series.at.end());
    const double width =
        std::max(1.0, static_cast<double>(*to - *from) / static_cast<double>(columns));
    const auto column_of = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<double>(series.at[i] - *from) / width);
    };
    std::optional<Stretch> stretch;
    std::size_t column = 0;
    bool gap = true;
    for (std::size_t i = 0; i < series.at.size(); ++i) {
        if (!series.value[i]) {
            gap = true;
            continue;
        }
        if (stretch && (gap || column_of(i) != column)) {
            put(kept, *stretch);
            stretch.reset();
        }
        if (!stretch) {
            stretch = Stretch{i, i, i, i, gap};
            column = column_of(i);
            gap = false;
        }
        stretch->last = i;
        if (*series.value[i] < *series.value[stretch->least]) stretch->least = i;
        if (*series.value[i] > *series.value[stretch->greatest]) stretch->greatest = i;
    }
    if (stretch) put(kept, *stretch);
    return kept;
}

}  // namespace cellmon::harness::report
