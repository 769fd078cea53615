#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "event/event_reader.hpp"
#include "journal/reader.hpp"
#include "live/class_state.hpp"
#include "live/rules.hpp"
#include "sinks/redis/audience.hpp"

namespace cellmon::redis {

struct Message {
    std::string_view channel;
    std::string text;
};

/// Makes of each entry what subscribers of the channels are told (docs/reference/redis.md). It
/// follows the class by a state of its own, so that the third error in a row is known as such at
/// once. One thread.
class Messages {
  public:
    Messages(std::string stream, const live::Thresholds& thresholds)
        : stream_(std::move(stream)), thresholds_(thresholds) {}

    /// Begins with the class as a checkpoint of the live state has it. One that cannot be read
    /// counts as none: then streaks begin anew.
    void start_from(std::string_view checkpoint);

    /// From now on, errors count by these.
    void go_by(const live::Thresholds& thresholds) { thresholds_ = thresholds; }

    /// Folds the entry in, unless it was. Each entry, in order.
    void take(const journal::Entry& entry);

    /// What the audience is told of the entry that was taken last; nothing when it is no event.
    /// `batch` is the sequence with which its transaction begins. Asked again, when the transaction
    /// was not done, it judges a failure as it did, though more was taken since.
    [[nodiscard]] std::vector<Message> of(const journal::Entry& entry, const Audience& audience,
                                          std::uint64_t batch, TimeUs now);

    /// The transaction with this entry was done.
    void done_through(std::uint64_t sequence);

  private:
    class Writer;

    /// Failures in a row on the cell of the failed run, as of this entry.
    std::size_t streak(const event::Event& event, std::uint64_t sequence);

    const std::string stream_;
    live::Thresholds thresholds_;
    live::ClassState state_;
    std::uint64_t through_ = 0;
    std::map<std::uint64_t, std::size_t> streaks_;  ///< Of failed runs that are not done.
    event::EventReader reader_;
};

}  // namespace cellmon::redis
