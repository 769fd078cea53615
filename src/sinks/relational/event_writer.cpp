#include "sinks/relational/event_writer.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "base/crc32c.hpp"
#include "sinks/relational/detail.hpp"

namespace cellmon::relational {
namespace {

bool is_help_signal(const event::Event& event) {
    return event.event_type == "help" || event.event_type == "help_stop";
}

}  // namespace

Error at_sequence(Error error, std::uint64_t sequence) {
    error.message = "at sequence " + std::to_string(sequence) + ": " + error.message;
    return error;
}

EventWriter::EventWriter(EventIds ids, Registry registry, Executions executions, Help help,
                         Groups streams, Groups sessions, DailyTotals totals)
    : ids_(std::move(ids)),
      registry_(std::move(registry)),
      executions_(std::move(executions)),
      help_(std::move(help)),
      streams_(std::move(streams)),
      sessions_(std::move(sessions)),
      totals_(std::move(totals)) {}

Result<EventWriter> EventWriter::prepare(Database& database, const TableSet& tables,
                                         const WriterSettings& settings) {
    CELLMON_TRY_ASSIGN(auto ids, EventIds::prepare(database, tables, settings.id_merge_interval,
                                                   settings.mended_through));
    CELLMON_TRY_ASSIGN(auto registry, Registry::prepare(database));
    CELLMON_TRY_ASSIGN(auto executions,
                       Executions::prepare(database, tables, settings.significant_errors));
    CELLMON_TRY_ASSIGN(auto help, Help::prepare(database, tables));
    CELLMON_TRY_ASSIGN(auto streams, Groups::prepare_streams(database, tables));
    CELLMON_TRY_ASSIGN(auto sessions, Groups::prepare_sessions(database, tables));
    CELLMON_TRY_ASSIGN(auto totals, DailyTotals::prepare(database, tables));
    EventWriter writer(std::move(ids), std::move(registry), std::move(executions), std::move(help),
                       std::move(streams), std::move(sessions), std::move(totals));
    writer.looks_ahead_ = asks_for_many(database);
    const auto prepare = [&](Statement& insert, std::string_view table,
                             std::string_view columns) -> Result<void> {
        CELLMON_TRY_ASSIGN(insert, database.prepare_insert(tables.sql(table), columns));
        return {};
    };
    CELLMON_TRY(prepare(writer.insert_event_, "%events",
                        "sequence, event_id, event_type, event_time_us, received_us, content_hash, "
                        "clock_bad, student_id, notebook_id, cell_id, session_id, stream_id, "
                        "stream_number, class_code"));
    CELLMON_TRY(prepare(writer.insert_access_, "%notebook_accesses",
                        "sequence, student_id, notebook_id, session_id, accessed_us, action"));
    CELLMON_TRY(prepare(writer.insert_signal_, "%student_signals",
                        "sequence, student_id, at_us, kind, notebook_id, value"));
    CELLMON_TRY(prepare(writer.insert_quarantine_, "%quarantine",
                        "sequence, item_id, received_us, content_hash, payload"));
    CELLMON_TRY(prepare(writer.insert_dead_letter_, "%dead_letters",
                        "sequence, event_id, received_us, content_hash, reason, payload_crc32c, "
                        "payload"));
    CELLMON_TRY_ASSIGN(
        writer.select_place_,
        database.prepare(tables.sql(
            "SELECT event_id, content_hash FROM %events WHERE sequence = ?1 UNION ALL SELECT "
            "event_id, content_hash FROM %dead_letters WHERE sequence = ?1 UNION ALL SELECT "
            "item_id, content_hash FROM %quarantine WHERE sequence = ?1")));
    return writer;
}

Result<void> EventWriter::add(const journal::Entry& entry) {
    const journal::EntryHeader& header = entry.header;
    Result<void> added;
    if (header.kind == journal::EntryKind::event) {
        added = add_event(entry);
    } else if (header.kind == journal::EntryKind::quarantine) {
        added = insert_quarantine_.run(header.sequence, header.id, header.received_us,
                                       header.content_hash, entry.payload);
    }
    CELLMON_TRY(std::move(added));
    return ids_.merge_due(header.sequence);
}

Result<void> EventWriter::add_event(const journal::Entry& entry) {
    const journal::EntryHeader& header = entry.header;
    if (entry.redacted) {
        CELLMON_TRY(insert_event_.run(header.sequence, header.id, kRedactedType, nullptr,
                                      header.received_us, header.content_hash, false, nullptr,
                                      nullptr, nullptr, nullptr, nullptr, nullptr, nullptr));
        return ids_.add(header.id, header.sequence);
    }
    const auto read = reader_.read(entry.payload);
    // Nothing of the event has been written yet, and it would be unreadable for ever.
    if (!read) return put_aside(entry, read.error());

    const event::Event& event = **read;
    CELLMON_TRY_ASSIGN(const PlacedEvent placed, place(event, header));
    CELLMON_TRY(insert_event_.run(
        header.sequence, header.id, event.event_type, event.event_time_us, header.received_us,
        header.content_hash, event.clock_bad, placed.student_id, placed.notebook_id, placed.cell_id,
        placed.session_id, placed.stream_id, placed.number(), event.class_code));
    CELLMON_TRY(ids_.add(header.id, header.sequence));
    return add_details(placed);
}

Result<PlacedEvent> EventWriter::place(const event::Event& event,
                                       const journal::EntryHeader& header) {
    const auto sequence = static_cast<std::int64_t>(header.sequence);
    PlacedEvent placed(event, sequence, header.received_us);
    CELLMON_TRY_ASSIGN(placed.student_id, registry_.student(event, sequence, header.received_us));
    if (event.notebook_path) {
        CELLMON_TRY_ASSIGN(placed.notebook_id,
                           registry_.notebook(*event.notebook_path, header.received_us));
        if (event.cell_id) {
            CELLMON_TRY_ASSIGN(placed.cell_id,
                               registry_.cell(*placed.notebook_id, event, header.received_us));
        }
    }
    if (event.session_id) {
        CELLMON_TRY_ASSIGN(const auto* session, sessions_.add(*event.session_id, placed.student_id,
                                                              sequence, event.event_time_us));
        placed.session_id = session->first_sequence;
    }
    if (event.stream_id && event.stream_sequence) {
        CELLMON_TRY_ASSIGN(
            const auto* stream,
            streams_.add(*event.stream_id, placed.student_id, sequence, event.event_time_us,
                         *event.stream_sequence, event.stream_predecessor));
        placed.stream_id = stream->first_sequence;
        placed.stream_number = *event.stream_sequence;
        placed.stream_first_us = stream->first_us;
    }
    return placed;
}

Result<void> EventWriter::add_details(const PlacedEvent& placed) {
    const event::Event& event = placed.event;
    const Detail detail = detail_of(event);
    totals_.add(placed, detail.status, detail.table == DetailTable::help_signals);
    switch (detail.table) {
        case DetailTable::none:
            return {};
        case DetailTable::cell_executions:
            return executions_.add(placed, detail.status);
        case DetailTable::help_signals:
            return help_.add(placed, detail.is_on);
        case DetailTable::notebook_accesses:
            return insert_access_.run(placed.sequence, placed.student_id, placed.notebook_id,
                                      placed.session_id, event.event_time_us, detail.kind);
        case DetailTable::student_signals:
            return insert_signal_.run(placed.sequence, placed.student_id, event.event_time_us,
                                      detail.kind, placed.notebook_id, detail.value);
    }
    return {};
}

Result<void> EventWriter::look_ahead(const projection::Batch& batch, std::size_t count) {
    if (!looks_ahead_) return {};
    if (!expected_ || expected_->before != batch.before() || expected_->entries > count) {
        expect(batch, count);
    }
    for (std::size_t index = expected_->entries; index < count; ++index)
        expected_->without.push_back(index);
    for (const std::size_t index : expected_->without) {
        const journal::Entry entry = batch.entry(index);
        const event::Event* const event = read(entry);
        if (event == nullptr) continue;
        CELLMON_TRY(get_ids(*event, entry.header));
        expect_known(*event, entry.header);
    }
    expected_.reset();
    CELLMON_TRY(registry_.look_up());
    CELLMON_TRY(sessions_.look_up());
    CELLMON_TRY(streams_.look_up());
    const auto newest = static_cast<std::int64_t>(batch.before().sequence);
    CELLMON_TRY(help_.look_up(newest));
    return executions_.look_up(newest);
}

void EventWriter::expect(const projection::Batch& batch, std::size_t count) {
    if (!looks_ahead_) return;
    forget_expected();
    expected_ = Expected{batch.before(), count, {}};
    for (std::size_t index = 0; index < count; ++index) {
        const journal::Entry entry = batch.entry(index);
        const event::Event* const event = read(entry);
        if (event != nullptr && !expect_known(*event, entry.header)) {
            expected_->without.push_back(index);
        }
    }
}

void EventWriter::forget_expected() {
    expected_.reset();
    registry_.forget_expected();
    executions_.forget_expected();
    help_.forget_expected();
    streams_.forget_expected();
    sessions_.forget_expected();
}

/// Null: no event that can be read.
const event::Event* EventWriter::read(const journal::Entry& entry) {
    if (entry.header.kind != journal::EntryKind::event || entry.redacted) return nullptr;
    const auto read = reader_.read(entry.payload);
    return read ? *read : nullptr;
}

/// Students and notebooks are few: one by one, as later by add().
Result<void> EventWriter::get_ids(const event::Event& event, const journal::EntryHeader& header) {
    const auto sequence = static_cast<std::int64_t>(header.sequence);
    CELLMON_TRY(registry_.student(event, sequence, header.received_us));
    if (event.notebook_path) {
        CELLMON_TRY(registry_.notebook(*event.notebook_path, header.received_us));
    }
    return {};
}

bool EventWriter::expect_known(const event::Event& event, const journal::EntryHeader& header) {
    const auto student_id = registry_.known_student(event.email_address);
    if (!student_id) return false;
    if (event.notebook_path && event.cell_id) {
        const auto notebook_id = registry_.known_notebook(*event.notebook_path);
        if (!notebook_id) return false;
        registry_.expect_cell(*notebook_id, event, header.received_us);
    }
    if (event.session_id) sessions_.expect(*event.session_id, *student_id);
    if (event.stream_id && event.stream_sequence) streams_.expect(*event.stream_id, *student_id);
    if (event::execution_status_of(event) != event::ExecutionStatus::none) {
        executions_.expect(*student_id, event);
    } else if (is_help_signal(event)) {
        help_.expect(*student_id);
    }
    return true;
}

Result<bool> EventWriter::holds(const journal::Entry& entry) {
    const journal::EntryHeader& header = entry.header;
    bool same = false;
    CELLMON_TRY_ASSIGN(const bool taken, select_place_.first(
                                             [&](const Statement& row) {
                                                 same = row.id(0) == header.id &&
                                                        row.bits(1) == header.content_hash;
                                             },
                                             header.sequence));
    if (taken && !same) {
        return fail(ErrorCode::corrupt, "another event than the journal's lies there");
    }
    return taken;
}

Result<void> EventWriter::put_aside(const journal::Entry& entry, const Error& error) {
    const journal::EntryHeader& header = entry.header;
    CELLMON_TRY(insert_dead_letter_.run(header.sequence, header.id, header.received_us,
                                        header.content_hash, error.message, crc32c(entry.payload),
                                        entry.payload));
    ++dead_letters_;
    return {};
}

Result<void> EventWriter::flush() {
    CELLMON_TRY(registry_.flush());
    CELLMON_TRY(executions_.flush());
    CELLMON_TRY(help_.flush());
    CELLMON_TRY(streams_.flush());
    CELLMON_TRY(sessions_.flush());
    return totals_.flush();
}

void EventWriter::trim() {
    bool emptied = registry_.trim();
    emptied = executions_.trim() || emptied;
    emptied = help_.trim() || emptied;
    emptied = streams_.trim() || emptied;
    emptied = sessions_.trim() || emptied;
    if (emptied || !expected_) forget_expected();
}

}  // namespace cellmon::relational
