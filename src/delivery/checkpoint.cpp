#include <limits>

#include <fmt/format.h>

#include "base/byte_codec.hpp"
#include "base/crc32c.hpp"
#include "delivery/delivery.hpp"
#include "delivery/origin_reader.hpp"
#include "journal/cursor_codec.hpp"

// The checkpoint: "CMONDLV1", cursor, students, streams, and a CRC-32C of everything before it. It
// is a cache of the journal's fold: whatever is wrong with it, the journal is folded from its
// beginning instead.

namespace cellmon::delivery {
namespace {

constexpr std::string_view kMagic = "CMONDLV1";
constexpr std::uint64_t kMaxCheckpointBytes = std::uint64_t{1} << 30U;

void put(ByteWriter& out, const NumberRanges& numbers) {
    out.put(static_cast<std::uint8_t>(numbers.full()));
    out.put(static_cast<std::uint64_t>(numbers.ranges().size()));
    for (const NumberRanges::Range& range : numbers.ranges()) {
        out.put(range.first);
        out.put(range.last);
        out.put(range.since_us);
    }
}

NumberRanges get_numbers(ByteReader& in) {
    const bool full = in.get<std::uint8_t>() != 0;
    std::vector<NumberRanges::Range> ranges(in.count(3 * sizeof(std::uint64_t)));
    for (NumberRanges::Range& range : ranges) {
        range.first = in.get<std::uint64_t>();
        range.last = in.get<std::uint64_t>();
        range.since_us = in.get<TimeUs>();
    }
    return NumberRanges::restore(std::move(ranges), full);
}

}  // namespace

std::string Delivery::serialise() const {
    ByteWriter out;
    journal::put_cursor(out, cursor_);
    out.put(static_cast<std::uint64_t>(students_.size()));
    for (const Student& student : students_) {
        out.put(std::string_view(student.email));
        out.put(std::string_view(student.class_code));
        out.put(student.received);
        out.put(student.refused);
        out.put(student.abandoned);
        out.put(student.duplicates);
        out.put(student.last_seen_us);
        out.put(student.offset_count);
        for (const std::int64_t offset : student.offsets_us)
            out.put(offset);
    }
    out.put(static_cast<std::uint64_t>(streams_.size()));
    for (const auto& [id, stream] : streams_) {
        out.put(std::string_view(id));
        out.put(stream.student);
        out.put(static_cast<std::uint8_t>(stream.cloned));
        put(out, stream.numbers);
    }
    return out.take();
}

Result<void> Delivery::deserialise(std::string_view bytes, const std::string& path) {
    ByteReader in(bytes);
    cursor_ = journal::get_cursor(in);
    students_.resize(in.count(1));
    for (std::size_t i = 0; i < students_.size(); ++i) {
        Student& student = students_[i];
        student.email = in.text();
        student.class_code = in.text();
        student.received = in.get<std::uint64_t>();
        student.refused = in.get<std::uint64_t>();
        student.abandoned = in.get<std::uint64_t>();
        student.duplicates = in.get<std::uint64_t>();
        student.last_seen_us = in.get<TimeUs>();
        student.offset_count = in.get<std::uint64_t>();
        for (std::int64_t& offset : student.offsets_us)
            offset = in.get<std::int64_t>();
        student_by_email_.emplace(student.email, static_cast<std::uint32_t>(i));
    }
    const std::uint64_t streams = in.count(1);
    for (std::uint64_t i = 0; i < streams && in.ok(); ++i) {
        std::string id = in.text();
        Stream stream;
        stream.student = in.get<std::uint32_t>();
        stream.cloned = in.get<std::uint8_t>() != 0;
        stream.numbers = get_numbers(in);
        if (stream.student >= students_.size()) {
            return fail(ErrorCode::corrupt, fmt::format("{} names an unknown student", path));
        }
        streams_.emplace(std::move(id), std::move(stream));
    }
    if (!in.ok() || !in.at_end()) {
        return fail(ErrorCode::corrupt, fmt::format("{} ends too early or too late", path));
    }
    return {};
}

Result<void> Delivery::load(io::FileSystem& files, const std::string& path) {
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path, kMaxCheckpointBytes));
    const std::string_view all(text);
    if (all.size() < kMagic.size() + sizeof(std::uint32_t) || !all.starts_with(kMagic)) {
        return fail(ErrorCode::corrupt, fmt::format("{} is no checkpoint", path));
    }
    const std::string_view covered = all.substr(0, all.size() - sizeof(std::uint32_t));
    if (ByteReader(all.substr(covered.size())).get<std::uint32_t>() != crc32c(covered)) {
        return fail(ErrorCode::corrupt, fmt::format("{} does not match its checksum", path));
    }
    return deserialise(covered.substr(kMagic.size()), path);
}

Result<std::uint64_t> Delivery::restore(io::FileSystem& files, const std::string& checkpoint_path,
                                        journal::Reader& reader) {
    const std::lock_guard lock(mutex_);
    const auto load_and_seek = [&]() -> Result<void> {
        CELLMON_TRY(load(files, checkpoint_path));
        return reader.seek(cursor_);
    };
    if (const auto loaded = load_and_seek(); !loaded) {
        students_.clear();
        student_by_email_.clear();
        streams_.clear();
        cursor_ = {reader.journal_id(), reader.epoch(), 0, 0};
        CELLMON_TRY(reader.seek(cursor_));
    }
    OriginReader origins;
    std::uint64_t uncounted = 0;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto entry, reader.next());
        if (!entry) break;
        if (entry->removed) ++uncounted;
        if (entry->redacted || entry->removed) continue;
        CELLMON_TRY_ASSIGN(const journal::Origin origin,
                           origins.read(entry->header.kind, entry->payload));
        fold(entry->header, origin);
    }
    cursor_ = reader.cursor();
    return uncounted;
}

Result<void> Delivery::forget(io::FileSystem& files, const std::string& checkpoint_path,
                              std::string_view email, const Clock& clock) {
    CELLMON_TRY_ASSIGN(const bool exists, files.exists(checkpoint_path));
    if (!exists) return {};
    Delivery delivery(DeliveryLimits{}, clock);
    CELLMON_TRY(delivery.load(files, checkpoint_path));
    delivery.forget_student(email);
    return delivery.checkpoint(files, checkpoint_path);
}

Result<void> Delivery::checkpoint(io::FileSystem& files, const std::string& checkpoint_path) {
    std::string bytes(kMagic);
    {
        const std::lock_guard lock(mutex_);
        bytes += serialise();
    }
    ByteWriter crc;
    crc.put(crc32c(bytes));
    bytes += crc.take();
    return io::replace_file(files, checkpoint_path, bytes);
}

}  // namespace cellmon::delivery
