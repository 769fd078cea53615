#include "io/faulty_file_system.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <set>

#include <fmt/format.h>

namespace cellmon::io {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr std::uint64_t kPlentyBytes = std::uint64_t{1} << 40U;

std::size_t index_of(Fault fault) {
    return static_cast<std::size_t>(fault);
}

Result<void> input_output_error(const std::string& path) {
    return fail(ErrorCode::io, fmt::format("{}: injected input/output error", path));
}

Result<void> no_space_error(const std::string& path) {
    return fail(ErrorCode::no_space, fmt::format("{}: injected lack of space", path));
}

}  // namespace

struct FaultyFileSystem::State {
    explicit State(std::uint64_t seed) : random(seed) { fail_in.fill(kNever); }

    mutable std::mutex mutex;
    std::mt19937_64 random;
    FaultyNames names;
    std::set<std::string> directories;
    std::set<std::string> locks;
    std::uint64_t generation = 1;
    std::array<double, kFaultKinds> rates{};
    std::array<std::uint64_t, kFaultKinds> fail_in{};
    std::uint64_t stop_in = kNever;
    bool stopped = false;
    Fates fates;
    FaultHits hits{};
    std::uint64_t operations = 0;
    std::uint64_t free_bytes = kPlentyBytes;
    std::function<void(const std::string&)> before_sync;

    std::uint32_t below(std::uint32_t options) {
        return static_cast<std::uint32_t>(random() % options);
    }

    bool strikes(Fault fault) {
        auto& left = fail_in[index_of(fault)];
        bool now = left != kNever && --left == 0;
        if (now) left = kNever;
        const double rate = rates[index_of(fault)];
        if (!now && rate > 0) now = static_cast<double>(random() >> 11U) * 0x1.0p-53 < rate;
        if (now) ++hits[index_of(fault)];
        return now;
    }

    /// Chance, with a bent of its own for each loss of power: all kept, all lost, or anything
    /// between.
    Fates random_fates() {
        const std::uint32_t bent = below(4);
        return {[this, bent](std::uint32_t options) {
                    const std::uint32_t drawn = below(options);
                    if (bent == 0 && below(8) != 0) return std::uint32_t{0};
                    if (bent == 1 && below(8) != 0) return std::min<std::uint32_t>(1, options - 1);
                    return drawn;
                },
                4};
    }

    Result<void> check_running() const {
        if (stopped) return fail(ErrorCode::io, "the machine has stopped");
        return {};
    }

    /// Carries out a changing operation, unless the machine stops in the middle of it: then `part`
    /// is done or nothing.
    template <typename Whole, typename Part>
    Result<void> change(Whole whole, Part part) {
        CELLMON_TRY(check_running());
        ++operations;
        if (stop_in != kNever && --stop_in == 0) {
            stop_in = kNever;
            stopped = true;
            if (below(2) == 0) part();
            return check_running();
        }
        return whole();
    }
};

namespace {

using State = FaultyFileSystem::State;

class FaultyLock final : public FileLock {
  public:
    FaultyLock(std::shared_ptr<State> state, std::string path)
        : state_(std::move(state)), path_(std::move(path)), generation_(state_->generation) {}
    FaultyLock(const FaultyLock&) = delete;
    FaultyLock& operator=(const FaultyLock&) = delete;
    ~FaultyLock() override {
        const std::lock_guard lock(state_->mutex);
        if (generation_ == state_->generation) state_->locks.erase(path_);
    }

  private:
    std::shared_ptr<State> state_;
    std::string path_;
    std::uint64_t generation_;
};

class FaultyFile final : public File {
  public:
    FaultyFile(std::shared_ptr<State> state, std::string path, std::shared_ptr<FaultyInode> inode,
               bool writable)
        : state_(std::move(state)),
          path_(std::move(path)),
          inode_(std::move(inode)),
          generation_(state_->generation),
          writable_(writable) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check());
        if (state_->strikes(Fault::failed_read)) CELLMON_TRY(input_output_error(path_));
        return inode_->read(offset, into);
    }

    Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check_writable());
        const auto write_part = [&] {
            inode_->write(offset,
                          bytes.first(state_->below(static_cast<std::uint32_t>(bytes.size()) + 1)));
        };
        return state_->change(
            [&]() -> Result<void> {
                if (state_->strikes(Fault::failed_write)) return input_output_error(path_);
                if (state_->strikes(Fault::short_write)) {
                    write_part();
                    return input_output_error(path_);
                }
                if (state_->strikes(Fault::write_no_space)) {
                    write_part();
                    return no_space_error(path_);
                }
                inode_->write(offset, bytes);
                return {};
            },
            write_part);
    }

    Result<void> sync() override {
        std::function<void(const std::string&)> hook;
        {
            const std::lock_guard lock(state_->mutex);
            hook = state_->before_sync;
        }
        if (hook) hook(path_);
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check_writable());
        return state_->change(
            [&]() -> Result<void> {
                const bool no_space = state_->strikes(Fault::sync_no_space);
                if (no_space || state_->strikes(Fault::failed_sync)) {
                    inode_->fail_sync(state_->random_fates());
                    return no_space ? no_space_error(path_) : input_output_error(path_);
                }
                inode_->sync();
                return {};
            },
            [&] { inode_->sync(); });
    }

    Result<void> allocate(std::uint64_t offset, std::uint64_t size) override {
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check_writable());
        const auto grow = [&](std::uint64_t to) {
            if (to > inode_->size()) inode_->resize(to);
        };
        return state_->change(
            [&]() -> Result<void> {
                if (state_->strikes(Fault::allocate_no_space)) {
                    if (state_->below(2) == 0) grow(offset + size / 2);
                    return no_space_error(path_);
                }
                grow(offset + size);
                return {};
            },
            [&] { grow(offset + size / 2); });
    }

    Result<void> truncate(std::uint64_t size) override {
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check_writable());
        const auto cut = [&] { inode_->resize(size); };
        return state_->change(
            [&]() -> Result<void> {
                if (state_->strikes(Fault::failed_write)) return input_output_error(path_);
                cut();
                return {};
            },
            cut);
    }

    Result<std::uint64_t> size() override {
        const std::lock_guard lock(state_->mutex);
        CELLMON_TRY(check());
        return inode_->size();
    }

  private:
    Result<void> check() const {
        if (generation_ != state_->generation) {
            return fail(ErrorCode::io, path_ + " was opened before the restart");
        }
        return state_->check_running();
    }
    Result<void> check_writable() const {
        CELLMON_TRY(check());
        if (!writable_) return fail(ErrorCode::permission, path_ + " was opened for reading");
        return {};
    }

    std::shared_ptr<State> state_;
    std::string path_;
    std::shared_ptr<FaultyInode> inode_;
    std::uint64_t generation_;
    bool writable_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
FaultyFileSystem::~FaultyFileSystem() = default;

Result<std::unique_ptr<File>> FaultyFileSystem::open(const std::string& path, OpenMode mode) {
    const std::lock_guard lock(state_->mutex);
    CELLMON_TRY(state_->check_running());
    if (state_->strikes(Fault::failed_open)) CELLMON_TRY(input_output_error(path));
    auto inode = state_->names.find(path);
    if (mode == OpenMode::create || mode == OpenMode::create_private) {
        const auto create = [&] {
            if (inode) {
                inode->resize(0);
            } else {
                inode = state_->names.create(path);
            }
        };
        if (!state_->directories.contains(directory_of(path))) {
            return fail(ErrorCode::not_found, path + ": no such directory");
        }
        CELLMON_TRY(state_->change(
            [&]() -> Result<void> {
                create();
                return {};
            },
            create));
    }
    if (!inode) return fail(ErrorCode::not_found, path + " does not exist");
    return std::make_unique<FaultyFile>(state_, path, inode, mode != OpenMode::read);
}

Result<void> FaultyFileSystem::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->names.find(from)) return fail(ErrorCode::not_found, from + " does not exist");
    const auto rename = [&] { state_->names.rename(from, to); };
    return state_->change(
        [&]() -> Result<void> {
            if (state_->strikes(Fault::failed_name_change)) return input_output_error(from);
            rename();
            return {};
        },
        rename);
}

Result<void> FaultyFileSystem::remove(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->names.find(path)) return fail(ErrorCode::not_found, path + " does not exist");
    const auto remove = [&] { state_->names.remove(path); };
    return state_->change(
        [&]() -> Result<void> {
            if (state_->strikes(Fault::failed_name_change)) return input_output_error(path);
            remove();
            return {};
        },
        remove);
}

Result<void> FaultyFileSystem::make_directories(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    CELLMON_TRY(state_->check_running());
    for (std::string part = path; state_->directories.insert(part).second;)
        part = directory_of(part);
    return {};
}

Result<void> FaultyFileSystem::sync_directory(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    const auto sync = [&] { state_->names.sync(path); };
    return state_->change(
        [&]() -> Result<void> {
            if (state_->strikes(Fault::failed_directory_sync)) {
                state_->names.fail_sync(path, state_->random_fates());
                return input_output_error(path);
            }
            sync();
            return {};
        },
        sync);
}

Result<std::vector<std::string>> FaultyFileSystem::list(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    CELLMON_TRY(state_->check_running());
    if (!state_->directories.contains(path)) return fail(ErrorCode::not_found, path);
    if (state_->strikes(Fault::failed_read)) CELLMON_TRY(input_output_error(path));
    std::vector<std::string> names;
    for (const auto& [name, inode] : state_->names.files()) {
        if (directory_of(name) == path) names.push_back(name.substr(path.size() + 1));
    }
    return names;
}

Result<bool> FaultyFileSystem::exists(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    CELLMON_TRY(state_->check_running());
    if (state_->strikes(Fault::failed_read)) CELLMON_TRY(input_output_error(path));
    return state_->names.find(path) != nullptr || state_->directories.contains(path);
}

Result<std::uint64_t> FaultyFileSystem::free_bytes(const std::string&) {
    const std::lock_guard lock(state_->mutex);
    CELLMON_TRY(state_->check_running());
    return state_->free_bytes;
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path) {
    const std::lock_guard guard(state_->mutex);
    CELLMON_TRY(state_->check_running());
    if (!state_->names.find(path)) state_->names.create(path);
    if (!state_->locks.insert(path).second) return fail(ErrorCode::locked, path + " is held");
    return std::make_unique<FaultyLock>(state_, path);
}

Result<bool> FaultyFileSystem::is_locked(const std::string& path) {
    const std::lock_guard guard(state_->mutex);
    CELLMON_TRY(state_->check_running());
    return state_->locks.contains(path);
}

void FaultyFileSystem::set_rate(Fault fault, double probability) {
    const std::lock_guard lock(state_->mutex);
    state_->rates[index_of(fault)] = probability;
}

void FaultyFileSystem::set_all_rates(double probability) {
    const std::lock_guard lock(state_->mutex);
    state_->rates.fill(probability);
}

void FaultyFileSystem::fail_nth(Fault fault, std::uint64_t nth) {
    const std::lock_guard lock(state_->mutex);
    state_->fail_in[index_of(fault)] = nth;
}

void FaultyFileSystem::stop_at(std::uint64_t nth) {
    const std::lock_guard lock(state_->mutex);
    state_->stop_in = nth == 0 ? kNever : nth;
}

bool FaultyFileSystem::stopped() const {
    const std::lock_guard lock(state_->mutex);
    return state_->stopped;
}

void FaultyFileSystem::restart(Restart how) {
    const std::lock_guard lock(state_->mutex);
    ++state_->generation;
    state_->locks.clear();
    state_->stopped = false;
    state_->stop_in = kNever;
    if (how == Restart::process) {
        ++state_->hits[index_of(Fault::kill)];
        return;
    }
    ++state_->hits[index_of(Fault::power_loss)];
    state_->names.lose_power(state_->fates.choose ? state_->fates : state_->random_fates(),
                             state_->hits);
}

void FaultyFileSystem::set_fates(Fates fates) {
    const std::lock_guard lock(state_->mutex);
    state_->fates = std::move(fates);
}

void FaultyFileSystem::set_free_bytes(std::uint64_t bytes) {
    const std::lock_guard lock(state_->mutex);
    state_->free_bytes = bytes;
}

void FaultyFileSystem::set_before_sync(std::function<void(const std::string& path)> hook) {
    const std::lock_guard lock(state_->mutex);
    state_->before_sync = std::move(hook);
}

const FaultHits& FaultyFileSystem::hits() const {
    return state_->hits;
}

std::uint64_t FaultyFileSystem::operations() const {
    const std::lock_guard lock(state_->mutex);
    return state_->operations;
}

}  // namespace cellmon::io
