#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/id128.hpp"
#include "base/result.hpp"
#include "sinks/postgres/copy_queue.hpp"
#include "sinks/postgres/pipeline.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::postgres {

/// Rows that wait to be copied into their tables, many at a time, by a thread of their own. A
/// statement that names a table finds all rows there: before() copies what waits for it.
///
/// Whoever else uses the pipeline calls before() or settle() first.
class RowCopies {
  public:
    /// A table's rows are copied when there are so many bytes of them: so PostgreSQL works on some
    /// while the next are made. Many small COPYs cost it more than the rows.
    static constexpr std::size_t kCopyBytes = 1U << 20U;

    struct Table {
        std::string name;
        std::string copy;  ///< The statement.
        std::string rows;  ///< In the binary format of COPY, without its end.
    };

    explicit RowCopies(Pipeline& pipeline) : queue_(pipeline) {}

    /// Stays where it is for as long as this object.
    Table& table(std::string_view name, std::string_view columns);

    /// Begins to copy the rows if they are many.
    Result<void> added(Table& table);
    /// Begins to copy all rows, and waits for none of them.
    Result<void> hand_over();
    /// Copies what `sql` may read or change.
    Result<void> before(std::string_view sql);
    /// Copies all.
    Result<void> settle();
    /// Of a transaction that is rolled back.
    void forget_rows();

  private:
    Result<void> copy(Table& table);

    std::map<std::string, Table, std::less<>> tables_;  ///< By their statement.
    CopyQueue queue_;
};

/// One row after the other for a table of RowCopies.
class CopyStatement final : public relational::Prepared {
  public:
    /// `columns` is their number. The others must outlive it.
    CopyStatement(RowCopies& copies, RowCopies::Table& table, int columns)
        : copies_(copies), table_(table), columns_(columns) {}

    void bind_null(int index) override;
    void bind_integer(int index, std::int64_t value) override;
    void bind_text(int index, std::string_view value) override;
    void bind_id(int index, const Id128& value) override;

    Result<void> run() override;
    Result<bool> step() override;
    void reset() override {}

    [[nodiscard]] bool is_null(int /*column*/) const override { return true; }
    [[nodiscard]] std::int64_t integer(int /*column*/) const override { return 0; }
    [[nodiscard]] std::string_view text(int /*column*/) const override { return {}; }
    [[nodiscard]] int columns() const override { return 0; }

  private:
    /// Values come in their order, each once.
    void next(int index);

    RowCopies& copies_;
    RowCopies::Table& table_;
    const int columns_;
    int bound_ = 0;
};

}  // namespace cellmon::postgres
