#include "live/help_signals.hpp"

#include <algorithm>

namespace cellmon::live {
namespace {

/// Merged help with a longer silence between would never be one request.
constexpr TimeUs kMergeGapUs = 60'000'000;

}  // namespace

void HelpSignals::asked(const OrderKey& at) {
    if (at <= stop_) return;
    if (merged_last_.set() && at <= merged_last_) return merge(at);
    const auto place = std::lower_bound(signals_.begin(), signals_.end(), at);
    if (place != signals_.end() && *place == at) return;
    signals_.insert(place, at);
    if (signals_.size() <= kMaxHelpSignals) return;
    merge(signals_.front());
    signals_.erase(signals_.begin());
}

void HelpSignals::merge(const OrderKey& at) {
    if (at > merged_last_) {
        if (!merged_last_.set() || at.time_us - merged_last_.time_us > kMergeGapUs) {
            merged_first_ = at;
        }
        merged_last_ = at;
    } else if (at < merged_first_ && merged_first_.time_us - at.time_us <= kMergeGapUs) {
        merged_first_ = at;
    }
}

void HelpSignals::stopped(const OrderKey& at) {
    if (at <= stop_) return;
    stop_ = at;
    signals_.erase(signals_.begin(), std::upper_bound(signals_.begin(), signals_.end(), at));
    if (merged_last_ <= at) {
        merged_first_ = merged_last_ = {};
    } else {
        merged_first_ = std::max(merged_first_, at);
    }
}

void HelpSignals::dismissed(const OrderKey& at) {
    dismissal_ = std::max(dismissal_, at);
}

HelpSignals HelpSignals::restore(std::vector<OrderKey> signals, const OrderKey& stop,
                                 const OrderKey& dismissal, const OrderKey& merged_first,
                                 const OrderKey& merged_last) {
    HelpSignals help;
    help.signals_ = std::move(signals);
    help.stop_ = stop;
    help.dismissal_ = dismissal;
    help.merged_first_ = merged_first;
    help.merged_last_ = merged_last;
    return help;
}

}  // namespace cellmon::live
