#pragma once

#include <string>
#include <string_view>

#include "harness/report/panels.hpp"
#include "harness/report/run_report.hpp"

namespace cellmon::harness::report {

/// Of a plot that stands beside others.
struct PlotFrame {
    std::string_view name;  ///< In front of its title.
    double most = 0;        ///< Its scale of values reaches to here at least.
};

/// A plot of the panel over the time of the phase, as a figure of HTML with an SVG: axes with
/// units, a legend, gaps where nothing could be read, and each fault as a band from its begin to
/// its end, paler until all had recovered. Of more samples than it has columns, each column shows
/// the least and the greatest, so that no peak is lost.
[[nodiscard]] std::string plot(const Panel& panel, const PhaseReport& phase,
                               const PlotFrame& frame = {});

/// The greatest value of a panel.
[[nodiscard]] double greatest_of(const Panel& panel);

}  // namespace cellmon::harness::report
