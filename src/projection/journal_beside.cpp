#include "projection/journal_beside.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stop_token>
#include <utility>

#include "journal/inspect.hpp"
#include "journal/reader.hpp"
#include "projection/journal_source.hpp"

namespace cellmon::projection {

Result<std::unique_ptr<EntrySource>> journal_beside(io::FileSystem& files,
                                                    const std::string& directory) {
    const auto visible = journal::visible_beside_writer(files, directory);
    CELLMON_TRY_ASSIGN(auto reader, journal::Reader::open(files, directory, visible));
    CELLMON_TRY_ASSIGN(const auto inspection, journal::inspect(files, directory));
    std::uint64_t end = 0;
    for (const auto& segment : inspection.segments)
        end = std::max(end, segment.last_sequence);
    const auto durable = [visible, end] {
        const std::uint64_t now = visible();
        return now == std::numeric_limits<std::uint64_t>::max() ? end : now;
    };
    return std::make_unique<JournalSource>(
        std::move(reader), durable,
        [](std::uint64_t, std::chrono::milliseconds, const std::stop_token&) {});
}

}  // namespace cellmon::projection
