#include "api/look_log.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "event/text.hpp"

namespace cellmon::api {
namespace {

/// As the log can hold it: PostgreSQL takes nothing that is no UTF-8.
std::string told(std::string_view subject) {
    if (!simdjson::validate_utf8(subject.data(), subject.size())) return "what is no text";
    return std::string(event::cut_utf8(subject, LookLog::kMostSubject));
}

/// Whether the same lines may be taken another time.
bool passes(const Error& error) {
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::locked ||
           error.code == ErrorCode::cancelled;
}

}  // namespace

void LookLog::note(const auth::Caller& caller, const Look& look, std::string subject) {
    subject = told(subject);
    const TimeUs now = clock_.now_us();
    const std::lock_guard lock(mutex_);
    if (const std::int64_t hour = now / kHourUs; hour != hour_ || seen_.size() >= kMostSeen) {
        hour_ = hour;
        seen_.clear();
    }
    std::string key;
    if (!look.each) {
        key = fmt::format("{} {} {}", caller.account.id, look.action, subject);
        if (seen_.contains(key)) return;
    }
    // What has no place now has one at the next look, perhaps.
    if (waiting_.size() >= kMostWaiting) {
        ++lost_;
        return;
    }
    if (!look.each) seen_.insert(std::move(key));
    waiting_.push_back(
        {now,
         {caller.account.id, caller.address, std::string(look.action), std::move(subject), ""}});
}

Result<void> LookLog::write(sql::Database& database) {
    const std::lock_guard order(writing_);
    std::deque<Line> lines;
    {
        const std::lock_guard lock(mutex_);
        lines.swap(waiting_);
    }
    if (lines.empty()) return {};
    const auto written = database.write([&](sql::Connection& connection) -> Result<void> {
        for (const Line& line : lines)
            CELLMON_TRY(classroom::record(connection, line.entry, line.at_us));
        return {};
    });
    if (written) return {};
    const std::lock_guard lock(mutex_);
    if (!passes(written.error())) {
        // Whatever is wrong with one of them must not keep all that follow.
        lost_ += lines.size();
        return fail(written.error());
    }
    waiting_.insert(waiting_.begin(), std::make_move_iterator(lines.begin()),
                    std::make_move_iterator(lines.end()));
    if (waiting_.size() > kMostWaiting) {
        lost_ += waiting_.size() - kMostWaiting;
        waiting_.resize(kMostWaiting);
    }
    return fail(written.error());
}

std::size_t LookLog::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

std::uint64_t LookLog::take_lost() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lost_, 0);
}

}  // namespace cellmon::api
