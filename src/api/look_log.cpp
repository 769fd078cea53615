#include "api/look_log.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace cellmon::api {
namespace {

/// A text of at most so many bytes; no letter is cut in two.
void cut(std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
        --most;
    text.resize(most);
}

}  // namespace

void LookLog::note(const auth::Caller& caller, const Look& look, std::string subject) {
    cut(subject, kMostSubject);
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
    waiting_.insert(waiting_.begin(), std::make_move_iterator(lines.begin()),
                    std::make_move_iterator(lines.end()));
    return fail(written.error());
}

std::uint64_t LookLog::take_lost() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lost_, 0);
}

}  // namespace cellmon::api
