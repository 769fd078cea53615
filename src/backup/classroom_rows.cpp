#include "backup/classroom_rows.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "classroom/schema.hpp"

namespace cellmon::backup {
namespace {

constexpr std::size_t kRowPieceBytes = 1U << 20U;
constexpr std::string_view kCopySuffix = ".backup.tmp";

/// All that SQLite may leave beside a file.
void remove_database(io::FileSystem& files, const std::string& path) {
    for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"})
        static_cast<void>(files.remove(path + std::string(suffix)));
}

Result<void> check_whole(sql::Connection& connection, const std::string& path) {
    CELLMON_TRY_ASSIGN(const auto rows, connection.run("PRAGMA quick_check"));
    if (rows.front().text(0) == "ok") return {};
    return fail(ErrorCode::corrupt, fmt::format("SQLite finds damage in {}", path));
}

class SqlitePicture final : public ClassroomPicture {
  public:
    SqlitePicture(io::FileSystem& files, std::string copy)
        : files_(files), copy_(std::move(copy)) {}
    ~SqlitePicture() override { remove_database(files_, copy_); }
    SqlitePicture(const SqlitePicture&) = delete;
    SqlitePicture& operator=(const SqlitePicture&) = delete;

    Result<void> take(const ClassroomStore& store) {
        remove_database(files_, copy_);
        {
            CELLMON_TRY_ASSIGN(const auto connection,
                               sql::open_sqlite(store.sqlite_path, store.timeout));
            CELLMON_TRY(connection->run("VACUUM INTO $1", copy_));
        }
        CELLMON_TRY_ASSIGN(const auto connection, sql::open_sqlite(copy_, store.timeout));
        CELLMON_TRY(check_whole(*connection, store.sqlite_path));
        CELLMON_TRY_ASSIGN(const auto rows,
                           connection->run("SELECT max(version) FROM schema_version"));
        version_ = static_cast<std::uint64_t>(rows.front().integer(0));
        return {};
    }

    [[nodiscard]] std::uint64_t schema_version() const override { return version_; }

    Result<void> write(PartWriter& into, Work& work) override {
        CELLMON_TRY_ASSIGN(const auto file, files_.open(copy_, io::OpenMode::read));
        CELLMON_TRY_ASSIGN(const std::uint64_t size, file->size());
        work.total += size;
        std::vector<std::byte> piece(kRowPieceBytes);
        for (std::uint64_t at = 0; at < size;) {
            CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(at, piece));
            if (got == 0) return fail(ErrorCode::io, copy_ + " became shorter while read");
            CELLMON_TRY(into.write(std::span<const std::byte>(piece).first(got)));
            at += got;
            CELLMON_TRY(work.add(got));
        }
        return {};
    }

  private:
    io::FileSystem& files_;
    const std::string copy_;
    std::uint64_t version_ = 0;
};

class SqliteRestore final : public ClassroomRestore {
  public:
    SqliteRestore(io::FileSystem& files, ClassroomStore store)
        : files_(files), store_(std::move(store)) {}

    Result<void> begin() {
        CELLMON_TRY_ASSIGN(file_, files_.open(store_.sqlite_path, io::OpenMode::create));
        // Hashes of passwords lie in it.
        std::error_code error;
        std::filesystem::permissions(
            store_.sqlite_path,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
        if (error) {
            return fail(error_from_errno(error.value(), "protect " + store_.sqlite_path));
        }
        return {};
    }

    Result<void> take(std::span<const std::byte> bytes) override {
        CELLMON_TRY(file_->write_at(at_, bytes));
        at_ += bytes.size();
        return {};
    }

    Result<void> finish() override {
        CELLMON_TRY(file_->sync());
        file_.reset();
        CELLMON_TRY(files_.sync_directory(io::directory_of(store_.sqlite_path)));
        CELLMON_TRY_ASSIGN(const auto connection,
                           sql::open_sqlite(store_.sqlite_path, store_.timeout));
        return check_whole(*connection, store_.sqlite_path);
    }

  private:
    io::FileSystem& files_;
    const ClassroomStore store_;
    std::unique_ptr<io::File> file_;
    std::uint64_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<ClassroomPicture>> take_picture(io::FileSystem& files,
                                                       const ClassroomStore& store) {
    if (store.engine() == sql::Engine::postgres) return take_postgres_picture(store);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(store.sqlite_path));
    if (!present) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} is not there. A server with postgres.url keeps those rows in "
                                "PostgreSQL: name it with --postgres or CELLMON_POSTGRES_URL",
                                store.sqlite_path));
    }
    auto picture =
        std::make_unique<SqlitePicture>(files, store.sqlite_path + std::string(kCopySuffix));
    CELLMON_TRY(picture->take(store));
    return picture;
}

Result<void> check_empty(io::FileSystem& files, const ClassroomStore& store) {
    if (store.engine() == sql::Engine::postgres) return check_postgres_empty(store);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(store.sqlite_path));
    if (!present) return {};
    return fail(ErrorCode::already_exists,
                fmt::format("{} is there already: a restore overwrites nothing. Move it away, or "
                            "restore the journal alone with --only journal",
                            store.sqlite_path));
}

Result<std::unique_ptr<ClassroomRestore>> begin_restore(io::FileSystem& files,
                                                        const ClassroomStore& store,
                                                        std::uint64_t schema_version,
                                                        const std::string& mark,
                                                        const Clock& clock) {
    if (schema_version > classroom::schema().size()) {
        return fail(ErrorCode::newer_format,
                    fmt::format("the classroom's rows in the backup have schema version {}, this "
                                "program knows {}: restore with the program that made the backup, "
                                "or a newer one",
                                schema_version, classroom::schema().size()));
    }
    if (store.engine() == sql::Engine::postgres) {
        return begin_postgres_restore(store, schema_version, mark, clock);
    }
    auto restore = std::make_unique<SqliteRestore>(files, store);
    CELLMON_TRY(restore->begin());
    return restore;
}

}  // namespace cellmon::backup
