#include "sinks/influxdb/poster.hpp"

#include <utility>

#include "sinks/influxdb/verdict.hpp"

namespace cellmon::influxdb {

Poster::Poster(Connection& connection, Counters& counters, OnRefused on_refused)
    : connection_(connection), counters_(counters), on_refused_(std::move(on_refused)) {}

Result<void> Poster::post() {
    CELLMON_TRY(settle());
    if (next_.empty()) return {};
    std::swap(next_, posted_);
    next_.clear();
    begin(posted_, 0, posted_.size());
    under_way_ = true;
    return {};
}

Result<void> Poster::finish() {
    CELLMON_TRY(post());
    return settle();
}

Result<void> Poster::settle() {
    if (!under_way_) return {};
    under_way_ = false;
    return judge(0, posted_.size());
}

void Poster::begin(const LineBatch& batch, std::size_t first, std::size_t last) {
    const std::string_view lines = batch.lines(first, last);
    gzip_.pack(lines, body_);
    counters_.posts += 1;
    counters_.points += last - first;
    counters_.line_bytes += lines.size();
    counters_.packed_bytes += body_.size();
    connection_.begin_write(body_);
}

Result<void> Poster::post_part(std::size_t first, std::size_t last) {
    if (first == last) return {};
    begin(posted_, first, last);
    return judge(first, last);
}

/// Of the lines that were posted last.
Result<void> Poster::judge(std::size_t first, std::size_t last) {
    CELLMON_TRY_ASSIGN(const Answer answer, connection_.finish());
    Verdict verdict = verdict_of(answer, connection_.database());
    switch (verdict.kind) {
        case Verdict::Kind::taken:
            return {};
        case Verdict::Kind::expired:
            counters_.expired += verdict.expired;
            return {};
        case Verdict::Kind::failed:
            return fail(ErrorCode::unavailable, std::move(verdict.reason));
        case Verdict::Kind::refused:
        case Verdict::Kind::too_large:
            break;
    }
    if (last - first == 1) {
        const LineBatch::Line& line = posted_.line(first);
        return on_refused_(
            {line.sequence, std::string(line.measurement), std::move(verdict.reason)});
    }
    const std::size_t middle = first + (last - first) / 2;
    CELLMON_TRY(post_part(first, middle));
    return post_part(middle, last);
}

}  // namespace cellmon::influxdb
