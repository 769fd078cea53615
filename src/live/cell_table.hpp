#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/order_key.hpp"

namespace cellmon::live {

inline constexpr std::size_t kMaxCells = 64;         ///< Per student.
inline constexpr std::size_t kMaxErrorsOfCell = 32;  ///< Kept, so counted, of one streak.

/// What happened in the cells of one student: streaks of failures, runs that go on. Every operation
/// is a maximum or the newest so-and-so many of a set, so that the order of calls does not matter.
///
/// Of the cells, those with the newest entries are kept. Nothing at or before the newest entry of a
/// forgotten cell counts any more (`forgotten`), in any cell: that is what makes the bound
/// independent of the order.
class CellTable {
  public:
    struct Cell {
        std::uint64_t key = 0;           ///< Hash of notebook and cell.
        std::uint64_t notebook_key = 0;  ///< Hash of the notebook.
        std::string cell_id;
        OrderKey newest;               ///< Of all entries about the cell.
        OrderKey start;                ///< The newest start.
        OrderKey end;                  ///< The newest entry that is no start.
        OrderKey success;              ///< The newest success.
        std::vector<OrderKey> errors;  ///< Behind everything that ends a streak; ascending.

        bool operator==(const Cell&) const = default;
    };

    void started(std::string_view notebook, std::string_view cell_id, const OrderKey& at);
    /// Any other entry about the cell, a run that does not count among them.
    void touched(std::string_view notebook, std::string_view cell_id, const OrderKey& at);
    void succeeded(std::string_view notebook, std::string_view cell_id, const OrderKey& at);
    void failed(std::string_view notebook, std::string_view cell_id, const OrderKey& at);
    /// The notebook's kernel ended: none of its cells runs.
    void kernel_ended(std::string_view notebook, const OrderKey& at);
    /// As a success of every cell.
    void resolve(const OrderKey& at);

    /// Failures of the cell in a row, kMaxErrorsOfCell at most.
    [[nodiscard]] std::size_t streak(std::string_view notebook, std::string_view cell_id) const;

    [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }
    [[nodiscard]] const OrderKey& resolved() const { return resolved_; }
    [[nodiscard]] const OrderKey& forgotten() const { return forgotten_; }
    /// When the newest run that goes on began; 0: none.
    [[nodiscard]] TimeUs running_since() const;

    /// From a checkpoint.
    static CellTable restore(std::vector<Cell> cells, const OrderKey& resolved,
                             const OrderKey& forgotten);

    bool operator==(const CellTable& other) const;

  private:
    Cell* cell(std::uint64_t notebook_key, std::string_view cell_id, const OrderKey& at);
    void forget_oldest();
    void drop_ended_errors(Cell& cell) const;

    std::vector<Cell> cells_;
    std::vector<std::uint64_t> keys_;  // Of cells_, side by side: the search reads little memory.
    OrderKey resolved_;
    OrderKey forgotten_;
};

}  // namespace cellmon::live
