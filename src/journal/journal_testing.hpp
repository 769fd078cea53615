#pragma once

// What the tests of the journal share. Not part of the library.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "base/crc32c.hpp"
#include "journal/commit_log.hpp"
#include "journal/reader.hpp"

namespace cellmon::journal::testing {

/// A folder of its own that goes away with the object.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "cellmon-journal-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
        path_ = pattern;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// A clock that a test moves, or that moves by one microsecond with each look.
class StepClock final : public Clock {
  public:
    [[nodiscard]] TimeUs now_us() const override { return 1'700'000'000'000'000 + ++steps_; }
    [[nodiscard]] std::int64_t steady_us() const override { return ++steps_; }

  private:
    mutable std::atomic<std::int64_t> steps_{0};
};

/// An event as a test thinks of it.
struct Message {
    std::string id;
    std::string text;
};

inline std::uint64_t content_hash_of(std::string_view text) {
    return XXH64(text.data(), text.size(), 0);
}

/// The views point into `messages`.
inline std::vector<NewEntry> entries_of(const std::vector<Message>& messages) {
    std::vector<NewEntry> entries;
    for (const Message& message : messages) {
        NewEntry entry;
        entry.id = Id128::from_text(message.id);
        entry.content_hash = content_hash_of(message.text);
        entry.received_us = 1'700'000'000'000'000;
        entry.payload = message.text;
        entry.payload_crc = crc32c(message.text);
        entries.push_back(entry);
    }
    return entries;
}

/// Commits the messages as one group; the entries with their outcomes.
inline Result<std::vector<NewEntry>> commit(CommitLog& log, const std::vector<Message>& messages) {
    std::vector<NewEntry> entries = entries_of(messages);
    std::vector<NewEntry*> pointers;
    for (NewEntry& entry : entries)
        pointers.push_back(&entry);
    CELLMON_TRY(log.commit(pointers));
    return entries;
}

/// An entry as it was read, with its payload copied.
struct StoredEntry {
    EntryHeader header;
    std::uint64_t chain = 0;
    bool redacted = false;
    std::string payload;
    bool removed = false;
};

inline std::uint64_t everything() {
    return ~std::uint64_t{0};
}

/// All that `next` gives now.
inline Result<std::vector<StoredEntry>> drain(Reader& reader) {
    std::vector<StoredEntry> entries;
    while (true) {
        CELLMON_TRY_ASSIGN(const auto entry, reader.next());
        if (!entry) return entries;
        entries.push_back({entry->header, entry->chain, entry->redacted,
                           std::string(entry->payload), entry->removed});
    }
}

inline Result<std::vector<StoredEntry>> read_all(io::FileSystem& files,
                                                 const std::string& directory) {
    CELLMON_TRY_ASSIGN(auto reader, Reader::open(files, directory, everything));
    return drain(reader);
}

inline std::string read_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Inverts one bit of the file.
inline void flip_bit(const std::string& path, std::size_t offset, unsigned bit = 0) {
    std::string bytes = read_bytes(path);
    bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ (1U << bit));
    write_bytes(path, bytes);
}

/// Everything a test of one journal folder needs.
struct Bench {
    TemporaryFolder folder;
    std::unique_ptr<io::FileSystem> files = io::make_posix_file_system();
    StepClock clock;
    SeededRandom random{7};
    JournalLimits limits;

    Bench() {
        limits.segment_bytes = 4096;
        limits.disk_reserve_bytes = 0;
        limits.id_memory_entries = 16;
    }

    Result<std::unique_ptr<CommitLog>> open() {
        return CommitLog::open(*files, folder.path(), limits, clock, random);
    }
    /// As if a writer of this journal had called `sequence` durable.
    void call_durable(std::uint64_t sequence, std::uint64_t epoch = 1) {
        auto identity = read_identity(*files, folder.path()).value().value();
        identity.epoch = epoch;
        auto file = DurableFile::open(*files, folder.path(), identity);
        if (!file || !file->write(sequence)) throw std::runtime_error("durable");
    }
    Result<std::vector<StoredEntry>> stored() { return read_all(*files, folder.path()); }
};

}  // namespace cellmon::journal::testing
