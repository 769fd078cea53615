#include "harness/sockets/socket_run.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/sockets/socket_client.hpp"

namespace cellmon::harness {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;
constexpr std::int64_t kLookUs = 100'000;  // Between two looks at the clock and at `stop`.

Role role_of(const SocketOptions& options, std::size_t number) {
    if (number < options.deaf) return Role::deaf;
    if (number >= options.deaf + options.vanish) return Role::listening;
    return number % 2 == 0 ? Role::resetting : Role::falling_silent;
}

class SocketRun {
  public:
    using Phase = SocketClient::Phase;

    SocketRun(const SocketTarget& target, const SocketOptions& options,
              const SocketContext& context, SocketShared& shared, int epoll)
        : target_(target),
          options_(options),
          context_(context),
          shared_(shared),
          epoll_(epoll),
          buffer_(kReadBytes) {
        for (std::size_t number = 0; number < options.clients; ++number) {
            shared_.figures.clients[number].role = role_of(options, number);
            clients_.emplace_back(shared_, number);
        }
    }

    Result<void> run() {
        CELLMON_TRY(open_all());
        const std::int64_t began_us = context_.clock.steady_us();
        std::int64_t now_us = began_us;
        while (now_us < began_us + options_.duration_us && !over() && !context_.stop()) {
            let_vanish(now_us - began_us);
            serve(std::min(now_us + kLookUs, began_us + options_.duration_us));
            now_us = context_.clock.steady_us();
            show(now_us - began_us);
        }
        shared_.figures.seconds = static_cast<double>(now_us - began_us) / 1e6;
        shared_.figures.goals_reached = !has_goals() || all_reached();
        for (SocketClient& client : clients_)
            client.close();
        return {};
    }

  private:
    /// Opens some at a time, so that the listener's queue never overflows.
    Result<void> open_all() {
        std::size_t next = 0;
        const std::int64_t until_us = context_.clock.steady_us() + SocketOptions::kHandshakeUs;
        while (next < clients_.size() || opening_ > 0) {
            while (next < clients_.size() && opening_ < SocketOptions::kOpeningAtOnce)
                CELLMON_TRY(open(next++));
            serve(context_.clock.steady_us() + kLookUs);
            if (context_.clock.steady_us() >= until_us || context_.stop()) break;
            show(0);
        }
        for (SocketClient& client : clients_) {
            if (client.phase() == Phase::opening) client.lost("no answer to the handshake in time");
            note_settled(client);
        }
        return {};
    }

    Result<void> open(std::size_t number) {
        SocketClient& client = clients_[number];
        CELLMON_TRY(client.open(target_, context_.random.id()));
        if (client.phase() != Phase::opening) return {};  // Lost; looked at when all are open.
        ++opening_;
        epoll_event event{};
        event.events = EPOLLOUT;
        event.data.u64 = number;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, client.descriptor(), &event) != 0)
            return fail(error_from_errno(errno, "epoll_ctl"));
        return {};
    }

    void serve(std::int64_t until_us) {
        const std::int64_t wait_us =
            std::max<std::int64_t>(0, until_us - context_.clock.steady_us());
        const timespec wait{wait_us / 1'000'000, wait_us % 1'000'000 * 1000};
        std::array<epoll_event, 256> events;
        const int count =
            epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            serve(clients_[event.data.u64], event);
        }
    }

    void serve(SocketClient& client, epoll_event event) {
        const Phase before = client.phase();
        if (before == Phase::opening && !client.greeted()) {
            client.say_hello();
            event.events = EPOLLIN;
            // What is wrong with the socket shows when it is read.
            if (client.descriptor() >= 0)
                epoll_ctl(epoll_, EPOLL_CTL_MOD, client.descriptor(), &event);
        } else if (!client.silent()) {
            read(client);
        }
        if (before == Phase::opening && client.phase() != Phase::opening) --opening_;
        if (client.silent()) forget(client);
        note_settled(client);
    }

    void read(SocketClient& client) {
        const auto got = recv(client.descriptor(), buffer_.data(), buffer_.size(), 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (got < 0) return client.lost(error_from_errno(errno, "recv").message);
        if (got == 0) return client.lost("the server closed the connection");
        client.receive({buffer_.data(), static_cast<std::size_t>(got)}, context_.clock.now_us());
    }

    /// A client that listens has reached the goals, or never will.
    void note_settled(SocketClient& client) {
        if (client.figures().role != Role::listening || client.settled()) return;
        if (!client.reached() && client.phase() != Phase::ended) return;
        client.settle();
        ++settled_;
        if (client.reached()) ++reached_;
        if (has_goals() && reached_ > 0 && settled_ == listening())
            shared_.figures.reached_at_us = context_.clock.now_us();
    }

    /// Spread over the first half of the run.
    void let_vanish(std::int64_t passed_us) {
        const auto due = static_cast<std::size_t>(
            std::min<double>(
                1, 2 * static_cast<double>(passed_us) / static_cast<double>(options_.duration_us)) *
            static_cast<double>(options_.vanish));
        for (; vanished_ < due; ++vanished_) {
            SocketClient& client = clients_[options_.deaf + vanished_];
            if (client.phase() != Phase::open) continue;
            if (client.figures().role == Role::resetting) {
                client.reset();
            } else {
                client.fall_silent();
                forget(client);
            }
        }
    }

    /// Its socket stays open and is not looked at any more.
    void forget(const SocketClient& client) const {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, client.descriptor(), nullptr);
    }

    [[nodiscard]] bool has_goals() const { return options_.messages > 0 || options_.sequence > 0; }

    [[nodiscard]] std::size_t listening() const {
        return options_.clients - options_.deaf - options_.vanish;
    }

    [[nodiscard]] bool all_reached() const { return reached_ == listening(); }

    [[nodiscard]] bool over() const {
        if (has_goals() && settled_ == listening()) return true;
        return std::all_of(clients_.begin(), clients_.end(), [](const SocketClient& client) {
            return client.phase() == Phase::ended;
        });
    }

    void show(std::int64_t passed_us) {
        const std::int64_t now_us = context_.clock.steady_us();
        if (now_us < shown_us_ + kLookUs) return;
        shown_us_ = now_us;
        SocketProgress progress;
        progress.fraction =
            static_cast<double>(passed_us) / static_cast<double>(options_.duration_us);
        progress.open = static_cast<std::uint64_t>(std::count_if(
            clients_.begin(), clients_.end(),
            [](const SocketClient& client) { return client.phase() == Phase::open; }));
        progress.messages = shared_.total_messages;
        context_.progress(progress);
    }

    const SocketTarget& target_;
    const SocketOptions& options_;
    const SocketContext& context_;
    SocketShared& shared_;
    const int epoll_;
    std::vector<char> buffer_;
    std::deque<SocketClient> clients_;  // They stay where they are.
    std::size_t opening_ = 0;
    std::size_t vanished_ = 0;
    std::size_t settled_ = 0;  // Of the listening.
    std::size_t reached_ = 0;  // Of these.
    std::int64_t shown_us_ = 0;
};

}  // namespace

Result<void> SocketOptions::check() const {
    if (clients < 1 || clients > kMaxClients) {
        return fail(ErrorCode::invalid, fmt::format("there may be 1 to {} clients", kMaxClients));
    }
    if (deaf + vanish >= clients) {
        return fail(ErrorCode::invalid, "at least one client must listen");
    }
    if (duration_us <= 0) return fail(ErrorCode::invalid, "the run needs a time above 0");
    if (!follow_live && (sequence > 0 || !samples.empty())) {
        return fail(ErrorCode::invalid, "sequences are known only to those who follow live");
    }
    return {};
}

Result<std::unique_ptr<SocketFigures>> run_sockets(const SocketTarget& target,
                                                   const SocketOptions& options,
                                                   const SocketContext& context) {
    CELLMON_TRY(options.check());
    std::optional<Samples> samples;
    if (!options.samples.empty()) {
        CELLMON_TRY_ASSIGN(samples, Samples::create(options.samples));
    }
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return fail(error_from_errno(errno, "epoll_create1"));
    auto figures = std::make_unique<SocketFigures>();
    figures->clients.resize(options.clients);
    SocketShared shared{*figures,
                        samples ? &*samples : nullptr,
                        options.follow_live,
                        options.messages,
                        options.sequence,
                        0};
    const auto ran = SocketRun(target, options, context, shared, epoll).run();
    ::close(epoll);
    CELLMON_TRY(ran);
    if (samples) CELLMON_TRY(samples->finish());
    return figures;
}

}  // namespace cellmon::harness
