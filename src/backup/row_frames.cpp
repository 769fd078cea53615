#include "backup/row_frames.hpp"

#include "base/byte_codec.hpp"

namespace cellmon::backup {
namespace {

/// The longest is a row of COPY: a value of 1 GB at most, which is PostgreSQL's own limit.
constexpr std::uint32_t kMostFrameText = 1U << 30U;

}  // namespace

std::string bytes_of(const RowFrame& frame) {
    ByteWriter out;
    out.put(static_cast<std::uint8_t>(frame.kind));
    out.put(std::string_view(frame.first));
    out.put(std::string_view(frame.second));
    out.put(std::string_view(frame.third));
    return out.take();
}

void FrameReader::add(std::span<const std::byte> bytes) {
    bytes_.erase(0, at_);
    at_ = 0;
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<bool> FrameReader::next(RowFrame& frame) {
    std::string_view rest = std::string_view(bytes_).substr(at_);
    if (!begun_) {
        if (rest.size() < kTablesMagic.size()) return false;
        if (!rest.starts_with(kTablesMagic)) {
            return fail(ErrorCode::corrupt, "the classroom's rows are not those of PostgreSQL");
        }
        begun_ = true;
        at_ += kTablesMagic.size();
        rest.remove_prefix(kTablesMagic.size());
    }
    const std::size_t before = rest.size();
    const auto text = [&](std::string& into) -> Result<bool> {
        if (rest.size() < sizeof(std::uint32_t)) return false;
        const auto size = ByteReader(rest).get<std::uint32_t>();
        if (size > kMostFrameText) {
            return fail(ErrorCode::corrupt, "the classroom's rows hold a text that is too long");
        }
        if (rest.size() - sizeof size < size) return false;
        into = rest.substr(sizeof size, size);
        rest.remove_prefix(sizeof size + size);
        return true;
    };
    if (rest.empty() || ended_) return false;
    const auto kind = static_cast<std::uint8_t>(rest.front());
    if (kind > static_cast<std::uint8_t>(FrameKind::counter)) {
        return fail(ErrorCode::corrupt, "the classroom's rows hold what is no frame");
    }
    rest.remove_prefix(1);
    frame.kind = static_cast<FrameKind>(kind);
    for (std::string* part : {&frame.first, &frame.second, &frame.third}) {
        CELLMON_TRY_ASSIGN(const bool whole, text(*part));
        if (!whole) return false;
    }
    at_ += before - rest.size();
    ended_ = frame.kind == FrameKind::end;
    return true;
}

}  // namespace cellmon::backup
