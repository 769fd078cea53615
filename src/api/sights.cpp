#include "api/sights.hpp"

#include <utility>

namespace cellmon::api {
namespace {

using classroom::Memberships;

live::ClassCodes codes_of(const Memberships& rows) {
    live::ClassCodes codes;
    for (const auto& [id, code] : rows.codes)
        codes.insert(code);
    return codes;
}

}  // namespace

Sights::Sights(sql::Database& database)
    : database_(database),
      blind_(std::make_shared<live::Sight>(
          0, live::Sight::Rows{{}, std::make_shared<live::ClassCodes>(), {}})),
      codes_(std::make_shared<live::ClassCodes>()),
      table_(std::make_shared<Table>()) {}

live::SightPtr Sights::of(const auth::Caller* caller) const {
    return caller == nullptr ? nullptr : of_account(caller->account.id);
}

live::SightSource Sights::source_of(const auth::Caller* caller) const {
    if (caller == nullptr) return {};
    return [this, id = caller->account.id] { return of_account(id); };
}

live::SightPtr Sights::of_account(std::int64_t account_id) const {
    const auto now = table();
    if (now->admins.contains(account_id)) return nullptr;
    const auto found = now->sights.find(account_id);
    return found == now->sights.end() ? blind_ : found->second;
}

std::shared_ptr<const Sights::Table> Sights::table() const {
    const std::lock_guard lock(mutex_);
    return table_;
}

Result<void> Sights::refresh_for(const auth::Caller& caller) {
    const std::lock_guard lock(reading_);
    const bool is_admin = caller.account.role == classroom::Role::admin;
    const bool is_known = table()->admins.contains(caller.account.id) == is_admin;
    return read_changes_ == changes_ && is_known ? Result<void>() : read();
}

Result<void> Sights::refresh() {
    const std::lock_guard lock(reading_);
    return read();
}

Result<void> Sights::read() {
    // Before the rows: a change behind this line is read once more.
    const std::uint64_t changes = changes_;
    CELLMON_TRY_ASSIGN(auto rows, database_.read([](sql::Connection& connection) {
        return classroom::read_memberships(connection);
    }));
    read_changes_ = changes;
    if (rows == rows_) return {};
    rows_ = std::move(rows);
    if (auto codes = codes_of(rows_); codes != *codes_) {
        codes_ = std::make_shared<const live::ClassCodes>(std::move(codes));
    }
    auto table = std::make_shared<Table>();
    table->admins = rows_.admins;
    std::map<ClassIds, live::SightPtr> shared;
    for (const auto& [account, classes] : rows_.classes_of) {
        live::SightPtr& sight = shared[classes];
        if (!sight) sight = sight_on(classes);
        table->sights.emplace(account, sight);
    }
    shared_ = std::move(shared);
    {
        const std::lock_guard lock(mutex_);
        table_ = std::move(table);
    }
    ++version_;
    return {};
}

/// The one from before where nothing changed for these classes, so that its rooms go on.
live::SightPtr Sights::sight_on(const ClassIds& classes) {
    live::Sight::Rows rows;
    rows.made = codes_;
    for (const std::int64_t id : classes) {
        if (const auto code = rows_.codes.find(id); code != rows_.codes.end()) {
            rows.own.insert(code->second);
        }
        const auto roster = rows_.rosters.find(id);
        if (roster == rows_.rosters.end()) continue;
        rows.roster.insert(roster->second.begin(), roster->second.end());
    }
    if (const auto old = shared_.find(classes); old != shared_.end() && old->second->holds(rows)) {
        return old->second;
    }
    return std::make_shared<live::Sight>(++newest_id_, std::move(rows));
}

}  // namespace cellmon::api
