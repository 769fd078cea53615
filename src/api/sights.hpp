#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "auth/logins.hpp"
#include "base/result.hpp"
#include "classroom/memberships.hpp"
#include "live/sight.hpp"
#include "sql/database.hpp"

namespace cellmon::api {

/// Whom each account may see, kept beside the database so that nobody asks it on the way of an
/// event to a screen. Accounts that teach the same classes share one sight. Any thread.
class Sights {
  public:
    explicit Sights(sql::Database& database);

    /// Of who asks; null, everybody, for an admin and where nobody had to say who they are.
    [[nodiscard]] live::SightPtr of(const auth::Caller* caller) const;

    /// The same as it will be later on, for a socket, which must not outlive this object.
    [[nodiscard]] live::SightSource source_of(const auth::Caller* caller) const;

    /// This process changed rows of classes: the next refresh_for() reads them.
    void note_change() { ++changes_; }

    /// Before a request is answered: reads the rows when somebody changed them, or when the role of
    /// who asks is another one there. Blocks on the database then.
    Result<void> refresh_for(const auth::Caller& caller);

    /// Reads the rows, which other programs may have changed too. What the database fails leaves
    /// all as it is. Blocks on the database.
    Result<void> refresh();

    /// Another number when somebody may see others than before.
    [[nodiscard]] std::uint64_t version() const { return version_; }

  private:
    /// Accounts that are in neither see nobody.
    struct Table {
        std::set<std::int64_t> admins;
        std::map<std::int64_t, live::SightPtr> sights;  ///< By account.
    };
    using ClassIds = std::set<std::int64_t>;

    [[nodiscard]] live::SightPtr of_account(std::int64_t account_id) const;
    Result<void> read();
    [[nodiscard]] std::shared_ptr<const Table> table() const;
    [[nodiscard]] live::SightPtr sight_on(const ClassIds& classes);

    sql::Database& database_;
    const live::SightPtr blind_;
    std::atomic<std::uint64_t> changes_{1};
    std::atomic<std::uint64_t> version_{0};

    std::mutex reading_;              // Guards what follows, and is held while the rows are read.
    std::uint64_t read_changes_ = 0;  // Of changes_, those that were read.
    classroom::Memberships rows_;
    std::shared_ptr<const live::ClassCodes> codes_;
    std::map<ClassIds, live::SightPtr> shared_;
    std::uint64_t newest_id_ = 0;

    mutable std::mutex mutex_;  // Held for a pointer only.
    std::shared_ptr<const Table> table_;
};

}  // namespace cellmon::api
