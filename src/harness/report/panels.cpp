#include "harness/report/panels.hpp"

#include <algorithm>
#include <array>

namespace cellmon::harness::report {
namespace {

struct Kind {
    std::string_view ja;
    std::string_view en;
    bool (*takes)(std::string_view name, std::string_view unit);
};

bool has(std::string_view name, std::string_view piece) {
    return name.find(piece) != std::string_view::npos;
}

// The first that takes a series has it.
constexpr std::array kKinds = std::to_array<Kind>({
    {"レート", "Rate",
     [](std::string_view name, std::string_view unit) {
         return unit == "events/s" || name.ends_with("_per_s");
     }},
    {"ストアの遅れ", "Lag",
     [](std::string_view name, std::string_view) { return name.starts_with("lag"); }},
    {"負荷生成側の遅れ", "Lag of the generator",
     [](std::string_view name, std::string_view) {
         return name.starts_with("generator") && has(name, "lag");
     }},
    {"遅延", "Latency",
     [](std::string_view name, std::string_view unit) {
         return unit == "ms" || has(name, "latency");
     }},
    {"CPU", "CPU", [](std::string_view name, std::string_view) { return has(name, "cpu"); }},
    {"メモリ", "Memory",
     [](std::string_view name, std::string_view) { return has(name, "memory"); }},
    {"ディスク", "Disk",
     [](std::string_view name, std::string_view) { return name.starts_with("disk"); }},
    {"ネットワーク", "Network",
     [](std::string_view name, std::string_view) { return name.starts_with("network"); }},
});

// In which order they are shown: rate, latency, CPU, memory, lag, disk, network, generator.
constexpr std::array<std::size_t, kKinds.size()> kShown{0, 3, 4, 5, 1, 6, 7, 2};

std::size_t kind_of(const Series& series) {
    const auto* const found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
        return kind.takes(series.name, series.unit);
    });
    return static_cast<std::size_t>(found - kKinds.begin());
}

bool has_a_value(const Series& series) {
    return std::any_of(series.value.begin(), series.value.end(),
                       [](const auto& value) { return value.has_value(); });
}

}  // namespace

std::vector<Panel> panels_of(const PhaseReport& phase) {
    std::vector<Panel> panels;
    const auto add = [&](const Series& series, const Words& title) {
        const auto fits = std::find_if(panels.begin(), panels.end(), [&](const Panel& panel) {
            return panel.title.en == title.en && panel.unit == series.unit &&
                   panel.series.size() < kMostLines;
        });
        if (fits != panels.end()) {
            fits->series.push_back(&series);
        } else {
            panels.push_back({title, series.unit, {&series}});
        }
    };
    const auto add_all_of = [&](std::size_t kind) {
        for (const Series& series : phase.series) {
            if (kind_of(series) != kind || !has_a_value(series)) continue;
            add(series, kind < kKinds.size()
                            ? Words{std::string(kKinds[kind].ja), std::string(kKinds[kind].en)}
                            : words_of(series.name));
        }
    };
    for (const std::size_t kind : kShown)
        add_all_of(kind);
    add_all_of(kKinds.size());
    return panels;
}

}  // namespace cellmon::harness::report
