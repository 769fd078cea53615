#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "sinks/relational/database.hpp"

namespace cellmon::relational {

/// Held while a shadow copy is built, by whoever does it; let go when it is destroyed.
class RebuildLock {
  public:
    RebuildLock() = default;
    RebuildLock(const RebuildLock&) = delete;
    RebuildLock& operator=(const RebuildLock&) = delete;
    virtual ~RebuildLock() = default;
};

/// Where the rows lie: a file, or a database of PostgreSQL. One thread at a time, but for
/// interrupt().
class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    /// For messages: the path, or `PostgreSQL`.
    [[nodiscard]] virtual std::string name() const = 0;

    /// What to do when the rows were made from another journal.
    [[nodiscard]] virtual std::string remedy() const = 0;

    /// As projection::Sink::batch_factor().
    [[nodiscard]] virtual std::size_t batch_factor() const { return 1; }

    /// Whether anything was ever written.
    virtual Result<bool> exists() = 0;

    virtual Result<std::unique_ptr<Database>> open() = 0;

    /// ErrorCode::locked while another one is held, in whatever process.
    virtual Result<std::unique_ptr<RebuildLock>> lock_rebuild() = 0;

    /// Ends the waiting of all calls that its connections are in, with ErrorCode::cancelled, for
    /// good. Safe for use by any thread.
    virtual void interrupt() {}
};

}  // namespace cellmon::relational
