#include "api/offline/offline_sync.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace cellmon::api {
namespace {

constexpr std::size_t kBatch = 100;  ///< Events that go into the journal together.

/// Gets the answer to a body that no connection has sent.
class Waiting final : public http::ResponseSink {
  public:
    explicit Waiting(unsigned thread) : thread_(thread) {}
    void respond(http::Response&& response) override { status_.set_value(response.status); }
    [[nodiscard]] unsigned thread() const override { return thread_; }
    [[nodiscard]] std::future<unsigned> status() { return status_.get_future(); }

  private:
    const unsigned thread_;
    std::promise<unsigned> status_;
};

std::string body_of(const std::vector<classroom::QueuedEvent>& events) {
    std::string body = "[";
    for (const classroom::QueuedEvent& event : events) {
        if (body.size() > 1) body += ',';
        body += event.event;
    }
    return body + ']';
}

/// Of events that an earlier program stored as they came there are none: they are hashed as they
/// stand.
std::vector<std::optional<std::uint64_t>> hashes_of(
    const std::vector<classroom::QueuedEvent>& events) {
    std::vector<std::optional<std::uint64_t>> hashes;
    hashes.reserve(events.size());
    for (const classroom::QueuedEvent& event : events)
        hashes.push_back(event.content_hash);
    return hashes;
}

std::string reason_of(const ItemResult& result) {
    return result.field.empty() ? result.reason : result.field + ": " + result.reason;
}

}  // namespace

std::optional<std::vector<ItemResult>> OfflineSync::submit(const Events& events) {
    constexpr unsigned kThread = 0;
    auto sink = std::make_shared<Waiting>(kThread);
    auto status = sink->status();
    auto results = std::make_shared<std::vector<ItemResult>>();
    // The task holds the duty to answer, so that one which is never run answers too.
    auto responder = std::make_shared<http::Responder>(std::move(sink));
    dependencies_.threads.post(
        kThread, [this, responder, results, body = body_of(events),
                  class_code = events.front().class_code, hashes = hashes_of(events)] {
            dependencies_.ingest.take({body, event::BodyForm::json, class_code, true, hashes},
                                      std::move(*responder),
                                      [results](const ingest::Ingest::Taken& taken) {
                                          *results = item_results(taken);
                                          return http::Response{};
                                      });
        });
    responder.reset();
    constexpr unsigned kGood = 200;
    online_ = status.get() == kGood;
    if (!online_) return std::nullopt;
    return std::move(*results);
}

Result<void> OfflineSync::settle(const Events& events, const std::vector<ItemResult>& results,
                                 Report& report) {
    std::vector<std::int64_t> done;
    std::vector<std::pair<std::int64_t, std::string>> refused;
    for (const ItemResult& result : results) {
        const classroom::QueuedEvent& event = events.at(result.index);
        if (result.is_in()) {
            done.push_back(event.id);
        } else {
            refused.emplace_back(event.id, reason_of(result));
        }
    }
    const TimeUs now = dependencies_.clock.now_us();
    const auto settled =
        dependencies_.database.write([&](sql::Connection& connection) -> Result<void> {
            CELLMON_TRY(classroom::remove_queued(connection, done));
            for (const auto& [id, reason] : refused)
                CELLMON_TRY(classroom::note_retry(connection, id, reason, now));
            return {};
        });
    if (!settled) return fail(settled.error());
    report.delivered += static_cast<std::int64_t>(done.size());
    report.failed += static_cast<std::int64_t>(refused.size());
    return {};
}

Result<void> OfflineSync::note_retries(const Events& events) {
    const TimeUs now = dependencies_.clock.now_us();
    return dependencies_.database.write([&](sql::Connection& connection) -> Result<void> {
        for (const classroom::QueuedEvent& event : events)
            CELLMON_TRY(classroom::note_retry(connection, event.id, event.error, now));
        return {};
    });
}

Result<OfflineSync::Report> OfflineSync::run_all(bool with_failed) {
    const std::int64_t began_us = dependencies_.clock.steady_us();
    Report report;
    Events all;
    const auto begun =
        dependencies_.database.write([&](sql::Connection& connection) -> Result<void> {
            CELLMON_TRY(classroom::note_sync(connection, dependencies_.clock.now_us()));
            CELLMON_TRY_ASSIGN(all, classroom::list_queued(connection, with_failed));
            CELLMON_TRY_ASSIGN(const auto counts, classroom::count_queue(connection));
            report.total = counts.all_waiting() + counts.failed;
            return {};
        });
    if (!begun) return fail(begun.error());
    report.skipped = report.total - static_cast<std::int64_t>(all.size());
    // In their order, as far as one class reaches.
    for (std::size_t at = 0; at < all.size();) {
        Events batch;
        while (at < all.size() && batch.size() < kBatch &&
               (batch.empty() || all[at].class_code == batch.front().class_code)) {
            batch.push_back(std::move(all[at++]));
        }
        const auto results = submit(batch);
        if (!results) {
            // They wait on, and so do all behind them.
            CELLMON_TRY(note_retries(batch));
            report.failed += static_cast<std::int64_t>(batch.size() + all.size() - at);
            break;
        }
        CELLMON_TRY(settle(batch, *results, report));
    }
    report.duration_ms = static_cast<double>(dependencies_.clock.steady_us() - began_us) / 1'000;
    return report;
}

std::optional<Result<OfflineSync::Report>> OfflineSync::run(bool with_failed) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return std::nullopt;
    running_ = true;
    auto report = run_all(with_failed);
    running_ = false;
    return report;
}

Result<OfflineSync::Delivery> OfflineSync::deliver(const std::vector<std::string>& queue_ids) {
    CELLMON_TRY_ASSIGN(Events events, dependencies_.database.read([&](sql::Connection& connection) {
        return classroom::find_queued(connection, queue_ids);
    }));
    Delivery delivery;
    if (events.empty()) return delivery;
    std::ranges::sort(events, {}, &classroom::QueuedEvent::id);
    const auto results = submit(events);
    if (!results) {
        delivery.waiting = static_cast<std::int64_t>(events.size());
        return delivery;
    }
    std::vector<std::int64_t> ids;
    for (const ItemResult& result : *results) {
        const classroom::QueuedEvent& event = events.at(result.index);
        ids.push_back(event.id);
        if (result.is_in()) {
            ++delivery.delivered;
        } else {
            delivery.refused.push_back({event.queue_id, reason_of(result)});
        }
    }
    CELLMON_TRY(dependencies_.database.write(
        [&](sql::Connection& connection) { return classroom::remove_queued(connection, ids); }));
    return delivery;
}

}  // namespace cellmon::api
