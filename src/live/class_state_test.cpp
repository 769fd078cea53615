// Goal: whatever the order in which events arrive, and wherever a checkpoint cuts the fold, what is
// shown of a student is what a recomputation over the sorted events says. Method: random events
// with few times, cells and streams, so that ties, late events and full bounds are common; an
// oracle that keeps everything, sorts it and walks through it, sharing no code with the fold.

#include "live/class_state.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/mention.hpp"
#include "live/class_testing.hpp"
#include "live/fragment.hpp"
#include "live/rules.hpp"

namespace cellmon::live {
namespace {

using testing::Entries;
using testing::kStartUs;

enum class What { success, failure, aborted, start, kernel, help, stop, dismiss, resolve, opened };

struct Happening {
    What what = What::opened;
    TimeUs time_us = 0;
    TimeUs received_us = 0;
    std::int64_t number = 0;  // 0: in no stream.
    int cell = 0;
    int notebook = 0;
};

std::ostream& operator<<(std::ostream& out, const Happening& one) {
    return out << fmt::format("{{{} at {} received {} number {} cell {} notebook {}}}",
                              static_cast<int>(one.what), (one.time_us - kStartUs) / kSecondUs,
                              (one.received_us - kStartUs) / kSecondUs, one.number, one.cell,
                              one.notebook);
}

void arrive(Entries& entries, const Happening& one) {
    if (one.what == What::dismiss || one.what == What::resolve) {
        entries.append(ServerEntry{one.what == What::dismiss ? ServerEntryType::dismiss_help
                                                             : ServerEntryType::resolve_error,
                                   "s@x", one.received_us, one.time_us});
        return;
    }
    const std::map<What, std::string> kinds = {
        {What::success, R"("eventType":"cell_executed","executionCount":1,"hasError":false)"},
        {What::failure, R"("eventType":"cell_executed","executionCount":1,"hasError":true)"},
        {What::aborted, R"("eventType":"cell_executed","code":"x")"},
        {What::start, R"("eventType":"cell_started")"},
        {What::kernel, R"("eventType":"kernel_status","kernelStatus":"restarted")"},
        {What::help, R"("eventType":"help")"},
        {What::stop, R"("eventType":"help_stop")"},
        {What::opened, R"("eventType":"notebook_opened")"}};
    std::string json =
        fmt::format(R"({{{},"emailAddress":"s@x","eventTime":"{}","notebookPath":"n{}.ipynb")",
                    kinds.at(one.what), format_time(one.time_us), one.notebook);
    if (one.what <= What::start)
        json += fmt::format(R"(,"cellId":"c{}","cellIndex":{})", one.cell, one.cell);
    if (one.number > 0) json += fmt::format(R"(,"streamId":"a","streamSequence":{})", one.number);
    entries.post(json + "}", one.received_us);
}

/// The recomputation.
class Oracle {
  public:
    explicit Oracle(const std::vector<Happening>& arrived) {
        for (std::size_t i = 0; i < arrived.size(); ++i) {
            const Happening& one = arrived[i];
            const bool ours = one.what == What::dismiss || one.what == What::resolve;
            const TimeUs time = ours ? one.time_us : std::min(one.time_us, one.received_us);
            const std::int64_t number =
                ours ? std::numeric_limits<std::int64_t>::max() : one.number;
            sorted_.push_back({{time, number, i + 1}, one});
        }
        std::sort(sorted_.begin(), sorted_.end(),
                  [](const Placed& a, const Placed& b) { return a.at < b.at; });
    }

    [[nodiscard]] StudentView view(TimeUs now) const {
        StudentView view;
        view.email = "s@x";
        const Place cutoff = forgotten();
        std::map<std::pair<int, int>, std::vector<TimeUs>> streaks;
        std::map<std::pair<int, int>, TimeUs> running;
        std::vector<std::pair<int, int>> start_order;
        bool failed = false;
        TimeUs last_run = 0;
        for (const auto& [at, one] : sorted_) {
            const TimeUs time = std::get<0>(at);
            const std::pair<int, int> cell{one.notebook, one.cell};
            if (one.what == What::resolve) {
                streaks.clear();
                failed = false;
                continue;
            }
            if (one.what == What::dismiss) continue;
            view.last_activity_us = time;
            view.notebook = fmt::format("n{}.ipynb", one.notebook);
            if (one.what <= What::start) {
                view.cell_id = fmt::format("c{}", one.cell);
                view.cell_index = one.cell;
            }
            if (one.what == What::success || one.what == What::failure) {
                ++view.executions;
                failed = one.what == What::failure;
                if (failed) ++view.errors;
                last_run = time;
            }
            if (at <= cutoff) continue;
            if (one.what == What::failure) {
                streaks[cell].push_back(time);
                if (streaks[cell].size() > 32) streaks[cell].erase(streaks[cell].begin());
            }
            if (one.what == What::success) streaks.erase(cell);
            if (one.what <= What::aborted) running.erase(cell);
            if (one.what == What::start) {
                running[cell] = time;
                start_order.push_back(cell);
            }
            if (one.what == What::kernel) {
                std::erase_if(running,
                              [&](const auto& each) { return each.first.first == one.notebook; });
            }
        }
        for (const auto& cell : start_order) {
            if (running.contains(cell)) view.running_since_us = running[cell];
        }
        TimeUs significant_since = 0;
        for (const auto& [cell, errors] : streaks) {
            const auto count = static_cast<std::uint32_t>(errors.size());
            view.error_cells.push_back(
                {fmt::format("c{}", cell.second), count, errors.back(), count >= 3});
            view.consecutive_errors = std::max(view.consecutive_errors, count);
            if (count >= 3 && (significant_since == 0 || errors[2] < significant_since)) {
                significant_since = errors[2];
            }
        }
        std::sort(view.error_cells.begin(), view.error_cells.end(),
                  [](const ErrorCell& a, const ErrorCell& b) {
                      return std::tuple(-a.last_error_us, a.cell_id, a.count) <
                             std::tuple(-b.last_error_us, b.cell_id, b.count);
                  });
        help(now, view);
        const TimeUs error_end = last_run + 300 * kSecondUs;
        const TimeUs active_end = view.last_activity_us + 120 * kSecondUs;
        if (view.asks_help) {
            view.status = Status::help;
            view.status_since_us = view.help_since_us;
        } else if (view.consecutive_errors >= 3) {
            view.status = Status::significant_error;
            view.status_since_us = significant_since;
        } else if (failed && now < error_end) {
            view.status = Status::error;
            view.status_since_us = last_run;
        } else if (view.last_activity_us != 0 && now < active_end) {
            view.status = Status::active;
        } else if (view.last_activity_us != 0) {
            view.status_since_us = failed ? std::max(active_end, error_end) : active_end;
        }
        return view;
    }

  private:
    using Place = std::tuple<TimeUs, std::int64_t, std::size_t>;
    struct Placed {
        Place at;
        Happening one;
    };

    /// Of all cells (and kernels) the newest entries, newest first: the 65th.
    [[nodiscard]] Place forgotten() const {
        std::map<std::pair<int, int>, Place> newest;
        for (const auto& [at, one] : sorted_) {
            if (one.what <= What::start) newest[{one.notebook, one.cell}] = at;
            if (one.what == What::kernel) newest[{one.notebook, -1}] = at;
        }
        if (newest.size() <= 64) return {};
        std::vector<Place> places;
        for (const auto& [cell, at] : newest)
            places.push_back(at);
        std::sort(places.rbegin(), places.rend());
        return places[64];
    }

    void help(TimeUs now, StudentView& view) const {
        bool asked = false;
        bool dismissed = false;
        TimeUs quiet_since = 0;  // The dismissal, or the help that it still held against.
        TimeUs last = 0;
        TimeUs since = 0;
        for (const auto& [at, one] : sorted_) {
            const TimeUs time = std::get<0>(at);
            if (one.what == What::stop) {
                asked = dismissed = false;
            } else if (one.what == What::dismiss) {
                dismissed = true;
                quiet_since = time;
            } else if (one.what == What::help) {
                if (dismissed && time - quiet_since > 60 * kSecondUs) {
                    dismissed = false;
                    since = time;
                } else if (!asked || time - last >= 300 * kSecondUs) {
                    since = time;
                }
                if (dismissed) quiet_since = time;
                last = time;
                asked = true;
            }
        }
        view.asks_help = asked && !dismissed && now - last < 300 * kSecondUs;
        if (view.asks_help) view.help_since_us = since;
    }

    std::vector<Placed> sorted_;
};

rc::Gen<std::vector<Happening>> happenings(int cells, TimeUs span_s, std::vector<What> kinds) {
    const auto one = rc::gen::apply(
        [](What what, TimeUs time_s, TimeUs delay_s, std::int64_t number, int cell, int notebook) {
            return Happening{what,
                             kStartUs + time_s * kSecondUs,
                             kStartUs + (time_s + delay_s) * kSecondUs,
                             number,
                             cell,
                             notebook};
        },
        rc::gen::elementOf(std::move(kinds)), rc::gen::inRange<TimeUs>(0, span_s),
        rc::gen::inRange<TimeUs>(-5, 20), rc::gen::inRange<std::int64_t>(0, 4),
        rc::gen::inRange(0, cells), rc::gen::inRange(0, 2));
    return rc::gen::container<std::vector<Happening>>(one);
}

/// Folds all, through a checkpoint before the entry `cut`, and compares at several moments.
void expect_as_recomputed(const std::vector<Happening>& arrived, std::size_t cut, TimeUs span_s) {
    Entries entries;
    for (const Happening& one : arrived)
        arrive(entries, one);
    auto state = std::make_unique<ClassState>();
    for (std::size_t i = 0; i < entries.all().size(); ++i) {
        if (i == cut) {
            ByteWriter out;
            state->write(out);
            const std::string bytes = out.take();
            ByteReader in(bytes);
            state = std::make_unique<ClassState>();
            const auto restored = state->read(in);
            RC_ASSERT(restored.has_value());
            RC_ASSERT(in.at_end());
        }
        RC_ASSERT(state->fold(entries.all()[i]) == 0U);
    }
    RC_ASSERT(state->unreadable() == 0U);
    if (arrived.empty()) return;
    const Oracle oracle(arrived);
    for (const TimeUs after_s : {TimeUs{0}, span_s / 2, span_s, span_s + 119, span_s + 299,
                                 span_s + 300, span_s + 1'000}) {
        const TimeUs now = kStartUs + after_s * kSecondUs;
        const Judgement judged = judge(state->students().at(0), {}, now);
        RC_ASSERT(fragment_of(judged.view) == fragment_of(oracle.view(now)));
        RC_ASSERT(judged.view == oracle.view(now));
        // Nothing changes before the moment that was foretold.
        const TimeUs before = std::min(judged.next_change_us - 1, now + 2'000 * kSecondUs);
        RC_ASSERT(oracle.view(before) == judged.view);
    }
}

const std::vector<What> kAll = {What::success, What::failure, What::failure, What::failure,
                                What::aborted, What::start,   What::start,   What::kernel,
                                What::help,    What::help,    What::stop,    What::dismiss,
                                What::resolve, What::opened};

TEST(ClassState, IsARecomputationWhateverTheOrder) {
    EXPECT_TRUE(rc::check([] {
        const auto arrived = *happenings(3, 400, kAll);
        const auto cut = *rc::gen::inRange<std::size_t>(0, arrived.size() + 1);
        expect_as_recomputed(arrived, cut, 400);
    }));
}

TEST(ClassState, HelpIsARecomputationWhateverTheOrder) {
    EXPECT_TRUE(rc::check([] {
        const auto arrived = *happenings(
            1, 900, {What::help, What::help, What::help, What::help, What::stop, What::dismiss});
        const auto cut = *rc::gen::inRange<std::size_t>(0, arrived.size() + 1);
        expect_as_recomputed(arrived, cut, 900);
    }));
}

TEST(ClassState, ForgetsTheSameCellsWhateverTheOrder) {
    EXPECT_TRUE(rc::check([] {
        const auto arrived = *rc::gen::resize(
            400, happenings(90, 100, {What::failure, What::success, What::start, What::kernel}));
        const auto cut = *rc::gen::inRange<std::size_t>(0, arrived.size() + 1);
        expect_as_recomputed(arrived, cut, 100);
    }));
}

TEST(ClassState, CountsAStreakUpToItsBound) {
    std::vector<Happening> arrived;
    for (int i = 0; i < 40; ++i) {
        const TimeUs at = kStartUs + ((i * 17) % 40) * kSecondUs;
        arrived.push_back({What::failure, at, at, 0, 0, 0});
    }
    Entries entries;
    ClassState state;
    for (const Happening& one : arrived)
        arrive(entries, one);
    for (const auto& entry : entries.all())
        state.fold(entry);
    const auto view = judge(state.students().at(0), {}, kStartUs + 41 * kSecondUs).view;
    EXPECT_EQ(view.consecutive_errors, 32U);
    EXPECT_EQ(view.errors, 40U);
    EXPECT_EQ(view, Oracle(arrived).view(kStartUs + 41 * kSecondUs));
}

TEST(ClassState, AsksSinceTheFirstOfALongRequest) {
    Entries entries;
    ClassState state;
    for (int i = 0; i < 300; ++i) {
        const TimeUs at = kStartUs + i * 10 * kSecondUs;
        arrive(entries, {What::help, at, at, i + 1, 0, 0});
    }
    for (const auto& entry : entries.all())
        state.fold(entry);
    const auto& facts = state.students().at(0);
    EXPECT_EQ(facts.help.signals().size(), kMaxHelpSignals);
    const auto view = judge(facts, {}, kStartUs + 3'000 * kSecondUs).view;
    EXPECT_EQ(view.status, Status::help);
    EXPECT_EQ(view.help_since_us, kStartUs);
}

TEST(ClassState, PassesOverWhatItCannotRead) {
    Entries entries;
    entries.append(journal::EntryKind::event, "{\"nothing\":1}", kStartUs);
    entries.append(journal::EntryKind::server, "[1]", kStartUs);
    entries.append(journal::EntryKind::server, R"({"type":"erase","email":"s@x"})", kStartUs);
    entries.append(journal::EntryKind::quarantine, "{\"emailAddress\":\"s@x\"}", kStartUs);
    ClassState state;
    for (const auto& entry : entries.all())
        EXPECT_EQ(state.fold(entry), ClassState::kNobody);
    EXPECT_EQ(state.unreadable(), 2U);
    EXPECT_TRUE(state.students().empty());
}

TEST(ClassState, ForgetsAStudentAsIfNothingOfThemHadCome) {
    Entries entries;
    for (int i = 0; i < 30; ++i) {
        const TimeUs at_us = kStartUs + i * kSecondUs;
        entries.post(
            fmt::format(R"({{"eventType":"cell_executed","emailAddress":"S{}@example.com",)"
                        R"("eventTime":"{}","cellId":"c{}","hasError":{}}})",
                        i % 3, format_time(at_us), i % 2, i % 4 == 0),
            at_us);
    }
    const auto bytes_of = [](const ClassState& state) {
        ByteWriter out;
        state.write(out);
        return out.take();
    };
    ClassState all;
    for (const auto& entry : entries.all())
        all.fold(entry);
    ASSERT_EQ(all.students().size(), 3U);
    const std::string email = all.students()[1].email;
    ClassState others;
    for (auto entry : entries.all()) {
        entry.redacted = entry.payload.find(email) != std::string_view::npos;
        others.fold(entry);
    }
    EXPECT_EQ(all.forget("nobody@example.com").size(), 0U);
    EXPECT_EQ(all.forget(small_letters(email)), std::vector<std::uint32_t>{1});
    EXPECT_EQ(bytes_of(all), bytes_of(others));
    EXPECT_EQ(all.find(email), nullptr);
    EXPECT_NE(all.find(others.students()[1].email), nullptr);
}

TEST(ClassState, RefusesBrokenBytes) {
    Entries entries;
    ClassState state;
    arrive(entries, {What::failure, kStartUs, kStartUs, 1, 0, 0});
    state.fold(entries.all().front());
    ByteWriter out;
    state.write(out);
    const std::string bytes = out.take();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader in(std::string_view(bytes).substr(0, size));
        ClassState read;
        EXPECT_FALSE(read.read(in).has_value()) << size;
    }
}

}  // namespace
}  // namespace cellmon::live
