#include "sinks/sqlite/store.hpp"

#include <utility>

namespace cellmon::sqlite {
namespace {

class FileRebuildLock final : public relational::RebuildLock {
  public:
    explicit FileRebuildLock(std::unique_ptr<io::FileLock> lock) : lock_(std::move(lock)) {}

  private:
    std::unique_ptr<io::FileLock> lock_;
};

class SqliteStore final : public relational::Store {
  public:
    SqliteStore(io::FileSystem& files, std::string path, const ConnectionOptions& options)
        : files_(files), path_(std::move(path)), options_(options) {}

    [[nodiscard]] std::string name() const override { return path_; }
    [[nodiscard]] std::string remedy() const override {
        return "move " + path_ + " away, and a new one is made from this journal at the next start";
    }
    Result<bool> exists() override {
        CELLMON_TRY_ASSIGN(const bool file, files_.exists(path_));
        if (!file) return false;
        // Between the making of the file and that of its tables somebody may look.
        ConnectionOptions only_look = options_;
        only_look.read_only = true;
        CELLMON_TRY_ASSIGN(const auto database, open_database(path_, only_look));
        CELLMON_TRY_ASSIGN(const auto tables,
                           database->integer("SELECT count(*) FROM sqlite_master WHERE type = "
                                             "'table' AND name = 'projection_state'"));
        return tables == 1;
    }
    Result<std::unique_ptr<relational::Database>> open() override {
        return open_database(path_, options_);
    }
    Result<std::unique_ptr<relational::RebuildLock>> lock_rebuild() override {
        CELLMON_TRY_ASSIGN(auto lock, files_.lock(path_ + ".rebuild"));
        return std::make_unique<FileRebuildLock>(std::move(lock));
    }

  private:
    io::FileSystem& files_;
    const std::string path_;
    const ConnectionOptions options_;
};

}  // namespace

std::unique_ptr<relational::Store> make_store(io::FileSystem& files, std::string path,
                                              const ConnectionOptions& options) {
    return std::make_unique<SqliteStore>(files, std::move(path), options);
}

}  // namespace cellmon::sqlite
