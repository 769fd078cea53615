// The checkpoint of ProgressService: "CMONPRG1", cursor, state, and a CRC-32C of everything before
// it. It is a cache of the fold: whatever is wrong with it, the journal is folded from its
// beginning.
#include "progress/progress_checkpoint.hpp"

#include "base/checked_bytes.hpp"
#include "journal/cursor_codec.hpp"
#include "progress/progress_service.hpp"

namespace cellmon::progress {
namespace {

constexpr std::string_view kMagic = "CMONPRG1";
constexpr std::uint64_t kMaxCheckpointBytes = std::uint64_t{1} << 32U;

Result<journal::Cursor> read_all(ByteReader& in, ProgressState& state) {
    const journal::Cursor cursor = journal::get_cursor(in);
    CELLMON_TRY(state.read(in));
    if (!in.at_end()) return fail(ErrorCode::corrupt, "the checkpoint ends too late");
    return cursor;
}

std::string write_all(const journal::Cursor& cursor, const ProgressState& state) {
    ByteWriter out;
    journal::put_cursor(out, cursor);
    state.write(out);
    return out.take();
}

}  // namespace

Result<std::string> without_student(std::string_view checkpoint, std::string_view email) {
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, checkpoint));
    ProgressState state;
    CELLMON_TRY_ASSIGN(const journal::Cursor cursor, read_all(in, state));
    state.forget(email);
    return checked_bytes(kMagic, write_all(cursor, state));
}

Result<void> ProgressService::load(const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text,
                       io::read_file(dependencies_.files, path, kMaxCheckpointBytes));
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, text));
    CELLMON_TRY_ASSIGN(cursor_, read_all(in, state_));
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
    std::string content;
    {
        const std::lock_guard lock(state_mutex_);
        content = write_all(cursor_, state_);
    }
    return io::replace_file(files, path, checked_bytes(kMagic, content));
}

}  // namespace cellmon::progress
