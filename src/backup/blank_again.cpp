#include "backup/blank_again.hpp"

#include "journal/blanking.hpp"

namespace cellmon::backup {

Result<void> blank_again(io::FileSystem& files, const std::string& directory,
                         const Id128& journal_id, const RedactionRanges& ranges) {
    if (ranges.empty()) return {};
    CELLMON_TRY_ASSIGN(auto redactions, journal::Redactions::read(files, directory));
    // The list first, as readers take a blanked payload for damage until it names it.
    CELLMON_TRY(redactions.add(ranges, files, directory));
    CELLMON_TRY(journal::blank_payloads(files, directory, journal_id));
    return {};
}

}  // namespace cellmon::backup
