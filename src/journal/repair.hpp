#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "journal/verify.hpp"

namespace cellmon::journal {

/// Makes a damaged journal usable again by cutting it at the first damage. Holds the writer's lock
/// from open() on, so that what was shown is what is cut.
///
/// A crash in the middle leaves a journal that is damaged at the same place and can be repaired
/// again.
class Repair {
  public:
    /// ErrorCode::locked while a server runs on the folder.
    static Result<Repair> open(io::FileSystem& files, std::string directory,
                               const VerifyProgress& progress);

    [[nodiscard]] const Identity& identity() const { return identity_; }
    [[nodiscard]] const Verification& verification() const { return verification_; }
    [[nodiscard]] bool needed() const { return verification_.damage.has_value(); }

    /// What apply() takes out of the journal although it can still be read. Empty when only a
    /// footer has to be written again.
    [[nodiscard]] const Behind& behind() const { return behind_; }

    struct Applied {
        std::string kept_in;  ///< The folder that holds every file as it was.
        Identity identity;    ///< With the raised epoch.
    };

    /// Keeps the files concerned under `damaged-<time>/`, raises the epoch when records go, cuts.
    /// Durable when it returns. Only when needed().
    Result<Applied> apply(TimeUs now);

  private:
    Repair(io::FileSystem& files, std::string directory)
        : files_(files), directory_(std::move(directory)) {}

    Result<std::string> make_folder(TimeUs now);
    Result<void> keep_copy(std::uint64_t segment, const std::string& folder);
    Result<void> move_away(std::uint64_t segment, const std::string& folder);
    Result<void> write_footer(const Damage& damage);
    Result<void> cut(const Damage& damage, const std::string& folder);

    io::FileSystem& files_;
    std::string directory_;
    std::unique_ptr<io::FileLock> lock_;
    Identity identity_;
    Redactions redactions_;
    Verification verification_;
    Behind behind_;
};

}  // namespace cellmon::journal
