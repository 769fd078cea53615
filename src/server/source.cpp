#include "server/source.hpp"

#include "projection/journal_source.hpp"

namespace cellmon::server {

Result<std::unique_ptr<projection::EntrySource>> open_source(const journal::Journal& journal,
                                                             io::FileSystem& files) {
    CELLMON_TRY_ASSIGN(
        auto reader, journal::Reader::open(files, journal.directory(), journal.visible_through()));
    const auto wait = [&journal](std::uint64_t sequence, std::chrono::milliseconds timeout,
                                 const std::stop_token& stop) {
        journal.wait_beyond(sequence, timeout, stop);
    };
    return std::make_unique<projection::JournalSource>(std::move(reader), journal.visible_through(),
                                                       wait);
}

}  // namespace cellmon::server
