#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "backup/part.hpp"
#include "backup/progress.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"
#include "sql/connection.hpp"

namespace cellmon::backup {

/// Where the classroom's rows are.
struct ClassroomStore {
    std::string sqlite_path;                    ///< Used while `postgres_url` is empty.
    std::string postgres_url;                   ///< Holds a password: for no message and no log.
    std::chrono::milliseconds timeout{60'000};  ///< For each answer of PostgreSQL.
    std::shared_ptr<const std::atomic<bool>> interrupted;  ///< Ends the waits for PostgreSQL.

    [[nodiscard]] sql::Engine engine() const {
        return postgres_url.empty() ? sql::Engine::sqlite : sql::Engine::postgres;
    }
};

/// All rows of the classroom as they were at one moment, while others go on writing.
class ClassroomPicture {
  public:
    virtual ~ClassroomPicture() = default;

    [[nodiscard]] virtual std::uint64_t schema_version() const = 0;

    /// Once.
    virtual Result<void> write(PartWriter& into, Work& work) = 0;
};

/// The moment is over when it returns. Of SQLite a copy is made beside the file meanwhile, and is
/// gone with the object. ErrorCode::not_found when there are no such rows.
Result<std::unique_ptr<ClassroomPicture>> take_picture(io::FileSystem& files,
                                                       const ClassroomStore& store);

/// Puts the rows of a picture into a place that has none.
class ClassroomRestore {
  public:
    virtual ~ClassroomRestore() = default;

    /// What was written by ClassroomPicture::write, piece by piece.
    virtual Result<void> take(std::span<const std::byte> bytes) = 0;

    /// Nothing of it counts before this. Durable when it returns.
    virtual Result<void> finish() = 0;
};

/// `mark` is left in the database with the rows: was_restored() finds it. ErrorCode::already_exists
/// when there are rows, newer_format when this program does not know the schema.
Result<std::unique_ptr<ClassroomRestore>> begin_restore(io::FileSystem& files,
                                                        const ClassroomStore& store,
                                                        std::uint64_t schema_version,
                                                        const std::string& mark,
                                                        const Clock& clock);

/// ErrorCode::already_exists when there are rows where some are to be restored.
Result<void> check_empty(io::FileSystem& files, const ClassroomStore& store);

/// Whether a restore with this mark was finished in the database. Always false of SQLite, whose
/// file is made anew.
Result<bool> was_restored(const ClassroomStore& store, const std::string& mark);

// Of PostgreSQL; the ones above choose.
Result<std::unique_ptr<ClassroomPicture>> take_postgres_picture(const ClassroomStore& store);
Result<std::unique_ptr<ClassroomRestore>> begin_postgres_restore(const ClassroomStore& store,
                                                                 std::uint64_t schema_version,
                                                                 const std::string& mark,
                                                                 const Clock& clock);
Result<void> check_postgres_empty(const ClassroomStore& store);

}  // namespace cellmon::backup
