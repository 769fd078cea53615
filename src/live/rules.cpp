#include "live/rules.hpp"

#include <algorithm>
#include <tuple>

namespace cellmon::live {
namespace {

constexpr std::int64_t us(std::chrono::milliseconds duration) {
    return std::chrono::microseconds(duration).count();
}

}  // namespace

HelpState help_of(const HelpSignals& help, const Thresholds& thresholds, TimeUs now) {
    HelpState state;
    // From the oldest on: an episode ends with a silence that would let it expire, or by dismissal.
    TimeUs last_us = 0;
    bool dismissed = false;
    bool any = false;
    const auto dismissal_us = help.dismissal().time_us;
    const bool has_dismissal = help.dismissal() > help.stop();
    const auto take = [&](TimeUs from_us, TimeUs through_us) {
        const bool silence = !any || from_us - last_us > us(thresholds.dismiss_silence);
        if (silence) {
            const bool was_dismissed = any && dismissed;
            dismissed = has_dismissal && dismissal_us + us(thresholds.dismiss_silence) >= from_us;
            if (!any || was_dismissed || from_us - last_us >= us(thresholds.help_expiry)) {
                state.since_us = from_us;
            }
        }
        last_us = through_us;
        any = true;
    };
    if (help.merged_first().set()) take(help.merged_first().time_us, help.merged_last().time_us);
    for (const OrderKey& key : help.signals())
        take(key.time_us, key.time_us);
    if (!any || dismissed || now - last_us >= us(thresholds.help_expiry)) return {};
    state.asking = true;
    state.until_us = last_us + us(thresholds.help_expiry);
    return state;
}

namespace {

void show_errors(const CellTable& cells, const Thresholds& thresholds, StudentView& view,
                 TimeUs& significant_since_us) {
    significant_since_us = 0;
    view.consecutive_errors = 0;
    view.error_cells.clear();
    cells.failing().for_each([&](std::size_t place) {
        const CellTable::Cell& cell = cells.cells()[place];
        const auto count = static_cast<std::uint32_t>(cell.errors.size());
        const bool significant = count >= thresholds.significant_errors;
        view.error_cells.push_back({cell.cell_id, count, cell.errors.back().time_us, significant});
        view.consecutive_errors = std::max(view.consecutive_errors, count);
        if (!significant) return;
        const TimeUs since_us = cell.errors[thresholds.significant_errors - 1].time_us;
        if (significant_since_us == 0 || since_us < significant_since_us) {
            significant_since_us = since_us;
        }
    });
    std::sort(view.error_cells.begin(), view.error_cells.end(),
              [](const ErrorCell& a, const ErrorCell& b) {
                  return std::tie(b.last_error_us, a.cell_id, a.count) <
                         std::tie(a.last_error_us, b.cell_id, b.count);
              });
}

}  // namespace

Judgement judge(const StudentFacts& facts, const Thresholds& thresholds, TimeUs now) {
    Judgement judgement;
    show_texts(facts, judgement.view);
    judgement.next_change_us = show_rest(facts, thresholds, now, judgement.view);
    return judgement;
}

void show_texts(const StudentFacts& facts, StudentView& view) {
    view.email = facts.email;
    view.name = facts.name.value;
    view.team = facts.team.value;
    view.class_code = facts.class_code.value;
    view.notebook = facts.notebook.value;
}

TimeUs show_rest(const StudentFacts& facts, const Thresholds& thresholds, TimeUs now,
                 StudentView& view) {
    view.executions = facts.executions;
    view.errors = facts.errors;
    view.cell_id = facts.cell.value.id;
    view.cell_index = facts.cell.value.index;
    view.last_activity_us = facts.last_activity.time_us;
    view.running_since_us = facts.cells.running_since();

    TimeUs next_change_us = kNever;
    const auto changes_at = [&](TimeUs at) {
        if (at > now) next_change_us = std::min(next_change_us, at);
    };
    const HelpState help = help_of(facts.help, thresholds, now);
    view.asks_help = help.asking;
    view.help_since_us = help.asking ? help.since_us : 0;
    if (help.asking) changes_at(help.until_us);

    TimeUs significant_since_us = 0;
    show_errors(facts.cells, thresholds, view, significant_since_us);
    // An instructor's "resolved" speaks of the last run, too.
    const bool failed = facts.last_run.key.set() && facts.last_run.value &&
                        facts.last_run.key > facts.cells.resolved();
    const TimeUs error_until_us = facts.last_run.key.time_us + us(thresholds.error_window);
    const TimeUs active_until_us = view.last_activity_us + us(thresholds.active_window);
    if (failed) changes_at(error_until_us);
    if (facts.last_activity.set()) changes_at(active_until_us);

    view.status_since_us = 0;
    if (help.asking) {
        view.status = Status::help;
        view.status_since_us = help.since_us;
    } else if (view.consecutive_errors >= thresholds.significant_errors) {
        view.status = Status::significant_error;
        view.status_since_us = significant_since_us;
    } else if (failed && now < error_until_us) {
        view.status = Status::error;
        view.status_since_us = facts.last_run.key.time_us;
    } else if (facts.last_activity.set() && now < active_until_us) {
        view.status = Status::active;
    } else {
        view.status = Status::idle;
        if (facts.last_activity.set()) {
            view.status_since_us = std::max(active_until_us, failed ? error_until_us : 0);
        }
    }
    return next_change_us;
}

}  // namespace cellmon::live
