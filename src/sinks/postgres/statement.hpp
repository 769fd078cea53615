#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/postgres/pipeline.hpp"
#include "sinks/postgres/row_copies.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::postgres {

/// A statement over a pipeline. run() is put off; step() fetches all rows at once, or one by one
/// when there may be many.
class PostgresStatement final : public relational::Prepared {
  public:
    /// The others must outlive it.
    PostgresStatement(Pipeline& pipeline, RowCopies& copies, const PreparedText& text,
                      bool many_rows);

    void bind_null(int index) override;
    void bind_integer(int index, std::int64_t value) override;
    void bind_text(int index, std::string_view value) override;
    void bind_id(int index, const Id128& value) override;

    Result<void> run() override;
    Result<bool> step() override;
    void reset() override;

    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view text(int column) const override;
    [[nodiscard]] int columns() const override;

  private:
    enum class Rows : std::uint8_t { none, here, coming };

    Result<bool> step_here();
    Result<bool> step_coming();

    Pipeline& pipeline_;
    RowCopies& copies_;
    const PreparedText& text_;
    const bool many_rows_;
    std::vector<Parameter> parameters_;
    std::vector<std::array<char, 24>> digits_;  ///< Of integer parameters.

    Rows rows_ = Rows::none;
    sql::ResultPtr result_;
    int row_ = 0;
    mutable std::vector<std::string> bytes_;  ///< What the columns of bytes of the row hold.
};

}  // namespace cellmon::postgres
