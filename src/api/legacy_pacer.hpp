#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "live/picture.hpp"

namespace cellmon::api {

/// Decides when an existing dashboard (contract 11) is told what, so that its picture becomes equal
/// to the truth although it does two things to itself: it does not fetch the overview while
/// anything was pushed in the last 5 seconds, and shows a student whom it does not know only after
/// a fetch. docs/decisions/0005-pauses-for-old-dashboards.md has the reasoning.
///
/// - A push is followed by silence for `burst`; then all students who changed are pushed together.
///   What comes after a longer silence is pushed at once.
/// - A change that only a fetch can show (a new student, another team, how many ask for help) makes
///   the silence kPauseUs long: every dashboard fetches within it, whatever its phase. So does any
///   change that no dashboard surely fetched for kStarvedUs: a push shows only a part of it.
/// - A change of who asks for help breaks the silence, at most each kSpacingUs, and takes along
///   all other changes. When that has kept a student unseen for kStarvedUs, help waits too, for one
///   pause.
/// - Every push holds the students of the one before once more, and one that told of help is
///   repeated after kSpacingUs: an overview that was on its way may have overwritten the first.
///
/// All times are of one monotonic clock. One thread at a time.
class LegacyPacer {
  public:
    static constexpr std::int64_t kQuietUs = 5'000'000;   ///< A dashboard skips fetches so long.
    static constexpr std::int64_t kFetchUs = 15'000'000;  ///< Its fetches are so far apart.
    static constexpr std::int64_t kPauseUs = kQuietUs + kFetchUs + 500'000;  ///< And some slack.
    static constexpr std::int64_t kSpacingUs = 900'000;
    static constexpr std::int64_t kStarvedUs = 40'000'000;
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    /// One student of a push.
    struct Item {
        live::StudentPicturePtr student;
        bool help_changed = false;  ///< Since the last push, perhaps back and forth.
    };

    explicit LegacyPacer(std::chrono::milliseconds burst);

    /// Ticks in order; a student's place is the same in all.
    void take(const live::Tick& tick, std::int64_t now_us);

    /// When the next push is due; kNever without news.
    [[nodiscard]] std::int64_t next_us() const;

    /// The students to push now, as `newest` has them; none before next_us(). `newest` is the
    /// picture of the last tick.
    std::vector<Item> push(std::int64_t now_us, const live::Picture& newest);

  private:
    /// A student to tell of, by the place in Picture::students: to hold pictures would keep many
    /// from being used again, and a search by email costs more than all else on the live thread.
    struct News {
        std::size_t place = 0;
        bool help_changed = false;
    };
    static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

    /// Changes that wait for a fetch.
    struct Want {
        std::int64_t oldest_us = kNever;  ///< kNever: none.
        std::int64_t newest_us = 0;

        void add(std::int64_t now_us);
        /// Everything at or before `through_us` was fetched.
        void fetched(std::int64_t through_us);
        [[nodiscard]] bool any() const { return oldest_us != kNever; }
    };

    void note_fetches(std::int64_t now_us);
    News& news_of(std::size_t place);

    const std::int64_t burst_us_;
    std::vector<News> once_;            ///< Pushed by the last push.
    std::vector<News> waiting_;         ///< Changed since then.
    std::vector<std::uint32_t> where_;  ///< In waiting_, by place; kNowhere: not in it.
    bool help_once_ = false;            ///< Among once_ are changes of help.
    bool help_waits_ = false;           ///< Among waiting_.
    std::int64_t last_push_us_;
    Want changes_;     ///< Anything at all.
    Want unseen_;      ///< Students whom dashboards do not know, or know in another team.
    Want help_count_;  ///< How many ask for help.
};

/// The messages of a push. Behind each help message comes the student's `progress_update`, so that
/// whatever a dashboard makes of the status by itself, the true one is the last.
[[nodiscard]] std::vector<std::string> legacy_messages(const std::vector<LegacyPacer::Item>& items,
                                                       TimeUs now);

}  // namespace cellmon::api
