// The checkpoint of ProgressService: "CMONPRG1", cursor, state, and a CRC-32C of everything before
// it. It is a cache of the fold: whatever is wrong with it, the journal is folded from its
// beginning.
#include "base/checked_bytes.hpp"
#include "progress/progress_service.hpp"

namespace cellmon::progress {
namespace {

constexpr std::string_view kMagic = "CMONPRG1";
constexpr std::uint64_t kMaxCheckpointBytes = std::uint64_t{1} << 32U;

}  // namespace

Result<void> ProgressService::load(const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text,
                       io::read_file(dependencies_.files, path, kMaxCheckpointBytes));
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, text));
    cursor_.journal_id.bytes = in.bytes<sizeof(cursor_.journal_id.bytes)>();
    cursor_.epoch = in.get<std::uint64_t>();
    cursor_.sequence = in.get<std::uint64_t>();
    cursor_.chain = in.get<std::uint64_t>();
    CELLMON_TRY(state_.read(in));
    if (!in.at_end()) return fail(ErrorCode::corrupt, "the checkpoint ends too late");
    return source_->seek(cursor_);
}

Result<void> ProgressService::restore(const std::string& path) {
    if (const auto loaded = load(path); !loaded) {
        if (loaded.error().code != ErrorCode::not_found) {
            dependencies_.log.warn("the progress is folded anew: {}", loaded.error().message);
        }
        state_ = ProgressState();
        cursor_ = source_->beginning();
        CELLMON_TRY(source_->seek(cursor_));
    }
    return {};
}

Result<void> ProgressService::checkpoint(io::FileSystem& files, const std::string& path) {
    ByteWriter out;
    {
        const std::lock_guard lock(state_mutex_);
        out.put(cursor_.journal_id.bytes);
        out.put(cursor_.epoch);
        out.put(cursor_.sequence);
        out.put(cursor_.chain);
        state_.write(out);
    }
    return io::replace_file(files, path, checked_bytes(kMagic, out.take()));
}

}  // namespace cellmon::progress
