#include "exporting/export.hpp"

#include <utility>

#include "event/event_reader.hpp"
#include "event/text.hpp"
#include "exporting/classroom_facts.hpp"
#include "exporting/event_rows.hpp"
#include "exporting/people.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::uint64_t kWhole = 1'000;
constexpr std::uint64_t kEntriesPerStep = 1'024;

class Exporter {
  public:
    Exporter(const ExportOptions& options, projection::EntrySource& journal,
             const std::function<void(std::uint64_t)>& progress)
        : options_(options),
          journal_(journal),
          progress_(progress),
          end_(journal.durable_sequence()) {
        summary_.through_sequence = end_;
    }

    Result<void> read_classroom(sql::Database* database) {
        if (database == nullptr) return {};
        CELLMON_TRY_ASSIGN(facts_, ClassroomFacts::read(*database));
        people_.add(facts_);
        summary_.has_classroom = true;
        return {};
    }

    /// For an export with pseudonyms: who is named how.
    Result<void> read_people() {
        if (!options_.pseudonyms) return {};
        return each_entry(0, [&](const journal::Entry& entry) -> Result<void> {
            if (entry.redacted || entry.removed || entry.header.kind != journal::EntryKind::event)
                return {};
            if (const auto event = reader_.read(entry.payload)) {
                people_.add(class_of(**event), **event);
            }
            return {};
        });
    }

    Result<void> write(TableWriter& writer) {
        EventRows rows(writer, people_, options_.pseudonyms ? &*options_.pseudonyms : nullptr);
        CELLMON_TRY(each_entry(
            kWhole / 2, [&](const journal::Entry& entry) { return write_entry(rows, entry); }));
        for (const ClassroomFacts::Submission& submission : facts_.submissions) {
            if (!is_in_class(submission.class_code) || !is_in_time(submission.submitted_us))
                continue;
            CELLMON_TRY(rows.write(submission));
        }
        CELLMON_TRY(rows.write_students());
        CELLMON_TRY(writer.close());
        for (std::size_t i = 0; i < kTableCount; ++i)
            summary_.rows[i] = writer.rows(static_cast<TableId>(i));
        return {};
    }

    [[nodiscard]] const ExportSummary& summary() const { return summary_; }

  private:
    template <typename Work>
    Result<void> each_entry(std::uint64_t progress_from, Work work) {
        CELLMON_TRY(journal_.seek(journal_.beginning()));
        while (true) {
            CELLMON_TRY_ASSIGN(const auto entry, journal_.next_or_removed());
            if (!entry || entry->header.sequence > end_) break;
            CELLMON_TRY(work(*entry));
            if (entry->header.sequence % kEntriesPerStep == 0) {
                progress_(progress_from + entry->header.sequence * (kWhole / 2) / end_);
            }
            if (entry->header.sequence == end_) break;
        }
        return {};
    }

    Result<void> write_entry(EventRows& rows, const journal::Entry& entry) {
        // Of which class they are nobody can say: they are in an export of all classes.
        const bool is_whole = !options_.class_code && is_in_time(entry.header.received_us);
        if (entry.header.kind == journal::EntryKind::server) {
            ++summary_.server_records;
            return {};
        }
        if (entry.removed) {
            ++summary_.removed;
            return {};
        }
        if (entry.redacted) {
            if (!is_whole) return {};
            ++summary_.redacted;
            return rows.write_redacted(entry);
        }
        if (entry.header.kind == journal::EntryKind::quarantine) {
            return is_whole ? rows.write_refused(entry) : Result<void>();
        }
        const auto event = reader_.read(entry.payload);
        if (!event) {
            ++summary_.unreadable;
            return {};
        }
        const std::string class_code(class_of(**event));
        if (!is_in_class(class_code) || !is_in_time((*event)->event_time_us)) return {};
        return rows.write(entry, **event, class_code);
    }

    /// The class that the event names; where it names none that there is, the one on whose roster
    /// the student is (docs/decisions/0008-whose-students.md).
    [[nodiscard]] std::string_view class_of(const event::Event& event) const {
        const std::string_view named = event::trim(event.class_code.value_or(""));
        if (!summary_.has_classroom || facts_.classes.contains(std::string(named))) return named;
        const auto found = facts_.classes_of.find(person_key(event.email_address));
        if (found == facts_.classes_of.end()) return named;
        // On several rosters: that of the class which is asked for, else always the same.
        for (const std::string& code : found->second) {
            if (options_.class_code == code) return code;
        }
        return found->second.front();
    }

    [[nodiscard]] bool is_in_class(std::string_view class_code) const {
        return !options_.class_code || *options_.class_code == class_code;
    }

    [[nodiscard]] bool is_in_time(TimeUs time_us) const {
        return (!options_.from_us || time_us >= *options_.from_us) &&
               (!options_.before_us || time_us < *options_.before_us);
    }

    const ExportOptions& options_;
    projection::EntrySource& journal_;
    const std::function<void(std::uint64_t)>& progress_;
    const std::uint64_t end_;
    ClassroomFacts facts_;
    People people_;
    event::EventReader reader_;
    ExportSummary summary_;
};

}  // namespace

Result<ExportSummary> write_export(const ExportOptions& options, projection::EntrySource& journal,
                                   sql::Database* classroom, io::FileSystem& files,
                                   const std::function<void(std::uint64_t)>& progress) {
    CELLMON_TRY_ASSIGN(OutputFolder folder, OutputFolder::create(files, options.folder));
    CELLMON_TRY_ASSIGN(
        const auto writer,
        make_table_writer(options.format, options.pseudonyms.has_value(), files, folder));
    Exporter exporter(options, journal, progress);
    CELLMON_TRY(exporter.read_classroom(classroom));
    CELLMON_TRY(exporter.read_people());
    CELLMON_TRY(exporter.write(*writer));
    const ExportSummary& summary = exporter.summary();
    CELLMON_TRY(folder.write_file("README.md", data_dictionary(options, summary, false)));
    CELLMON_TRY(folder.write_file("README.ja.md", data_dictionary(options, summary, true)));
    CELLMON_TRY(folder.finish());
    return summary;
}

}  // namespace cellmon::exporting
