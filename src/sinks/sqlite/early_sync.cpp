#include "sinks/sqlite/early_sync.hpp"

#include <memory>
#include <new>

namespace cellmon::sqlite {
namespace {

/// A file of ours; the one below lies behind it.
struct File : sqlite3_file {
    std::size_t limit;        ///< Bytes that may wait; 0: any number.
    std::size_t waiting = 0;  ///< Bytes written since the last sync.
};

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(static_cast<File*>(file) + 1);
}

sqlite3_vfs* below(sqlite3_vfs* vfs) {
    return &static_cast<EarlySync*>(vfs)->below;
}

template <auto kMethod, typename... Arguments>
int pass_file(sqlite3_file* file, Arguments... arguments) {
    return (below(file)->pMethods->*kMethod)(below(file), arguments...);
}

void pass_barrier(sqlite3_file* file) {
    below(file)->pMethods->xShmBarrier(below(file));
}

int sync(sqlite3_file* file, int flags) {
    static_cast<File*>(file)->waiting = 0;
    return below(file)->pMethods->xSync(below(file), flags);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    const int code = below(file)->pMethods->xWrite(below(file), bytes, size, at);
    File& ours = *static_cast<File*>(file);
    if (code != SQLITE_OK || ours.limit == 0) return code;
    ours.waiting += static_cast<std::size_t>(size);
    return ours.waiting < ours.limit ? code : sync(file, SQLITE_SYNC_NORMAL);
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 3,
    .xClose = pass_file<&sqlite3_io_methods::xClose>,
    .xRead = pass_file<&sqlite3_io_methods::xRead>,
    .xWrite = write,
    .xTruncate = pass_file<&sqlite3_io_methods::xTruncate>,
    .xSync = sync,
    .xFileSize = pass_file<&sqlite3_io_methods::xFileSize>,
    .xLock = pass_file<&sqlite3_io_methods::xLock>,
    .xUnlock = pass_file<&sqlite3_io_methods::xUnlock>,
    .xCheckReservedLock = pass_file<&sqlite3_io_methods::xCheckReservedLock>,
    .xFileControl = pass_file<&sqlite3_io_methods::xFileControl>,
    .xSectorSize = pass_file<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = pass_file<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = pass_file<&sqlite3_io_methods::xShmMap>,
    .xShmLock = pass_file<&sqlite3_io_methods::xShmLock>,
    .xShmBarrier = pass_barrier,
    .xShmUnmap = pass_file<&sqlite3_io_methods::xShmUnmap>,
    .xFetch = pass_file<&sqlite3_io_methods::xFetch>,
    .xUnfetch = pass_file<&sqlite3_io_methods::xUnfetch>,
};

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* place, int flags, int* opened) {
    const EarlySyncLimits& limits = static_cast<EarlySync*>(vfs)->limits;
    File& file = *new (place) File{};
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) file.limit = limits.database;
    if ((flags & SQLITE_OPEN_WAL) != 0) file.limit = limits.log;
    below(&file)->pMethods = nullptr;
    const int code = below(vfs)->xOpen(below(vfs), name, below(&file), flags, opened);
    // SQLite closes a file that has methods, opened or not.
    file.pMethods = below(&file)->pMethods == nullptr ? nullptr : &kMethods;
    return code;
}

}  // namespace

EarlySync::EarlySync(sqlite3_vfs& under, const EarlySyncLimits& most, const char* name)
    : sqlite3_vfs(under), below(under), limits(most) {
    static_assert(alignof(File) <= 8 && sizeof(File) % 8 == 0, "the file below lies behind ours");
    szOsFile = static_cast<int>(sizeof(File)) + under.szOsFile;
    pNext = nullptr;
    zName = name;
    xOpen = open;
}

const char* early_sync_vfs() {
    static EarlySync* const registered = [] {
        // SQLite keeps it until the process ends.
        auto made = std::make_unique<EarlySync>(*sqlite3_vfs_find(nullptr), EarlySyncLimits{},
                                                "cellmon-early-sync");
        return sqlite3_vfs_register(made.get(), 0) == SQLITE_OK ? made.release() : nullptr;
    }();
    return registered == nullptr ? nullptr : registered->zName;
}

}  // namespace cellmon::sqlite
