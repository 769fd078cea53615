#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "journal/journal.hpp"

namespace cellmon::delivery {

/// Finds in a stored payload what ingest knew of the entry when it was submitted. One thread each;
/// the views of the result are valid until the next call.
class OriginReader {
  public:
    OriginReader();
    ~OriginReader();

    /// ErrorCode::corrupt when the payload is no JSON object. A redacted entry has an empty payload
    /// and an empty origin.
    Result<journal::Origin> read(journal::EntryKind kind, std::string_view payload);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::delivery
