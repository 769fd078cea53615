#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/faulty_disk.hpp"
#include "io/file_system.hpp"

namespace cellmon::io {

/// A file system in memory that fails like a real one: for tests only. Everything follows from the
/// seed and the order of the calls. It can do what POSIX allows a disk to do, also what a good one
/// never does.
///
/// Safe for use by any thread; with several threads a run is no longer repeatable.
class FaultyFileSystem final : public FileSystem {
  public:
    explicit FaultyFileSystem(std::uint64_t seed);
    ~FaultyFileSystem() override;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> make_directories(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
    Result<bool> is_locked(const std::string& path) override;

    /// From now on each operation that can fail like this does so with this probability.
    void set_rate(Fault fault, double probability);
    void set_all_rates(double probability);

    /// The `nth` operation from now that can fail like this does (1: the next one), and then no
    /// more.
    void fail_nth(Fault fault, std::uint64_t nth);

    /// The `nth` changing operation from now is cut off in the middle, and every call behind it
    /// fails until restart().
    void stop_at(std::uint64_t nth);

    /// Whether stop_at has struck.
    [[nodiscard]] bool stopped() const;

    enum class Restart {
        process,  ///< The page cache stays (kill -9).
        machine,  ///< Unsynced state survives in parts or not at all.
    };
    /// Ends all open files and locks; what was open before must not be used any more but to be
    /// destroyed.
    void restart(Restart how);

    /// Takes the place of chance in restart(Restart::machine).
    void set_fates(Fates fates);

    void set_free_bytes(std::uint64_t bytes);

    /// Called before each sync of a file without any lock held, so that a test can hold a writer
    /// there.
    void set_before_sync(std::function<void(const std::string& path)> hook);

    [[nodiscard]] const FaultHits& hits() const;

    /// Changing operations so far.
    [[nodiscard]] std::uint64_t operations() const;

    struct State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace cellmon::io
