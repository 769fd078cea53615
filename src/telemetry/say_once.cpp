#include "telemetry/say_once.hpp"

namespace cellmon::telemetry {

SayOnce::SayOnce(Log& log, const Clock& clock, LogLevel level, std::int64_t interval_us)
    : log_(log), clock_(clock), level_(level), interval_us_(interval_us) {}

void SayOnce::say(std::string_view message) {
    const std::int64_t now_us = clock_.steady_us();
    const std::scoped_lock lock(mutex_);
    if (said_ && now_us - said_us_ < interval_us_) {
        ++left_out_;
        return;
    }
    if (left_out_ == 0) {
        log_.write(level_, message);
    } else {
        log_.write(level_, fmt::format("{} ({} more since the last line)", message, left_out_));
    }
    said_ = true;
    said_us_ = now_us;
    left_out_ = 0;
}

}  // namespace cellmon::telemetry
