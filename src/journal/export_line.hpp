#pragma once

#include <string>

#include "journal/reader.hpp"

namespace cellmon::journal {

/// Appends the entry as one line of JSON, ended by `\n`: the payload's object with `sequence`,
/// `receivedTime` and `kind` (`event`, `quarantine`, `server` or a number) in front. A payload that
/// is no object stands under `payload`; a blanked one is marked `"redacted":true`,
/// one that was removed because of its age or size `"removed":true`, with
/// its `id`.
void append_export_line(std::string& into, const Entry& entry);

}  // namespace cellmon::journal
