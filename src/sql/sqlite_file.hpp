#pragma once

#include <string>

namespace cellmon::sql {

/// Makes an empty file at `path` that its owner alone reads, unless one is there: SQLite would make
/// it for everybody, and gives its other files the same permissions. A failure is that of opening
/// it.
void make_private_sqlite_file(const std::string& path);

}  // namespace cellmon::sql
