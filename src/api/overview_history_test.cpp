// Goal: the overview asks the store seldom, learns the rows of its cells, and does without a store.
// Method: a history in memory that counts its questions and fails on demand, a clock moved by hand.

#include "api/overview_history.hpp"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace cellmon::api {
namespace {

class SteadyClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return steady; }
    [[nodiscard]] std::int64_t steady_us() const override { return steady; }
    std::atomic<std::int64_t> steady = 1'000'000;
};

class CountingHistory final : public store::ClassHistory {
  public:
    Result<std::vector<store::ActivityWindow>> activity(store::TimeRange, TimeUs now,
                                                        const store::ClassCodes* classes) override {
        ++charts;
        last_classes = classes == nullptr ? store::ClassCodes{"all"} : *classes;
        if (away) return fail(ErrorCode::unavailable, "away");
        return std::vector<store::ActivityWindow>{{now, charts, 0, 0}};
    }
    Result<store::StudentHistory> student(std::string_view, const store::Counts&) override {
        return {};
    }
    Result<store::Totals> totals(store::TimeRange, TimeUs, const store::Counts&) override {
        return {};
    }
    Result<std::uint64_t> sessions_since(TimeUs, const store::Counts&) override { return 0; }
    Result<bool> has_session(std::int64_t) override { return false; }
    Result<std::vector<store::EnvironmentReport>> environments(std::string_view,
                                                               const store::Counts&) override {
        return {};
    }
    Result<std::vector<store::EnvironmentReport>> newest_environments(
        const store::Counts&) override {
        return {};
    }
    Result<std::vector<std::optional<std::int64_t>>> cell_rows(
        std::span<const store::StudentCell> cells) override {
        asked += cells.size();
        if (away) return fail(ErrorCode::unavailable, "away");
        return std::vector<std::optional<std::int64_t>>(cells.size(), row);
    }

    std::atomic<bool> away = false;
    std::atomic<unsigned> charts = 0;
    std::atomic<std::size_t> asked = 0;
    std::optional<std::int64_t> row = 5;
    store::ClassCodes last_classes;
};

class OverviewHistoryTest : public ::testing::Test {
  protected:
    OverviewHistoryTest() {
        boost::intrusive_ptr stuck(new live::StudentPicture());
        stuck->view.email = "a@x";
        stuck->view.error_cells = {{"c", 3, 1, true}, {"d", 2, 1}};
        auto picture = std::make_shared<live::Picture>();
        picture->students = {std::move(stuck)};
        stuck_ = std::move(picture);
    }

    OverviewHistory::Parts get(const live::PicturePtr& picture,
                               const live::SightPtr& sight = nullptr) {
        std::promise<OverviewHistory::Parts> got;
        overview_.get({store::TimeRange::hour, picture, sight},
                      [&](const OverviewHistory::Parts& parts) { got.set_value(parts); });
        return got.get_future().get();
    }

    SteadyClock clock_;
    CountingHistory history_;
    Worker worker_;
    OverviewHistory overview_{history_, worker_, clock_};
    const live::PicturePtr empty_ = std::make_shared<live::Picture>();
    live::PicturePtr stuck_;
};

TEST_F(OverviewHistoryTest, KeepsAChartForEachWhoSeeTheSame) {
    const auto all = get(empty_).chart;
    EXPECT_EQ(history_.last_classes, store::ClassCodes{"all"});
    const auto sight = std::make_shared<live::Sight>(
        7, live::Sight::Rows{{"C1", "C2"}, std::make_shared<live::ClassCodes>(), {}});
    const auto part = get(empty_, sight).chart;
    EXPECT_NE(part, all);
    EXPECT_EQ(history_.last_classes, (store::ClassCodes{"C1", "C2"}));
    EXPECT_EQ(get(empty_).chart, all);
    EXPECT_EQ(get(empty_, sight).chart, part);
    EXPECT_EQ(history_.charts, 2U);
}

TEST_F(OverviewHistoryTest, KeepsTheChartForAWhile) {
    const auto first = get(empty_).chart;
    EXPECT_NE(first->find(R"("executionCount":1)"), std::string::npos);
    clock_.steady += OverviewHistory::kFreshUs - 1;
    EXPECT_EQ(get(empty_).chart, first);
    clock_.steady += 1;
    EXPECT_NE(get(empty_).chart, first);
    EXPECT_EQ(history_.charts, 2U);
}

TEST_F(OverviewHistoryTest, LearnsTheRowsOfSignificantCellsOnce) {
    history_.row = std::nullopt;  // The projection is behind.
    EXPECT_EQ(get(stuck_).cells->at({"a@x", "c"}), std::nullopt);
    history_.row = 5;
    EXPECT_EQ(get(stuck_).cells->at({"a@x", "c"}), 5);
    EXPECT_EQ(get(stuck_).cells->at({"a@x", "c"}), 5);
    EXPECT_EQ(history_.asked, 2U);
    EXPECT_EQ(get(stuck_).cells->size(), 1U) << "two errors are not significant";
}

TEST_F(OverviewHistoryTest, DoesWithoutAStore) {
    history_.away = true;
    const auto parts = get(stuck_);
    EXPECT_EQ(*parts.chart, "[]");
    EXPECT_TRUE(parts.cells->empty());
    history_.away = false;
    clock_.steady += OverviewHistory::kFreshUs;
    EXPECT_NE(*get(stuck_).chart, "[]");
}

}  // namespace
}  // namespace cellmon::api
