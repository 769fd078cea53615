#include "exporting/person_export.hpp"

#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/progress/progress_json.hpp"
#include "event/event_reader.hpp"
#include "exporting/person_page.hpp"
#include "exporting/person_tables.hpp"
#include "exporting/pseudonyms.hpp"
#include "journal/export_line.hpp"
#include "live/class_state.hpp"
#include "live/fragment.hpp"
#include "live/rules.hpp"
#include "progress/progress_state.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::uint64_t kAll = 1'000;
constexpr std::uint64_t kStep = 1'024;

/// A file of lines that is made with its first line.
class Lines {
  public:
    Lines(io::FileSystem& files, const OutputFolder& folder, std::string name)
        : files_(files), folder_(folder), name_(std::move(name)) {}

    Result<void> add(std::string_view line) {
        if (!file_) {
            CELLMON_TRY_ASSIGN(file_, OutputFile::create(files_, folder_.path_of(name_)));
        }
        ++rows_;
        CELLMON_TRY(file_->write(line));
        return line.ends_with('\n') ? Result<void>() : file_->write("\n");
    }

    Result<void> close(PersonSummary& summary, std::string_view en, std::string_view ja) {
        if (!file_) return {};
        CELLMON_TRY(file_->close());
        summary.files.push_back({name_, rows_, std::string(en), std::string(ja)});
        summary.rows += rows_;
        return {};
    }

    [[nodiscard]] std::uint64_t rows() const { return rows_; }

  private:
    io::FileSystem& files_;
    const OutputFolder& folder_;
    const std::string name_;
    std::optional<OutputFile> file_;
    std::uint64_t rows_ = 0;
};

class PersonExporter {
  public:
    PersonExporter(std::string_view email, const PersonSources& sources, io::FileSystem& files,
                   const OutputFolder& folder, const Clock& clock)
        : email_(email),
          person_(person_key(email)),
          sources_(sources),
          files_(files),
          folder_(folder),
          now_(clock.now_us()) {}

    Result<void> read_journal(const std::function<void(std::uint64_t)>& progress) {
        Lines events(files_, folder_, "events.ndjson");
        Lines refused(files_, folder_, "refused.ndjson");
        Lines records(files_, folder_, "server-records.ndjson");
        const std::uint64_t end = sources_.journal.durable_sequence();
        CELLMON_TRY(sources_.journal.seek(sources_.journal.beginning()));
        while (true) {
            CELLMON_TRY_ASSIGN(const auto entry, sources_.journal.next_or_removed());
            if (!entry || entry->header.sequence > end) break;
            if (entry->header.sequence % kStep == 0) progress(entry->header.sequence * kAll / end);
            if (entry->removed) ++summary_.removed;
            if (!is_of_person(*entry)) continue;
            Lines& lines = entry->header.kind == journal::EntryKind::event        ? events
                           : entry->header.kind == journal::EntryKind::quarantine ? refused
                                                                                  : records;
            line_.clear();
            journal::append_export_line(line_, *entry);
            CELLMON_TRY(lines.add(line_));
            live_.fold(*entry);
            progress_.fold(*entry);
        }
        summary_.events = events.rows();
        CELLMON_TRY(events.close(summary_, "Your events, as they are stored for good",
                                 "保存されているイベント (原本)"));
        CELLMON_TRY(refused.close(summary_, "What was refused", "受け付けなかった項目"));
        return records.close(summary_, "What instructors and the server noted about you",
                             "教員とサーバーによる記録");
    }

    Result<void> read_tables(sql::Connection& connection, std::string_view schema,
                             std::span<const PersonTable> tables, std::string_view prefix) {
        CELLMON_TRY(connection.begin(sql::Access::read));
        for (const PersonTable& table : tables) {
            Lines lines(files_, folder_, fmt::format("{}{}.ndjson", prefix, table.name));
            const auto done = each_person_row(connection, schema, table, person_,
                                              [&](std::string_view row) { return lines.add(row); });
            if (!done) {
                connection.rollback();
                return fail(done.error());
            }
            CELLMON_TRY(lines.close(summary_, table.en, table.ja));
        }
        connection.rollback();
        return {};
    }

    /// The states that are folds of the journal: what the server would say of the person now.
    Result<void> write_states() {
        Lines live(files_, folder_, "live.ndjson");
        Lines progress(files_, folder_, "progress.ndjson");
        for (const live::StudentFacts& facts : live_.students()) {
            live_text_ += live::fragment_of(live::judge(facts, {}, now_).view) + "\n";
            CELLMON_TRY(live.add(live::fragment_of(live::judge(facts, {}, now_).view)));
        }
        for (const auto& [address, student] : progress_.students()) {
            add_progress(api::progress_json(*student, api::Cells::all, now_));
            for (const progress::NotePtr& note : student->notes)
                add_progress(api::note_json(*note));
        }
        for (const std::string& line : progress_lines_)
            CELLMON_TRY(progress.add(line));
        CELLMON_TRY(live.close(summary_, "What the live page of the class knows",
                               "クラスのライブ画面が持つ情報"));
        return progress.close(summary_, "Progress with assignments, notifications",
                              "課題の進捗と通知");
    }

    Result<void> write_pages() {
        std::string progress;
        for (const std::string& line : progress_lines_)
            progress += line + "\n";
        for (const bool japanese : {false, true}) {
            CELLMON_TRY(folder_.write_file(
                japanese ? "index.ja.html" : "index.html",
                person_page(email_, now_, summary_, newest_, live_text_, progress, japanese)));
        }
        return {};
    }

    [[nodiscard]] const PersonSummary& summary() const { return summary_; }

  private:
    void add_progress(std::string line) { progress_lines_.push_back(std::move(line)); }

    bool is_of_person(const journal::Entry& entry) {
        if (entry.redacted || entry.removed) return false;
        if (entry.header.kind == journal::EntryKind::event) {
            const auto event = reader_.read(entry.payload);
            if (!event || person_key((*event)->email_address) != person_) return false;
            newest_.add(**event);
            return true;
        }
        simdjson::dom::element document;
        if (parser_.parse(entry.payload.data(), entry.payload.size()).get(document) !=
            simdjson::SUCCESS) {
            return false;
        }
        for (const std::string_view name : {"emailAddress", "email"}) {
            std::string_view address;
            if (document[name].get(address) == simdjson::SUCCESS &&
                person_key(address) == person_) {
                return true;
            }
        }
        return false;
    }

    const std::string email_;
    const std::string person_;
    const PersonSources& sources_;
    io::FileSystem& files_;
    const OutputFolder& folder_;
    const TimeUs now_;
    event::EventReader reader_;
    simdjson::dom::parser parser_;
    std::string line_;
    live::ClassState live_;
    progress::ProgressState progress_;
    PersonEvents newest_;
    std::string live_text_;
    std::vector<std::string> progress_lines_;
    PersonSummary summary_;
};

}  // namespace

Result<PersonSummary> export_person(std::string_view email, const PersonSources& sources,
                                    const std::string& folder, io::FileSystem& files,
                                    const Clock& clock,
                                    const std::function<void(std::uint64_t)>& progress) {
    CELLMON_TRY_ASSIGN(OutputFolder made, OutputFolder::create(files, folder));
    PersonExporter exporter(email, sources, files, made, clock);
    CELLMON_TRY(exporter.read_journal(progress));
    if (sources.classroom != nullptr) {
        CELLMON_TRY(
            exporter.read_tables(*sources.classroom, "", classroom_person_tables(), "classroom-"));
    }
    if (sources.relational != nullptr) {
        CELLMON_TRY(exporter.read_tables(*sources.relational, sources.relational_schema,
                                         relational_person_tables(), "rows-"));
    }
    if (exporter.summary().rows == 0) {
        return fail(ErrorCode::not_found,
                    fmt::format("nothing is stored of {}; look at how the address is written, and "
                                "where the data are",
                                email));
    }
    CELLMON_TRY(exporter.write_states());
    CELLMON_TRY(exporter.write_pages());
    CELLMON_TRY(made.finish());
    return exporter.summary();
}

}  // namespace cellmon::exporting
