#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "live/order_key.hpp"
#include "live/place_set.hpp"

namespace cellmon::live {

inline constexpr std::size_t kMaxCells = PlaceSet::kPlaces;  ///< Per student.
inline constexpr std::size_t kMaxErrorsOfCell = 32;          ///< Kept, so counted, of one streak.

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
    /// Places in cells() of those with errors.
    [[nodiscard]] const PlaceSet& failing() const { return failing_; }
    [[nodiscard]] const OrderKey& resolved() const { return resolved_; }
    [[nodiscard]] const OrderKey& forgotten() const { return forgotten_; }
    /// When the newest run that goes on began; 0: none.
    [[nodiscard]] TimeUs running_since() const;

    /// From a checkpoint; kMaxCells at most.
    static CellTable restore(std::vector<Cell> cells, const OrderKey& resolved,
                             const OrderKey& forgotten);

    bool operator==(const CellTable& other) const;

  private:
    static constexpr std::size_t kNowhere = kMaxCells;

    [[nodiscard]] std::size_t find(std::uint64_t key) const;
    std::size_t place_of(std::uint64_t notebook_key, std::string_view cell_id, const OrderKey& at);
    std::size_t place_of_new(const OrderKey& at);
    std::size_t ended(std::string_view notebook, std::string_view cell_id, const OrderKey& at);
    void forget(const OrderKey& newest);
    void drop_ended_errors(std::size_t place);
    void note_run(std::size_t place);

    std::vector<Cell> cells_;
    // Eight bits of each cell's key, side by side: the search reads little memory.
    std::array<std::uint8_t, kMaxCells> tags_{};
    // Most cells neither fail nor run, and a judgement looks at the others only.
    PlaceSet failing_;  // With errors.
    PlaceSet started_;  // Whose newest start is behind their newest end.
    OrderKey resolved_;
    OrderKey forgotten_;
};

}  // namespace cellmon::live
