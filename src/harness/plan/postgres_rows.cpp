#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "harness/plan/postgres_link.hpp"
#include "harness/plan/row_store.hpp"

namespace cellmon::harness::plan {
namespace {

const Patience kQuick{std::chrono::seconds(3), nullptr};
const Patience kThorough{std::chrono::minutes(5), nullptr};

std::string_view text(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column) != 0) return {};
    return {PQgetvalue(result, row, column),
            static_cast<std::size_t>(PQgetlength(result, row, column))};
}

std::optional<std::int64_t> number(const PGresult* result, int row, int column) {
    const auto digits = text(result, row, column);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

/// The first column.
std::optional<std::int64_t> number_of(const PGresult* result, int row) {
    return number(result, row, 0);
}

/// A row of the statement below; nullopt when it has not its form.
std::optional<StoredRow> read_row(const PGresult* result, int at) {
    StoredRow row;
    const auto sequence = number(result, at, 0);
    const auto id = Id128::parse(text(result, at, 1));
    const auto hash = number(result, at, 4);
    if (!sequence || !id || !hash) return std::nullopt;
    row.sequence = static_cast<std::uint64_t>(*sequence);
    row.id = *id;
    row.type = text(result, at, 2);
    row.time_us = number(result, at, 3);
    row.content_hash = static_cast<std::uint64_t>(*hash);
    row.email = text(result, at, 5);
    row.notebook = text(result, at, 6);
    row.cell = text(result, at, 7);
    row.has_executions = true;
    if (PQgetisnull(result, at, 8) != 0) return row;
    StoredExecution& execution = row.execution.emplace();
    execution.execution.status = text(result, at, 9);
    execution.execution_count = number(result, at, 10);
    execution.execution.duration_us = number(result, at, 11);
    execution.execution.error_name = text(result, at, 12);
    execution.executed_us = number(result, at, 13).value_or(0);
    execution.email = text(result, at, 14);
    execution.notebook = text(result, at, 15);
    execution.cell = text(result, at, 16);
    return row;
}

class PostgresRows final : public RowStore {
  public:
    explicit PostgresRows(const std::string& url) : link_(url), schema_(rows_schema_of(url)) {}

    [[nodiscard]] std::string_view name() const override { return "PostgreSQL"; }

    Result<std::uint64_t> position() override {
        std::uint64_t sequence = 0;
        CELLMON_TRY(link_.query(
            fmt::format("SELECT sequence FROM {}.projection_state WHERE name = 'live'", schema_),
            [&](const PGresult* result, int row) {
                sequence = static_cast<std::uint64_t>(number(result, row, 0).value_or(0));
            },
            kQuick));
        return sequence;
    }

    Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) override {
        bool sound = true;
        CELLMON_TRY(link_.query(
            fmt::format("SELECT e.sequence, encode(e.event_id, 'hex')::uuid, e.event_type, "
                        "e.event_time_us, "
                        "e.content_hash, s.email, n.path, c.cell_id, x.sequence, x.status, "
                        "x.execution_count, x.duration_us, x.error_name, x.executed_us, xs.email, "
                        "xn.path, xc.cell_id FROM {0}.events e "
                        "LEFT JOIN {0}.students s ON s.id = e.student_id "
                        "LEFT JOIN {0}.notebooks n ON n.id = e.notebook_id "
                        "LEFT JOIN {0}.cells c ON c.id = e.cell_id "
                        "LEFT JOIN {0}.cell_executions x ON x.sequence = e.sequence "
                        "LEFT JOIN {0}.students xs ON xs.id = x.student_id "
                        "LEFT JOIN {0}.notebooks xn ON xn.id = x.notebook_id "
                        "LEFT JOIN {0}.cells xc ON xc.id = x.cell_id "
                        "WHERE e.sequence > {1} AND e.sequence <= {2} ORDER BY e.sequence",
                        schema_, after, through),
            [&](const PGresult* result, int at) {
                const auto row = read_row(result, at);
                if (row) visit(*row, nullptr);
                sound = sound && row.has_value();
            },
            kThorough));
        if (!sound) return fail(ErrorCode::corrupt, "a row in PostgreSQL has not the known form");
        return {};
    }

    Result<StoreTotals> totals() override {
        StoreTotals totals;
        CELLMON_TRY(link_.query(
            fmt::format("SELECT count(DISTINCT student_id), count(*), (SELECT "
                        "coalesce(sum(duration_us), 0)::bigint FROM {0}.cell_executions) FROM "
                        "{0}.events",
                        schema_),
            [&](const PGresult* result, int row) {
                totals.students = static_cast<std::uint64_t>(number(result, row, 0).value_or(0));
                totals.events = static_cast<std::uint64_t>(number(result, row, 1).value_or(0));
                totals.duration_s = static_cast<double>(number(result, row, 2).value_or(0)) / 1e6;
            },
            kThorough));
        return totals;
    }

  private:
    PostgresLink link_;
    const std::string schema_;
};

class PostgresClassroom final : public ClassroomRows {
  public:
    explicit PostgresClassroom(const std::string& url) : link_(url) {}

    Result<std::int64_t> number(const std::string& statement) override {
        std::optional<std::int64_t> found;
        CELLMON_TRY(link_.query(
            statement, [&](const PGresult* result, int row) { found = number_of(result, row); },
            kThorough));
        if (!found) return fail(ErrorCode::corrupt, "PostgreSQL gave no number");
        return *found;
    }

  private:
    PostgresLink link_;
};

}  // namespace

std::unique_ptr<RowStore> postgres_rows(const std::string& url) {
    return std::make_unique<PostgresRows>(url);
}

std::unique_ptr<ClassroomRows> postgres_classroom(const std::string& url) {
    return std::make_unique<PostgresClassroom>(url);
}

}  // namespace cellmon::harness::plan
