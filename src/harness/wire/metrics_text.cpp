#include "harness/wire/metrics_text.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace cellmon::harness {

std::optional<double> metric_sum(std::string_view text, std::string_view name,
                                 std::string_view label) {
    std::optional<double> sum;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(name)) continue;
        auto rest = line.substr(name.size());
        std::string_view labels;
        if (rest.starts_with('{')) {
            const auto end = rest.rfind('}');
            if (end == std::string_view::npos) continue;
            labels = rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        }
        if (!rest.starts_with(' ') || labels.find(label) == std::string_view::npos) continue;
        rest.remove_prefix(1);
        double value = 0;
        if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc())
            sum = sum.value_or(0) + value;
    }
    return sum;
}

}  // namespace cellmon::harness
