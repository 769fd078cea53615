#include "sinks/relational/row_text.hpp"

#include <concepts>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/crc32c.hpp"
#include "sinks/relational/cell_key.hpp"
#include "sinks/relational/event_writer.hpp"

namespace cellmon::relational {
namespace {

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const char one : bytes) {
        const auto byte = static_cast<unsigned char>(one);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return hex;
}

std::string hex_of(const Id128& id) {
    return hex_of({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

class Columns {
  public:
    explicit Columns(std::string_view kind) : text_(kind) {}

    Columns& add(std::string_view text) {
        text_ += kColumnEnd;
        text_ += text;
        return *this;
    }
    /// Truth values as 0 and 1.
    Columns& add(std::integral auto value) {
        return add(std::string_view(fmt::format_int(static_cast<std::int64_t>(value)).str()));
    }
    template <typename Value>
    Columns& add(const std::optional<Value>& value) {
        return value ? add(*value) : null();
    }
    Columns& null(int columns = 1) {
        for (; columns > 0; --columns) {
            text_ += kColumnEnd;
            text_ += kNull;
        }
        return *this;
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

Columns& add_header(Columns& columns, const journal::EntryHeader& header) {
    return columns.add(std::string_view(hex_of(header.id)))
        .add(header.received_us)
        .add(header.content_hash);
}

constexpr int kEventColumns = 10;
constexpr int kRunColumns = 18;
constexpr int kAccessColumns = 2;
constexpr int kHelpColumns = 3;
constexpr int kSignalColumns = 3;

void add_run(Columns& columns, const event::Event& event, const Detail& detail) {
    if (detail.table != DetailTable::cell_executions) {
        columns.null(kRunColumns);
        return;
    }
    columns.add(event::name_of(detail.status))
        .add(event.execution_count)
        .add(event::duration_us_of(event))
        .add(event.started_at_us)
        .add(event.finished_at_us)
        .add(event.event_time_us)
        .add(event.cell_index)
        .add(event.cell_type)
        .add(cell_key_of(event))
        .add(event.error_name)
        .add(event.output_bytes)
        .add(event.output_sha256)
        .add(event.error_message)
        .add(event.result)
        .add(event.output)
        .add(event.traceback)
        .add(event.code)
        .add(1);  // It belongs to the same student, notebook, cell, session and stream.
}

/// The index of ids has it once, at its own sequence.
void add_index(Columns& columns, const journal::EntryHeader& header) {
    columns.add(std::string_view(fmt::format("1:{}", header.sequence)));
}

}  // namespace

std::string event_text(const journal::EntryHeader& header, const event::Event& event,
                       const Detail& detail) {
    Columns columns("event");
    const bool in_stream = event.stream_id && event.stream_sequence;
    add_header(columns, header)
        .add(event.event_type)
        .add(event.event_time_us)
        .add(event.clock_bad)
        .add(event.email_address)
        .add(event.notebook_path)
        .add(event.notebook_path ? event.cell_id : std::nullopt)
        .add(event.session_id)
        .add(in_stream ? event.stream_id : std::nullopt)
        .add(in_stream ? event.stream_sequence : std::nullopt)
        .add(event.class_code);
    add_run(columns, event, detail);
    if (detail.table == DetailTable::notebook_accesses) {
        columns.add(detail.kind).add(event.event_time_us);
    } else {
        columns.null(kAccessColumns);
    }
    if (detail.table == DetailTable::help_signals) {
        columns.add(detail.is_on).add(event.event_time_us).add(event.help_note);
    } else {
        columns.null(kHelpColumns);
    }
    if (detail.table == DetailTable::student_signals) {
        columns.add(detail.kind).add(detail.value).add(event.event_time_us);
    } else {
        columns.null(kSignalColumns);
    }
    columns.add(1);  // Details belong to the same student.
    add_index(columns, header);
    return columns.take();
}

std::string redacted_text(const journal::EntryHeader& header) {
    Columns columns("event");
    add_header(columns, header).add(kRedactedType).null().add(0);
    columns.null(kEventColumns - 3 + kRunColumns + kAccessColumns + kHelpColumns + kSignalColumns);
    columns.add(1);
    add_index(columns, header);
    return columns.take();
}

std::string dead_letter_text(const journal::Entry& entry) {
    Columns columns("dead letter");
    return add_header(columns, entry.header)
        .add(crc32c(entry.payload))
        .add(std::string_view(hex_of(entry.payload)))
        .take();
}

std::string quarantine_text(const journal::Entry& entry) {
    Columns columns("quarantine");
    return add_header(columns, entry.header).add(std::string_view(hex_of(entry.payload))).take();
}

}  // namespace cellmon::relational
