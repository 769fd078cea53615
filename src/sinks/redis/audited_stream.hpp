#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audited_store.hpp"
#include "base/result.hpp"
#include "sinks/redis/keys.hpp"
#include "sinks/redis/link.hpp"
#include "sinks/redis/options.hpp"

namespace cellmon::redis {

/// What the entries of a stream add up to, in their order.
struct StreamDigest {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t entries = 0;
    std::uint64_t hash = 0;

    bool operator==(const StreamDigest&) const = default;
};

/// The stream as an audit sees it. It is bounded and cannot be summed up in Redis, so all of it is
/// read at open(), once; what an entry says is kept as a mark. Quick and deep are the same.
class AuditedStream final : public audit::AuditedStore {
  public:
    explicit AuditedStream(RedisOptions options) : options_(std::move(options)) {}

    [[nodiscard]] std::string_view name() const override { return "redis"; }
    [[nodiscard]] std::uint64_t range() const override;
    Result<audit::StoreView> open(const journal::Cursor& beginning) override;
    std::optional<audit::ExpectedRow> expect(const journal::Entry& entry,
                                             audit::Depth depth) override;
    Result<std::vector<audit::RangeSums>> sums(std::uint64_t from, std::uint64_t to,
                                               std::uint64_t step, audit::Depth depth) override;
    Result<std::vector<audit::StoredRow>> rows(std::uint64_t from, std::uint64_t to,
                                               std::size_t most) override;
    Result<std::vector<audit::StoredRow>> beyond(const projection::EntrySource& source,
                                                 std::size_t most) override;
    /// A stream cannot be mended in its middle: the server makes it anew.
    Result<audit::Mended> mend(std::span<const audit::Difference> differences, bool all,
                               projection::EntrySource& source) override;
    void interrupt() override { *interrupted_ = true; }

    /// Of what open() read, from `first` through `last`.
    [[nodiscard]] StreamDigest digest(std::uint64_t first, std::uint64_t last) const;

    /// Deletes the stream, so that a server that runs fills it anew, and waits for that. Behind
    /// open(). False: no server is at work; the next one fills it.
    Result<bool> make_anew();

  private:
    Result<void> read_stream();
    Result<void> read_promise();
    Result<bool> wait_until_filled(std::uint64_t end);

    const RedisOptions options_;
    const std::shared_ptr<std::atomic<bool>> interrupted_ =
        std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<Link> link_;
    History history_;
    std::vector<audit::StoredRow> rows_;  ///< In the order of the stream.
    std::uint64_t promised_ = 0;          ///< From here on it must hold all; 0: nobody says.
};

}  // namespace cellmon::redis
