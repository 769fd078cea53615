#include "journal/durable_file.hpp"

#include <array>

#include <fmt/format.h>

#include "journal/format.hpp"

namespace cellmon::journal {
namespace {

constexpr int kAttempts = 16;  // A writer may be in the middle of its write, once in a group.

std::string path_in(const std::string& directory) {
    return fmt::format("{}/{}", directory, kDurableFile);
}

}  // namespace

Result<std::optional<std::uint64_t>> read_durable(io::FileSystem& files,
                                                  const std::string& directory,
                                                  const Identity& identity) {
    const auto file = files.open(path_in(directory), io::OpenMode::read);
    if (!file) {
        if (file.error().code == ErrorCode::not_found) return std::nullopt;
        return fail(file.error());
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        std::array<std::byte, kDurableMarkBytes> bytes{};
        CELLMON_TRY_ASSIGN(const std::size_t got, (*file)->read_at(0, bytes));
        DurableMark mark;
        if (got < bytes.size() || !decode(bytes, mark)) continue;
        if (mark.journal_id != identity.journal_id || mark.epoch != identity.epoch) break;
        return mark.sequence;
    }
    return std::nullopt;
}

std::string describe_missing(std::uint64_t last_sequence, std::uint64_t durable) {
    const std::uint64_t missing = durable - last_sequence;
    return fmt::format(
        "{} acknowledged {} missing: the journal ends at sequence {}, but sequence {} was durable",
        missing, missing == 1 ? "entry is" : "entries are", last_sequence, durable);
}

Result<DurableFile> DurableFile::open(io::FileSystem& files, const std::string& directory,
                                      const Identity& identity) {
    auto file = files.open(path_in(directory), io::OpenMode::read_write);
    if (!file && file.error().code == ErrorCode::not_found) {
        file = files.open(path_in(directory), io::OpenMode::create);
    }
    if (!file) return fail(file.error());
    return DurableFile(std::move(*file), identity);
}

Result<void> DurableFile::write(std::uint64_t sequence) {
    std::array<std::byte, kDurableMarkBytes> bytes{};
    encode(DurableMark{identity_.journal_id, identity_.epoch, sequence}, bytes);
    return file_->write_at(0, bytes);
}

}  // namespace cellmon::journal
