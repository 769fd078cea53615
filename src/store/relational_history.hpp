#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "sinks/relational/store.hpp"
#include "store/class_history.hpp"

namespace cellmon::store {

/// ClassHistory from the rows that the relational projection fills, of either engine, over one
/// connection of its own that only reads. It is opened by the first call, and anew by the call
/// behind one that failed: so the store may come later, or come back. A rebuild's switch needs no
/// more than that: the engine prepares statements again when tables were renamed.
class RelationalHistory final : public ClassHistory {
  public:
    /// `store` is only read.
    explicit RelationalHistory(std::unique_ptr<relational::Store> store);
    ~RelationalHistory() override;

    /// Ends a call that waits for the store, for good. Any thread.
    void interrupt() { store_->interrupt(); }

    Result<std::vector<ActivityWindow>> activity(TimeRange range, TimeUs now,
                                                 const ClassCodes* classes) override;
    Result<StudentHistory> student(std::string_view email, const Counts& counts) override;
    Result<Totals> totals(TimeRange range, TimeUs now, const Counts& counts) override;
    Result<std::uint64_t> sessions_since(TimeUs from_us, const Counts& counts) override;
    Result<bool> has_session(std::int64_t row) override;
    Result<std::vector<EnvironmentReport>> environments(std::string_view email,
                                                        const Counts& counts) override;
    Result<std::vector<EnvironmentReport>> newest_environments(const Counts& counts) override;
    Result<std::vector<std::optional<std::int64_t>>> cell_rows(
        std::span<const StudentCell> cells) override;

  private:
    class Connection;

    /// Runs `query` on the connection; forgets the connection when it fails.
    template <typename Query>
    auto ask(Query query) -> decltype(query(std::declval<Connection&>()));

    const std::unique_ptr<relational::Store> store_;
    std::mutex mutex_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace cellmon::store
