#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit/audited_store.hpp"
#include "event/event_reader.hpp"
#include "io/file_system.hpp"
#include "sinks/influxdb/connection.hpp"
#include "sinks/influxdb/stored_point.hpp"

namespace cellmon::influxdb {

/// Of a point as a line: what a deep audit sums up.
[[nodiscard]] std::uint64_t mark_of(std::string_view line);

/// The points of `student_progress` as an audit sees them. A quick one sums in InfluxDB; a deep one
/// reads the points, as InfluxQL has no hash.
class AuditedPoints final : public audit::AuditedStore {
  public:
    /// `state_path`: DATA/timeseries.state, which says how far the points go and which are dead
    /// letters.
    AuditedPoints(ConnectionOptions options, io::FileSystem& files, std::string state_path);

    [[nodiscard]] std::string_view name() const override { return "timeseries"; }
    [[nodiscard]] std::uint64_t range() const override;
    [[nodiscard]] std::uint64_t duration_tolerance_us() const override;
    Result<audit::StoreView> open(const journal::Cursor& beginning) override;
    std::optional<audit::ExpectedRow> expect(const journal::Entry& entry,
                                             audit::Depth depth) override;
    Result<std::vector<audit::RangeSums>> sums(std::uint64_t from, std::uint64_t to,
                                               std::uint64_t step, audit::Depth depth) override;
    Result<std::vector<audit::StoredRow>> rows(std::uint64_t from, std::uint64_t to,
                                               std::size_t most) override;
    Result<std::vector<audit::StoredRow>> beyond(const projection::EntrySource& source,
                                                 std::size_t most) override;
    Result<std::optional<audit::StoredTotals>> totals() override;
    Result<audit::Mended> mend(std::span<const audit::Difference> differences, bool all,
                               projection::EntrySource& source) override;
    void interrupt() override { interrupter_.interrupt(); }

  private:
    /// Sequences of one value of the tag `block`, by which InfluxDB finds points.
    static constexpr std::uint64_t kBlock = 1'000'000;

    /// Points that are read at once, found by their times: some 4 MB of an answer. With each
    /// question InfluxDB looks into every series of the block, so few of them are cheaper.
    static constexpr std::uint64_t kLeaf = 10'000;

    static constexpr std::int64_t kNsInUs = 1'000;

    /// The times of some events.
    struct Span {
        std::int64_t first_ns = INT64_MAX;
        std::int64_t last_ns = INT64_MIN;
        void add(std::int64_t time_ns);
        [[nodiscard]] std::string condition() const;
    };

    Result<std::int64_t> expired_before();
    Result<void> add_totals_of(std::int64_t day, audit::Totals& totals);
    Result<bool> is_still();
    [[nodiscard]] std::string condition(std::uint64_t from, std::uint64_t to) const;
    Result<std::vector<audit::RangeSums>> quick_sums(std::uint64_t from, std::uint64_t to,
                                                     std::uint64_t step);
    Result<std::vector<audit::RangeSums>> deep_sums(std::uint64_t from, std::uint64_t to,
                                                    std::uint64_t step);
    Result<std::vector<StoredPoint>> points(const std::string& condition, std::size_t most);
    Result<std::vector<StoredPoint>> strays(std::size_t most);
    Result<void> mend_some(const std::set<std::uint64_t>& sequences,
                           const std::vector<StoredPoint>& stored, projection::EntrySource& source);
    bool append_line(const journal::Entry& entry, std::string& line);

    const ConnectionOptions options_;
    io::FileSystem& files_;
    const std::string state_path_;
    Interrupter interrupter_;
    std::unique_ptr<Connection> connection_;
    event::EventReader reader_;
    std::uint64_t through_ = 0;
    std::set<std::uint64_t> dead_;
    bool has_dead_letters_ = false;        ///< Of any measurement.
    std::int64_t expired_ns_ = INT64_MIN;  ///< What is older may be gone.
    Span all_;
    std::unordered_map<std::uint64_t, Span> spans_;  ///< By number of a leaf.
    std::string student_;
    std::string group_;
    std::string line_;
};

}  // namespace cellmon::influxdb
