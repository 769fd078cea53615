#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/identity.hpp"

namespace cellmon::journal {

/// The last sequence that a writer of this journal and epoch made durable, as its `durable` file
/// tells. It was written behind the sync of that sequence and before its acknowledgement, but not
/// synced itself: after a crash it may be old, torn or missing (nullopt), never ahead.
Result<std::optional<std::uint64_t>> read_durable(io::FileSystem& files,
                                                  const std::string& directory,
                                                  const Identity& identity);

/// One sentence on `durable` naming a sequence behind the journal's last one.
[[nodiscard]] std::string describe_missing(std::uint64_t last_sequence, std::uint64_t durable);

/// Writes it. In place, so that no crash takes away what it said before.
class DurableFile {
  public:
    static Result<DurableFile> open(io::FileSystem& files, const std::string& directory,
                                    const Identity& identity);

    /// Everything through `sequence` must have been synced. Visible to other processes when it
    /// returns.
    Result<void> write(std::uint64_t sequence);

  private:
    DurableFile(std::unique_ptr<io::File> file, const Identity& identity)
        : file_(std::move(file)), identity_(identity) {}

    std::unique_ptr<io::File> file_;
    Identity identity_;
};

}  // namespace cellmon::journal
