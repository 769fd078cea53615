#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backup/digest.hpp"
#include "backup/key.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::backup {

/// Takes bytes in their order.
using ByteSink = std::function<Result<void>(std::span<const std::byte>)>;

/// What a part must be when it is read again.
struct PartSize {
    std::uint64_t stored_bytes = 0;  ///< In the backup: compressed, perhaps encrypted.
    Digest stored{};
    std::uint64_t bytes = 0;  ///< As it was before.
    Digest content{};

    bool operator==(const PartSize&) const = default;
};

/// Writes one part of a backup: what it is given, compressed with zstd and, with a key, encrypted
/// (docs/formats/backup.md). One thread.
class PartWriter {
  public:
    /// Begins at `offset` of the file, which must outlive it. `name` is bound to what is encrypted:
    /// a part under another name cannot be read. `key` may be null.
    static Result<PartWriter> begin(io::File& file, std::uint64_t offset, std::string_view name,
                                    const Key* key);
    ~PartWriter();
    PartWriter(PartWriter&&) noexcept;

    Result<void> write(std::span<const std::byte> bytes);
    Result<void> write(std::string_view text) {
        return write(std::as_bytes(std::span(text.data(), text.size())));
    }

    /// Synced when it returns.
    Result<PartSize> finish();

  private:
    struct State;
    explicit PartWriter(std::unique_ptr<State> state);
    Result<void> pack(std::span<const std::byte> bytes, bool last);
    Result<void> put_frame(bool last);

    std::unique_ptr<State> state_;
};

/// Where a part lies, and what it must be.
struct StoredPart {
    std::string path;
    std::uint64_t offset = 0;
    std::string name;
    PartSize size;
};

/// Reads a whole part; what it held goes to `sink` before all of it is known to be right.
/// ErrorCode::corrupt, naming the file, when anything is not as it was written.
Result<void> read_part(io::FileSystem& files, const StoredPart& part, const Key* key,
                       const ByteSink& sink);

/// Whether the stored bytes are those that were written; needs no key.
Result<void> check_part(io::FileSystem& files, const StoredPart& part);

}  // namespace cellmon::backup
