#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "event/event.hpp"
#include "sinks/relational/array_text.hpp"
#include "sinks/relational/database.hpp"
#include "sinks/relational/string_map.hpp"
#include "sinks/relational/upserts.hpp"

namespace cellmon::relational {

/// Gives students, teams, notebooks and cells their ids by natural key, creating what is new. Ids
/// are never given up, so they outlive every rebuild. Called inside the projection's transaction;
/// after a rollback the object must be thrown away.
class Registry {
  public:
    static Result<Registry> prepare(Database& database);

    /// The student of the event; remembers the name and team it brings, for flush().
    Result<std::int64_t> student(const event::Event& event, std::int64_t sequence,
                                 TimeUs received_us);

    Result<std::int64_t> notebook(std::string_view path, TimeUs received_us);

    Result<std::int64_t> cell(std::int64_t notebook_id, const event::Event& event,
                              TimeUs received_us);

    /// An event of the batch names this cell: what is not known is made or asked for by look_up(),
    /// all at once.
    void expect_cell(std::int64_t notebook_id, const event::Event& event, TimeUs received_us);
    Result<void> look_up();

    /// Writes changed names and teams.
    Result<void> flush();

    /// What is known without asking.
    [[nodiscard]] std::optional<std::int64_t> known_student(std::string_view email) const;
    [[nodiscard]] std::optional<std::int64_t> known_notebook(std::string_view path) const;

    /// Call between transactions. Whether it forgot what it knew.
    bool trim();
    void forget_expected();

  private:
    /// Where a value comes from: the greatest (event time clamped to receive time, sequence) is the
    /// latest.
    using Source = std::pair<std::int64_t, std::int64_t>;

    struct Student {
        std::int64_t id = 0;
        std::optional<std::string> name;
        std::optional<Source> name_source;
        std::optional<std::int64_t> team_id;
        std::optional<Source> team_source;
        bool changed = false;
    };

    Result<Student*> find_student(std::string_view email, TimeUs received_us);
    Result<std::int64_t> team(std::string_view name, TimeUs received_us);
    void make_cell_key(std::int64_t notebook_id, std::string_view cell_id);

    Statement select_student_;
    Statement insert_student_;
    Upserts update_students_;
    Statement select_team_;
    Statement insert_team_;
    Statement select_notebook_;
    Statement insert_notebook_;
    Statement select_cell_;
    Statement insert_cell_;
    Statement insert_cells_;
    Statement select_cells_;

    StringMap<Student> students_;
    StringMap<std::int64_t> teams_;
    StringMap<std::int64_t> notebooks_;
    StringMap<std::int64_t> cells_;  ///< By the eight bytes of the notebook's id and the cell's id.
    std::vector<Student*> changed_;
    std::string key_;
    Expected<std::string> expected_cells_;
    struct NewCells {
        ArrayText notebook_id;
        ArrayText cell_id;
        ArrayText cell_type;
        ArrayText position;
        ArrayText created_us;
    };
    NewCells new_cells_;
};

}  // namespace cellmon::relational
