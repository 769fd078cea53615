#include "sinks/relational/registry.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cellmon::relational {
namespace {

std::string_view last_component(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// The id that the new row got.
template <typename... Parameters>
Result<std::int64_t> inserted(Statement& insert, const Parameters&... parameters) {
    std::int64_t id = 0;
    CELLMON_TRY(insert.first([&](const Statement& row) { id = row.integer(0); }, parameters...));
    return id;
}

}  // namespace

Result<Registry> Registry::prepare(Database& database) {
    Registry registry;
    const auto prepare = [&](Statement& statement, std::string_view sql) -> Result<void> {
        CELLMON_TRY_ASSIGN(statement, database.prepare(sql));
        return {};
    };
    CELLMON_TRY(prepare(registry.select_student_,
                        "SELECT id, name, name_us, name_sequence, team_id, team_us, team_sequence "
                        "FROM students WHERE email = ?"));
    CELLMON_TRY(prepare(registry.insert_student_,
                        "INSERT INTO students (email, created_us) VALUES (?, ?) RETURNING id"));
    CELLMON_TRY_ASSIGN(
        registry.update_students_,
        Upserts::prepare_update(
            database,
            {"students", "id, name, name_us, name_sequence, team_id, team_us, team_sequence",
             "name", ""}));
    CELLMON_TRY(prepare(registry.select_team_, "SELECT id FROM teams WHERE team_name = ?"));
    CELLMON_TRY(prepare(
        registry.insert_team_,
        "INSERT INTO teams (team_name, description, created_us) VALUES (?, ?, ?) RETURNING id"));
    CELLMON_TRY(prepare(registry.select_notebook_, "SELECT id FROM notebooks WHERE path = ?"));
    CELLMON_TRY(
        prepare(registry.insert_notebook_,
                "INSERT INTO notebooks (path, name, created_us) VALUES (?, ?, ?) RETURNING id"));
    CELLMON_TRY(prepare(registry.select_cell_,
                        "SELECT id FROM cells WHERE notebook_id = ? AND cell_id = ?"));
    CELLMON_TRY(prepare(registry.insert_cell_,
                        "INSERT INTO cells (notebook_id, cell_id, cell_type, position, created_us) "
                        "VALUES (?, ?, ?, ?, ?) RETURNING id"));
    if (!asks_for_many(database)) return registry;
    const std::string integers = array_parameter("BIGINT");
    const std::string texts = array_parameter("TEXT");
    CELLMON_TRY(prepare(
        registry.insert_cells_,
        fmt::format("INSERT INTO cells (notebook_id, cell_id, cell_type, position, created_us) "
                    "SELECT * FROM unnest({0}, {1}, {1}, {0}, {0}) ON CONFLICT DO NOTHING",
                    integers, texts)));
    CELLMON_TRY(prepare(
        registry.select_cells_,
        fmt::format("SELECT notebook_id, cell_id, id FROM cells WHERE (notebook_id, cell_id) IN "
                    "(SELECT * FROM unnest({}, {}))",
                    integers, texts)));
    return registry;
}

Result<std::int64_t> Registry::student(const event::Event& event, std::int64_t sequence,
                                       TimeUs received_us) {
    CELLMON_TRY_ASSIGN(Student * student, find_student(event.email_address, received_us));
    const Source source{std::min(event.event_time_us, received_us), sequence};
    bool changed = false;
    if (event.user_name && student->name_source < source) {
        student->name_source = source;
        if (student->name != *event.user_name) student->name = *event.user_name;
        changed = true;
    }
    if (event.team_name) {
        CELLMON_TRY_ASSIGN(const std::int64_t team_id, team(*event.team_name, received_us));
        if (student->team_source < source) {
            student->team_source = source;
            student->team_id = team_id;
            changed = true;
        }
    }
    if (changed && !student->changed) {
        student->changed = true;
        changed_.push_back(student);
    }
    return student->id;
}

Result<Registry::Student*> Registry::find_student(std::string_view email, TimeUs received_us) {
    if (const auto found = students_.find(email); found != students_.end()) return &found->second;
    Student student;
    const auto read = [&](const Statement& row) {
        student.id = row.integer(0);
        if (!row.is_null(1)) student.name = row.text(1);
        if (!row.is_null(2)) student.name_source = Source{row.integer(2), row.integer(3)};
        student.team_id = row.optional_integer(4);
        if (!row.is_null(5)) student.team_source = Source{row.integer(5), row.integer(6)};
    };
    CELLMON_TRY_ASSIGN(const bool exists, select_student_.first(read, email));
    if (!exists) {
        CELLMON_TRY_ASSIGN(student.id, inserted(insert_student_, email, received_us));
    }
    return &students_.emplace(email, std::move(student)).first->second;
}

Result<std::int64_t> Registry::team(std::string_view name, TimeUs received_us) {
    if (const auto found = teams_.find(name); found != teams_.end()) return found->second;
    std::int64_t id = 0;
    CELLMON_TRY_ASSIGN(
        const bool exists,
        select_team_.first([&](const Statement& row) { id = row.integer(0); }, name));
    if (!exists) {
        // The description that the predecessor gives a team (classroom-api.md §6).
        CELLMON_TRY_ASSIGN(id,
                           inserted(insert_team_, name, std::string(name) + "の説明", received_us));
    }
    return teams_.emplace(name, id).first->second;
}

Result<std::int64_t> Registry::notebook(std::string_view path, TimeUs received_us) {
    if (const auto found = notebooks_.find(path); found != notebooks_.end()) return found->second;
    std::int64_t id = 0;
    CELLMON_TRY_ASSIGN(
        const bool exists,
        select_notebook_.first([&](const Statement& row) { id = row.integer(0); }, path));
    if (!exists) {
        CELLMON_TRY_ASSIGN(id, inserted(insert_notebook_, path, last_component(path), received_us));
    }
    return notebooks_.emplace(path, id).first->second;
}

Result<std::int64_t> Registry::cell(std::int64_t notebook_id, const event::Event& event,
                                    TimeUs received_us) {
    make_cell_key(notebook_id, *event.cell_id);
    if (const auto found = cells_.find(key_); found != cells_.end()) return found->second;
    std::int64_t id = 0;
    CELLMON_TRY_ASSIGN(const bool exists,
                       select_cell_.first([&](const Statement& row) { id = row.integer(0); },
                                          notebook_id, *event.cell_id));
    if (!exists) {
        CELLMON_TRY_ASSIGN(
            id, inserted(insert_cell_, notebook_id, *event.cell_id,
                         event.cell_type.value_or("code"), event.cell_index, received_us));
    }
    return cells_.emplace(key_, id).first->second;
}

void Registry::make_cell_key(std::int64_t notebook_id, std::string_view cell_id) {
    key_.assign(reinterpret_cast<const char*>(&notebook_id), sizeof notebook_id);
    key_ += cell_id;
}

void Registry::expect_cell(std::int64_t notebook_id, const event::Event& event,
                           TimeUs received_us) {
    make_cell_key(notebook_id, *event.cell_id);
    if (cells_.contains(key_) || !expected_cells_.insert(key_).second) return;
    new_cells_.notebook_id.add(notebook_id);
    new_cells_.cell_id.add(*event.cell_id);
    new_cells_.cell_type.add(event.cell_type.value_or("code"));
    if (event.cell_index) {
        new_cells_.position.add(*event.cell_index);
    } else {
        new_cells_.position.add_null();
    }
    new_cells_.created_us.add(received_us);
}

Result<void> Registry::look_up() {
    if (expected_cells_.empty()) return {};
    const std::string notebooks = new_cells_.notebook_id.take();
    const std::string names = new_cells_.cell_id.take();
    const std::string types = new_cells_.cell_type.take();
    const std::string positions = new_cells_.position.take();
    const std::string times = new_cells_.created_us.take();
    CELLMON_TRY(insert_cells_.run(notebooks, names, types, positions, times));
    CELLMON_TRY(select_cells_.each(
        [&](const Statement& row) {
            make_cell_key(row.integer(0), row.text(1));
            cells_.emplace(key_, row.integer(2));
        },
        notebooks, names));
    // All are known now.
    expected_cells_.clear();
    return {};
}

Result<void> Registry::flush() {
    for (Student* student : changed_) {
        const auto part = [](const std::optional<Source>& source, bool time) {
            return source ? std::optional(time ? source->first : source->second) : std::nullopt;
        };
        CELLMON_TRY(update_students_.add(
            student->id, student->name, part(student->name_source, true),
            part(student->name_source, false), student->team_id, part(student->team_source, true),
            part(student->team_source, false)));
        student->changed = false;
    }
    changed_.clear();
    return update_students_.flush();
}

std::optional<std::int64_t> Registry::known_student(std::string_view email) const {
    const auto found = students_.find(email);
    return found == students_.end() ? std::nullopt : std::optional(found->second.id);
}

std::optional<std::int64_t> Registry::known_notebook(std::string_view path) const {
    const auto found = notebooks_.find(path);
    return found == notebooks_.end() ? std::nullopt : std::optional(found->second);
}

bool Registry::trim() {
    bool emptied = trim_cache(students_);
    emptied = trim_cache(teams_) || emptied;
    emptied = trim_cache(notebooks_) || emptied;
    return trim_cache(cells_) || emptied;
}

void Registry::forget_expected() {
    expected_cells_.clear();
    new_cells_ = {};
}

}  // namespace cellmon::relational
