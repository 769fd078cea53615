#include "sinks/relational/event_ids.hpp"

namespace cellmon::relational {

Result<EventIds> EventIds::prepare(Database& database, const TableSet& tables,
                                   std::uint64_t merge_interval,
                                   std::optional<std::uint64_t> mended_through) {
    EventIds ids(merge_interval, mended_through);
    ids.needed_ = database.engine() == sql::Engine::sqlite;
    if (!ids.needed_) return ids;
    CELLMON_TRY_ASSIGN(ids.insert_,
                       database.prepare(tables.sql("INSERT INTO %recent_event_ids (event_id, "
                                                   "sequence) VALUES (?, ?)")));
    CELLMON_TRY_ASSIGN(ids.insert_merged_,
                       database.prepare(tables.sql("INSERT INTO %event_ids (event_id, sequence) "
                                                   "VALUES (?, ?)")));
    CELLMON_TRY_ASSIGN(
        ids.remove_,
        database.prepare(tables.sql("DELETE FROM %recent_event_ids WHERE event_id = ?")));
    CELLMON_TRY_ASSIGN(ids.remove_merged_,
                       database.prepare(tables.sql("DELETE FROM %event_ids WHERE event_id = ?")));
    CELLMON_TRY_ASSIGN(ids.merge_,
                       database.prepare(tables.sql(
                           "INSERT INTO %event_ids SELECT event_id, sequence FROM "
                           "%recent_event_ids WHERE event_id BETWEEN ? AND ? ORDER BY event_id")));
    CELLMON_TRY_ASSIGN(ids.clear_recent_,
                       database.prepare(tables.sql(
                           "DELETE FROM %recent_event_ids WHERE event_id BETWEEN ? AND ?")));
    return ids;
}

Result<void> EventIds::add(const Id128& id, std::uint64_t sequence) {
    if (!needed_) return {};
    return mended_through_ ? put_back(id, sequence) : insert_.run(id, sequence);
}

Result<void> EventIds::put_back(const Id128& id, std::uint64_t sequence) {
    CELLMON_TRY(remove_.run(id));
    CELLMON_TRY(remove_merged_.run(id));
    const bool moved = slices_.moves_at(id.bytes[0], sequence) <= *mended_through_;
    return moved ? insert_merged_.run(id, sequence) : insert_.run(id, sequence);
}

Result<void> EventIds::merge_due(std::uint64_t sequence) {
    if (!needed_ || mended_through_) return {};
    const auto due = slices_.due(sequence);
    if (!due) return {};
    CELLMON_TRY(merge_.run(due->first, due->last));
    return clear_recent_.run(due->first, due->last);
}

}  // namespace cellmon::relational
