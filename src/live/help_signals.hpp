#pragma once

#include <cstddef>
#include <vector>

#include "live/order_key.hpp"

namespace cellmon::live {

inline constexpr std::size_t kMaxHelpSignals = 64;  ///< Ten minutes of a button left on.

/// The help button of one student: the newest `help` behind the newest `help_stop`, and the newest
/// dismissal. What the order of arrival was does not matter.
///
/// Help older than the newest 64 is merged into one span. What that costs: when an event older than
/// ten minutes of help comes late, the moment since when the student asks may be wrong; never
/// whether he asks.
class HelpSignals {
  public:
    void asked(const OrderKey& at);
    void stopped(const OrderKey& at);
    void dismissed(const OrderKey& at);

    [[nodiscard]] const std::vector<OrderKey>& signals() const { return signals_; }  ///< Ascending.
    [[nodiscard]] const OrderKey& stop() const { return stop_; }
    [[nodiscard]] const OrderKey& dismissal() const { return dismissal_; }
    [[nodiscard]] const OrderKey& merged_first() const { return merged_first_; }
    [[nodiscard]] const OrderKey& merged_last() const { return merged_last_; }

    /// From a checkpoint.
    static HelpSignals restore(std::vector<OrderKey> signals, const OrderKey& stop,
                               const OrderKey& dismissal, const OrderKey& merged_first,
                               const OrderKey& merged_last);

    bool operator==(const HelpSignals&) const = default;

  private:
    void merge(const OrderKey& at);

    std::vector<OrderKey> signals_;
    OrderKey stop_;
    OrderKey dismissal_;
    OrderKey merged_first_;
    OrderKey merged_last_;
};

}  // namespace cellmon::live
