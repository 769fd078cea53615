#include "erasure/journal_scan.hpp"

#include "audit/day.hpp"
#include "base/mention.hpp"
#include "delivery/origin_reader.hpp"
#include "event/event_reader.hpp"
#include "event/text.hpp"

namespace cellmon::erasure {
namespace {

class JournalScan {
  public:
    explicit JournalScan(std::string_view email) : address_(small_letters(email)) {
        // As it stands in a payload: between quotes, with what JSON escapes.
        event::append_json_string(escaped_, address_);
        escaped_ = escaped_.substr(1, escaped_.size() - 2);
    }

    Found take() { return std::move(found_); }

    void add(const journal::Entry& entry) {
        const std::uint64_t sequence = entry.header.sequence;
        found_.through = sequence;
        switch (whose(entry)) {
            case Whose::nobody:
                return;
            case Whose::mention:
                if (found_.mentioned_at.size() < kMostMentions) {
                    found_.mentioned_at.push_back(sequence);
                }
                ++found_.mentions;
                return;
            case Whose::theirs:
                break;
        }
        ++found_.payloads;
        if (!found_.ranges.empty() && found_.ranges.back().second + 1 == sequence) {
            ++found_.ranges.back().second;
        } else {
            found_.ranges.emplace_back(sequence, sequence);
        }
        found_.days.insert(audit::day_of(entry.header.received_us));
        if (entry.header.kind != journal::EntryKind::event) return;
        if (const auto event = events_.read(entry.payload)) {
            found_.days.insert(audit::day_of((*event)->event_time_us));
        }
    }

  private:
    Whose whose(const journal::Entry& entry) {
        if (entry.redacted || entry.removed) return Whose::nobody;
        // A refused item is what a client wrote, in which a letter may be written as an escape.
        const bool is_raw = entry.header.kind == journal::EntryKind::quarantine;
        const bool is_there = mentions(entry.payload, escaped_);
        if (!is_there && !is_raw) {
            note_longer(entry);
            return Whose::nobody;
        }
        const auto origin = origins_.read(entry.header.kind, entry.payload);
        if (origin && small_letters(origin->email) == address_) return Whose::theirs;
        if (!is_there) return Whose::nobody;
        return entry.header.kind == journal::EntryKind::event && origin ? Whose::mention
                                                                        : Whose::theirs;
    }

    void note_longer(const journal::Entry& entry) {
        if (find_letters(entry.payload, escaped_) == std::string_view::npos) return;
        const auto origin = origins_.read(entry.header.kind, entry.payload);
        if (origin && find_letters(origin->email, address_) != std::string_view::npos) {
            found_.longer.insert(small_letters(origin->email));
        }
    }

    const std::string address_;
    std::string escaped_;
    delivery::OriginReader origins_;
    event::EventReader events_;
    Found found_;
};

}  // namespace

Result<Found> find_in_journal(io::FileSystem& files, const std::string& directory,
                              const journal::VisibleThrough& visible, std::string_view email,
                              const ScanProgress& progress) {
    auto reader = journal::Reader::open(files, directory, visible);
    if (!reader && reader.error().code == ErrorCode::not_found) return Found{};
    if (!reader) return fail(reader.error());
    CELLMON_TRY(reader->seek_sequence(1));
    JournalScan scan(email);
    while (true) {
        CELLMON_TRY_ASSIGN(const auto entry, reader->next());
        if (!entry) return scan.take();
        scan.add(*entry);
        if (progress) progress(entry->header.sequence);
    }
}

}  // namespace cellmon::erasure
