// The live socket without the rest of the server: hub and WebSockets on two I/O threads, and a
// class of one student who changes with every step.
//
//     bench_fanout_server PORT CLIENTS STEPS PACE_US
//
// Waits until CLIENTS look at /api/v1/live, publishes STEPS steps (PACE_US apart; 0: one after the
// other) and ends when all have left. The pictures are made before. As a burst is more than the
// queue of a client usually holds, that is made large enough. Prints `ready`, then JSON; CPU is
// that of the process from the first step until all have left.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <sys/resource.h>

#include "base/clock.hpp"
#include "http/server.hpp"
#include "live/picture.hpp"
#include "push/hub.hpp"
#include "push/messages.hpp"
#include "telemetry/log.hpp"

namespace {

using namespace cellmon;

constexpr unsigned kThreads = 2;
constexpr std::size_t kFrameBytes = 300;
constexpr std::size_t kFrameHead = 4;
constexpr std::uint64_t kFirst = 1'000;  // So that all sequences have as many digits.

double cpu_us() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

live::Tick make_tick(const live::Tick& before, std::uint64_t sequence, TimeUs at_us,
                     std::size_t padding) {
    const std::string email = "student@example.com";
    boost::intrusive_ptr student(
        new live::StudentPicture(fmt::format(R"({{"email":"{}","executions":{},"name":"{}"}})",
                                             email, sequence, std::string(padding, 'n'))));
    student->view.email = email;
    student->changed_sequence = sequence;
    auto picture = std::make_shared<live::Picture>();
    picture->epoch = 1;
    picture->sequence = sequence;
    picture->at_us = at_us;
    picture->students = {student};
    auto places = std::make_shared<live::StudentIndex>();
    places->add(student->view.email, 0);
    picture->places = std::move(places);
    picture->all.add(student->view);
    live::Tick tick;
    tick.changes = {{before.picture ? before.picture->students.front() : nullptr, student}};
    tick.picture = std::move(picture);
    return tick;
}

std::size_t frame_bytes(const live::Tick& tick) {
    return kFrameHead + push::delta_message(*tick.picture, {}, tick.picture->all, kFirst,
                                            {&tick.changes.front()})
                            .size();
}

std::vector<live::Tick> make_ticks(std::size_t steps, TimeUs at_us) {
    const std::size_t bare = frame_bytes(make_tick({}, kFirst + 1, at_us, 0));
    const std::size_t padding = bare < kFrameBytes ? kFrameBytes - bare : 0;
    std::vector<live::Tick> ticks{make_tick({}, kFirst, at_us, padding)};
    for (std::size_t i = 1; i <= steps; ++i)
        ticks.push_back(make_tick(ticks.back(), kFirst + i, at_us, padding));
    return ticks;
}

double clients_of(const push::Hub& hub) {
    for (const auto& family : hub.metrics()) {
        if (family.name == "cellmon_push_clients") return family.samples.front().value;
    }
    return 0;
}

void wait_for_clients(const push::Hub& hub, double clients) {
    while (clients_of(hub) != clients)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
    const auto clients = std::strtoul(argv[2], nullptr, 10);
    const auto steps = std::strtoul(argv[3], nullptr, 10);
    const std::chrono::microseconds pace(std::strtol(argv[4], nullptr, 10));

    const SystemClock clock;
    telemetry::Log log({telemetry::LogLevel::warn, telemetry::LogFormat::text});
    const std::vector<live::Tick> ticks = make_ticks(steps, clock.now_us());
    http::IoThreads threads(kThreads);
    push::Hub hub({2 * steps, 2 * steps * kFrameBytes}, ticks.front().picture,
                  {kThreads, [&](unsigned thread, http::Task task) {
                       threads.post(thread, std::move(task));
                   }});
    http::Router router;
    router.add_upgrade("/api/v1/live", [&](const http::Request&) -> http::UpgradeDecision {
        return hub.make_session({}, std::nullopt, {});
    });
    http::Server server({}, {}, {threads, router, clock, log});
    if (const auto listening = server.listen("127.0.0.1", port); !listening) {
        std::fprintf(stderr, "%s\n", listening.error().message.c_str());
        return 3;
    }
    threads.start();
    std::puts("ready");
    std::fflush(stdout);

    wait_for_clients(hub, static_cast<double>(clients));
    const double cpu_begin = cpu_us();
    const TimeUs first_us = clock.now_us();
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 1; i < ticks.size(); ++i) {
        if (pace.count() > 0) std::this_thread::sleep_until(begin + pace * i);
        hub.pictured(ticks[i]);
    }
    wait_for_clients(hub, 0);
    const double cpu = cpu_us() - cpu_begin;
    std::printf(
        "{\"first_us\": %lld, \"last_sequence\": %llu, \"frame_bytes\": %zu, "
        "\"cpu_us_per_delivery\": %.4f}\n",
        static_cast<long long>(first_us),
        static_cast<unsigned long long>(ticks.back().picture->sequence), frame_bytes(ticks.back()),
        cpu / static_cast<double>(clients * steps));
    server.stop();
    threads.stop();
    threads.join();
}
