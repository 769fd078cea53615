#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "harness/audit/auditor.hpp"
#include "harness/monitor/influx_probe.hpp"
#include "harness/monitor/redis_probe.hpp"

namespace cellmon::harness::plan {

/// What a store says of all events that it holds.
struct StoreTotals {
    std::uint64_t students = 0;
    std::uint64_t events = 0;
    double duration_s = 0;  ///< Of runs of cells, whatever came of them, as far as it is known.
};

/// A store of the system under test as any program reads it, by its documented form alone:
/// docs/reference/relational-schema.md, timeseries-schema.md, redis.md. One thread.
class RowStore {
  public:
    virtual ~RowStore() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    /// The sequence up to which it holds the journal; 0 before the first batch.
    virtual Result<std::uint64_t> position() = 0;
    using Visit = std::function<void(const StoredRow& row, const EventContent* content)>;
    /// Its events with `after` < sequence ≤ `through`, in their order.
    virtual Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) = 0;
    /// ErrorCode::unavailable for a store that keeps no such sums.
    virtual Result<StoreTotals> totals() = 0;
};

/// DATA/relational.db; read only.
[[nodiscard]] std::unique_ptr<RowStore> sqlite_rows(std::string path);
/// The same where only its bytes can be seen, as on a disk of another mount namespace: SQLite,
/// which follows links by their text, cannot open it there. Each look reads a copy in `folder`.
[[nodiscard]] std::unique_ptr<RowStore> copied_sqlite_rows(std::string path, std::string folder);
/// The schema that `url` names.
[[nodiscard]] std::unique_ptr<RowStore> postgres_rows(const std::string& url);
[[nodiscard]] std::unique_ptr<RowStore> influx_rows(monitor::InfluxAddress address);
/// `database`: its number.
[[nodiscard]] std::unique_ptr<RowStore> redis_rows(monitor::RedisAddress address, int database);

/// One number of the classroom's tables (docs/reference/classroom.md), in SQLite or PostgreSQL; the
/// statement is plain SQL for both.
class ClassroomRows {
  public:
    virtual ~ClassroomRows() = default;
    virtual Result<std::int64_t> number(const std::string& statement) = 0;
};
[[nodiscard]] std::unique_ptr<ClassroomRows> sqlite_classroom(std::string path);
[[nodiscard]] std::unique_ptr<ClassroomRows> postgres_classroom(const std::string& url);

}  // namespace cellmon::harness::plan
