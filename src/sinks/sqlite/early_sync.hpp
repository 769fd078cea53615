#pragma once

#include <cstddef>

#include <sqlite3.h>

namespace cellmon::sqlite {

/// How much of a file may wait to be synced, in bytes.
struct EarlySyncLimits {
    std::size_t database = 256U << 10;  ///< Scattered pages, while the log is written back.
    std::size_t log = 1U << 20;         ///< One run of bytes.
};

/// Makes `vfs` a file system of SQLite over `below` that syncs while it writes, as soon as
/// `limits` are reached. SQLite by itself syncs once, when it writes its log back: then tens of
/// MiB go to the disk at a time, and a sync of the journal waits behind them. What SQLite relies on
/// does not change: it syncs as before, and finds little left to do. An early sync that fails is an
/// error of the write. `below` must outlive it; of its methods all but xOpen are used as they are,
/// which suits SQLite's own.
struct EarlySync : sqlite3_vfs {
    EarlySync(sqlite3_vfs& below, const EarlySyncLimits& limits, const char* name);
    EarlySync(const EarlySync&) = delete;
    EarlySync& operator=(const EarlySync&) = delete;
    ~EarlySync() = default;

    sqlite3_vfs& below;
    const EarlySyncLimits limits;
};

/// The name of one over SQLite's default, registered by the first call. Any thread.
const char* early_sync_vfs();

}  // namespace cellmon::sqlite
