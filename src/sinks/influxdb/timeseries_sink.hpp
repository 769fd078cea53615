#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "event/event_reader.hpp"
#include "io/file_system.hpp"
#include "projection/sink.hpp"
#include "sinks/influxdb/class_activity.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/counters.hpp"
#include "sinks/influxdb/doubtful_ranges.hpp"
#include "sinks/influxdb/kept_from.hpp"
#include "sinks/influxdb/local_state.hpp"
#include "sinks/influxdb/marks.hpp"
#include "sinks/influxdb/poster.hpp"
#include "telemetry/log.hpp"

namespace cellmon::influxdb {

/// Named limits; each has a line in docs/reference/configuration.md.
struct SinkOptions {
    std::size_t post_points = 2'500;    ///< Points in one request; the next is made meanwhile.
    std::size_t poison_entries = 10;    ///< More refused points in one batch than this …
    double poison_share = 0.1;          ///< … and than this part of it stop the projection.
    std::size_t dead_letters = 10'000;  ///< Dead letters that are kept; one more stops it.
    /// Of sums that are written again behind requests that were given up.
    std::size_t doubtful_bytes = 16U << 20U;
};

/// The time series: a point for each event, written again as often as need be.
///
/// Its cursor lies in a file beside the journal and in InfluxDB itself; the less far one holds. So
/// an InfluxDB that was wiped, or came back older, is filled again.
class TimeseriesSink final : public projection::Sink {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
        std::shared_ptr<Counters> counters;
    };

    /// `state_path`: the file. `beginning`: the cursor before the first entry of the journal.
    TimeseriesSink(ConnectionOptions connection, SinkOptions options, std::string state_path,
                   const journal::Cursor& beginning, Dependencies dependencies);

    [[nodiscard]] std::string_view name() const override { return "timeseries"; }
    Result<std::optional<journal::Cursor>> open() override;
    /// At the end of a batch nothing is made while InfluxDB is at work.
    [[nodiscard]] std::size_t batch_factor() const override { return 3; }
    Result<std::size_t> apply(const projection::Batch& batch) override;
    Result<void> caught_up() override;
    void interrupt() override { interrupter_.interrupt(); }
    [[nodiscard]] std::uint64_t dead_letters() const override { return dead_letters_; }

  private:
    Result<std::optional<LocalState>> load_local();
    Result<void> heed_kept_from();
    Result<void> post(const projection::Batch& batch);
    Result<void> add(const journal::Entry& entry, LineBatch& lines);
    Result<void> note_refused(DeadLetter letter);
    /// Writes them again when it is time.
    Result<void> write_doubtful();
    Result<void> wait_for_doubtful();
    void doubt(std::uint64_t through);
    void move_to(const projection::Batch& batch);
    Result<void> mark();
    Result<void> store();

    const ConnectionOptions connection_options_;
    const SinkOptions options_;
    const std::string state_path_;
    const journal::Cursor beginning_;
    const Dependencies dependencies_;
    Interrupter interrupter_;

    std::unique_ptr<Connection> connection_;
    std::optional<Marks> marks_;         ///< Of connection_.
    std::optional<std::uint64_t> held_;  ///< How far its marks went when they were last seen.
    std::uint64_t counted_connects_ = 0;
    event::EventReader reader_;
    ClassActivity activity_;
    DoubtfulRanges doubtful_;
    TimeUs kept_from_us_ = kKeptForEver;  ///< Older events get no points any more.
    LocalState state_;                    ///< As it is.
    LocalState stored_;                   ///< As the file has it.
    std::int64_t marked_us_ = 0;
    std::size_t post_points_ = 0;  ///< Fewer than allowed behind an answer that did not come.
    std::size_t refused_ = 0;      ///< Of the batch in hand.
    std::size_t refused_most_ = 0;
    std::atomic<std::uint64_t> dead_letters_ = 0;
};

}  // namespace cellmon::influxdb
