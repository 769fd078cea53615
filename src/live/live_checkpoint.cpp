// The checkpoint of LiveService: "CMONLIV1", cursor, state, for each student what was last shown,
// and a CRC-32C of everything before it. It is a cache of the journal's fold: whatever is wrong
// with it, the journal is folded from its beginning instead.
#include "live/live_checkpoint.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/checked_bytes.hpp"
#include "journal/cursor_codec.hpp"
#include "live/live_service.hpp"

namespace cellmon::live {
namespace {

constexpr std::string_view kMagic = "CMONLIV1";
constexpr std::uint64_t kMaxCheckpointBytes = std::uint64_t{1} << 32U;

Result<journal::Cursor> read_state(ByteReader& in, ClassState& state) {
    const journal::Cursor cursor = journal::get_cursor(in);
    CELLMON_TRY(state.read(in));
    return cursor;
}

void write_state(ByteWriter& out, const journal::Cursor& cursor, const ClassState& state) {
    journal::put_cursor(out, cursor);
    state.write(out);
}

}  // namespace

Result<journal::Cursor> read_class_state(std::string_view checkpoint, ClassState& state) {
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, checkpoint));
    return read_state(in, state);
}

Result<std::string> without_student(std::string_view checkpoint, std::string_view email) {
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, checkpoint));
    ClassState state;
    CELLMON_TRY_ASSIGN(const journal::Cursor cursor, read_state(in, state));
    std::vector<std::pair<std::uint64_t, std::uint64_t>> shown(state.students().size());
    for (auto& [sequence, hash] : shown) {
        sequence = in.get<std::uint64_t>();
        hash = in.get<std::uint64_t>();
    }
    if (!in.ok() || !in.at_end()) {
        return fail(ErrorCode::corrupt, "the checkpoint ends too early or too late");
    }
    const auto gone = state.forget(email);
    ByteWriter out;
    write_state(out, cursor, state);
    for (std::size_t place = 0; place < shown.size(); ++place) {
        if (std::ranges::find(gone, place) != gone.end()) continue;
        out.put(shown[place].first);
        out.put(shown[place].second);
    }
    return checked_bytes(kMagic, out.take());
}

std::string LiveService::serialise() const {
    ByteWriter out;
    write_state(out, cursor_, state_);
    for (std::size_t place = 0; place < state_.students().size(); ++place) {
        // A picture that is due to change counts as unknown: whoever resumes is sent it again.
        const bool known = place < shown_.size() && shown_[place].picture && !shown_[place].folded;
        const StudentPicture* picture = known ? shown_[place].picture.get() : nullptr;
        out.put(known ? picture->changed_sequence : std::uint64_t{0});
        out.put(known ? picture->fragment_hash() : std::uint64_t{0});
    }
    return out.take();
}

Result<void> LiveService::load(const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text,
                       io::read_file(dependencies_.files, path, kMaxCheckpointBytes));
    CELLMON_TRY_ASSIGN(ByteReader in, open_checked(kMagic, text));
    CELLMON_TRY_ASSIGN(cursor_, read_state(in, state_));
    shown_.resize(state_.students().size());
    for (Shown& shown : shown_) {
        shown.old_sequence = in.get<std::uint64_t>();
        shown.old_hash = in.get<std::uint64_t>();
        // Every picture is made anew, whether or not entries come.
        waiting_.push_back(static_cast<std::uint32_t>(waiting_.size()));
    }
    if (!in.ok() || !in.at_end()) {
        return fail(ErrorCode::corrupt, "the checkpoint ends too early or too late");
    }
    CELLMON_TRY(source_->seek(cursor_));
    return source_->require_kept(cursor_.sequence + 1);
}

Result<void> LiveService::restore(const std::string& path) {
    if (const auto loaded = load(path); !loaded) {
        if (loaded.error().code != ErrorCode::not_found) {
            dependencies_.log.warn("the live state is folded anew: {}", loaded.error().message);
        }
        state_ = ClassState();
        shown_.clear();
        waiting_.clear();
        cursor_ = source_->beginning();
        CELLMON_TRY(seek_first_kept());
    }
    const std::lock_guard lock(picture_mutex_);
    status_.sequence = cursor_.sequence;
    return {};
}

/// The class as it is now needs no old event: it begins with the first whose content is there.
Result<void> LiveService::seek_first_kept() {
    CELLMON_TRY_ASSIGN(const std::uint64_t kept, source_->first_kept());
    if (kept == 1) return source_->seek(cursor_);
    dependencies_.log.error(
        "the live state knows nothing of the events through sequence {}: there is no checkpoint of "
        "it, and their content was removed (retention)",
        kept - 1);
    return source_->seek_sequence(kept);
}

LiveCheckpoint LiveService::make_checkpoint() {
    LiveCheckpoint made;
    {
        const std::lock_guard lock(state_mutex_);
        made.sequence = cursor_.sequence;
        made.bytes = serialise();
    }
    made.bytes = checked_bytes(kMagic, made.bytes);
    return made;
}

Result<void> LiveService::checkpoint(io::FileSystem& files, const std::string& path) {
    return io::replace_file(files, path, make_checkpoint().bytes);
}

}  // namespace cellmon::live
