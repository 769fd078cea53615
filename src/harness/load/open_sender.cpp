#include "harness/load/open_sender.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include <sys/prctl.h>

namespace cellmon::harness {
namespace {

/// How often it is looked whether to stop.
constexpr std::int64_t kTickUs = 100'000;

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

OpenSender::OpenSender(HttpPool pool, const Schedule& schedule, const EventTemplates& templates,
                       const OpenOptions& options, const Clock& clock, Share share)
    : pool_(std::move(pool)),
      schedule_(schedule),
      templates_(templates),
      options_(options),
      clock_(clock),
      share_(share),
      figures_(schedule.phases.size()),
      next_(share.first),
      waiting_(share.first) {
    for (std::size_t i = 0; i < pool_.size(); ++i)
        idle_.push_back(i);
}

void OpenSender::run(std::int64_t began_us) {
    // The kernel lets timers of ordinary threads be 50 µs late to save wake-ups.
    prctl(PR_SET_TIMERSLACK, 1'000UL);
    began_us_ = began_us;
    last_answer_us_ = began_us_ + schedule_.end_us;
    at_start_ = {clock_.steady_us(), thread_cpu_seconds()};
    std::vector<Exchange> ended;
    while (!stopped_.load(std::memory_order_relaxed)) {
        mark_cpu();
        take_up_due();
        send_waiting(clock_.steady_us());
        if (is_over()) break;
        ended.clear();
        pool_.poll(wake_us(), ended);
        for (Exchange& exchange : ended)
            settle(exchange);
    }
    cut_off();
    const CpuMark now{clock_.steady_us(), thread_cpu_seconds()};
    const CpuMark& end = at_end_.at_us > 0 ? at_end_ : now;
    if (at_measured_.at_us > 0 && end.at_us > at_measured_.at_us) {
        figures_.busiest_thread = (end.cpu_seconds - at_measured_.cpu_seconds) /
                                  (static_cast<double>(end.at_us - at_measured_.at_us) / 1e6);
    }
    figures_.cpu_seconds = now.cpu_seconds - at_start_.cpu_seconds;
    figures_.sent = sent();
    const std::int64_t until_us = stopped_ ? std::min(last_answer_us_, now.at_us) : last_answer_us_;
    figures_.seconds =
        std::max(0.0, static_cast<double>(until_us - began_us_ - schedule_.measured_from_us) / 1e6);
}

void OpenSender::mark_cpu() {
    if (at_end_.at_us > 0) return;
    const std::int64_t now_us = clock_.steady_us();
    if (at_measured_.at_us == 0 && now_us >= began_us_ + schedule_.measured_from_us)
        at_measured_ = {now_us, thread_cpu_seconds()};
    if (now_us >= began_us_ + schedule_.end_us) at_end_ = {now_us, thread_cpu_seconds()};
}

/// Not before the end of the schedule, so that it is looked at the CPU there.
bool OpenSender::is_over() const {
    return next_ >= schedule_.requests.size() && waiting_ == next_ && pool_.busy_count() == 0 &&
           at_end_.at_us > 0;
}

std::int64_t OpenSender::wake_us() const {
    std::int64_t wake_us = clock_.steady_us() + kTickUs;
    if (at_end_.at_us == 0) wake_us = std::min(wake_us, began_us_ + schedule_.end_us);
    if (next_ < schedule_.requests.size()) wake_us = std::min(wake_us, due_us(next_));
    if (waiting_ != next_) wake_us = std::min(wake_us, due_us(waiting_) + options_.wait_us);
    return wake_us;
}

void OpenSender::take_up_due() {
    while (next_ < schedule_.requests.size()) {
        // Read anew for each, so that the time it takes to send many at once counts as lag.
        const std::int64_t now_us = clock_.steady_us();
        const std::int64_t lag_us = now_us - due_us(next_);
        if (lag_us < 0) return;
        const std::uint32_t events = schedule_.events_of(next_);
        if (schedule_.is_measured(next_)) {
            figures_.lag.record(lag_us);
            figures_.phases[schedule_.phase_of(next_)].offered.add(events);
        }
        next_ += share_.stride;
        send_waiting(now_us);
    }
}

void OpenSender::send_waiting(std::int64_t now_us) {
    for (; waiting_ != next_; waiting_ += share_.stride) {
        if (now_us - due_us(waiting_) >= options_.wait_us) {
            count_not_started(waiting_);
        } else if (idle_.empty()) {
            return;
        } else {
            send(waiting_);
        }
    }
}

void OpenSender::send(std::size_t request) {
    constexpr std::size_t kEventBytes = 640;
    const std::uint32_t events = schedule_.events_of(request);
    const std::uint64_t first = schedule_.requests[request].first_event;
    std::string body;
    body.reserve(events * kEventBytes);
    for (std::uint32_t i = 0; i < events; ++i) {
        body += i == 0 ? '[' : ',';
        templates_.append_json(body, first + i);
    }
    body += ']';
    if (schedule_.is_measured(request)) {
        ++under_way_;
    } else {
        figures_.warm_up.add(events);
    }
    sent_.fetch_add(1, std::memory_order_relaxed);
    const std::size_t connection = idle_.front();
    idle_.pop_front();
    pool_.send(connection, request, std::move(body));
}

void OpenSender::settle(Exchange& exchange) {
    idle_.push_back(exchange.connection);
    const auto request = static_cast<std::size_t>(exchange.token);
    if (!schedule_.is_measured(request)) return;
    --under_way_;
    const std::uint32_t events = schedule_.events_of(request);
    std::uint64_t duplicates = 0;
    const std::string kind = answers_.error_kind(exchange, events, duplicates);
    if (!kind.empty()) {
        figures_.add_error(kind);
        failed_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    PhaseFigures& phase = figures_.phases[schedule_.phase_of(request)];
    phase.achieved.add(events);
    phase.latency.record(exchange.ended_us - due_us(request));
    figures_.service.record(exchange.ended_us - exchange.sent_us);
    figures_.duplicates += duplicates;
    last_answer_us_ = std::max(last_answer_us_, exchange.ended_us);
}

void OpenSender::count_not_started(std::size_t request) {
    if (!schedule_.is_measured(request)) return;
    ++figures_.not_started;
    failed_.fetch_add(1, std::memory_order_relaxed);
}

/// Of a run that was stopped: what is under way has no answer, and what waits was not started.
void OpenSender::cut_off() {
    for (; waiting_ != next_; waiting_ += share_.stride)
        count_not_started(waiting_);
    for (; under_way_ > 0; --under_way_)
        figures_.add_error("cut_off");
}

}  // namespace cellmon::harness
