#include "harness/monitor/exporter.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/patience.hpp"
#include "base/thread.hpp"

namespace cellmon::harness::monitor {
namespace {

constexpr std::chrono::milliseconds kRequestTime{2'000};
constexpr int kStopSliceMs = 100;
constexpr std::size_t kMaxRequestBytes = 8U << 10U;

std::string label_value(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\\' || c == '"') escaped += '\\';
        escaped += c == '\n' ? ' ' : c;
    }
    return escaped;
}

/// The head of a request as far as it came.
std::string read_head(int connection, Deadline deadline) {
    const Patience patience{kRequestTime, nullptr};
    std::string head;
    std::array<char, 1024> block{};
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < kMaxRequestBytes &&
           wait_for_socket(connection, POLLIN, deadline, patience)) {
        const auto got = recv(connection, block.data(), block.size(), 0);
        if (got <= 0) break;
        head.append(block.data(), static_cast<std::size_t>(got));
    }
    return head;
}

void write_all(int connection, std::string_view bytes, Deadline deadline) {
    const Patience patience{kRequestTime, nullptr};
    while (!bytes.empty() && wait_for_socket(connection, POLLOUT, deadline, patience)) {
        const auto sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

std::string prometheus_text(const Sample& sample, const Health& health) {
    std::string text;
    const auto out = std::back_inserter(text);
    const auto head = [&](std::string_view name, std::string_view help) {
        fmt::format_to(out, "# HELP cellmon_monitor_{0} {1}\n# TYPE cellmon_monitor_{0} gauge\n",
                       name, help);
    };
    for (const MetricInfo& info : metric_infos()) {
        const auto& value = sample[info.metric].value;
        if (!value) continue;
        head(info.name, info.meaning);
        fmt::format_to(out, "cellmon_monitor_{} {}\n", info.name, *value);
    }
    head("health", "0 healthy, 1 warning, 2 critical");
    fmt::format_to(out, "cellmon_monitor_health {}\n", static_cast<int>(health.status));
    head("sample_time_seconds", "When the sample was taken, seconds since 1970");
    fmt::format_to(out, "cellmon_monitor_sample_time_seconds {:.3f}\n",
                   static_cast<double>(sample.at) / 1e6);
    const auto parts = [&](std::string_view name, std::string_view help,
                           Reading ProcessReading::* reading) {
        head(name, help);
        for (const ProcessReading& process : sample.processes) {
            if (const auto& value = (process.*reading).value) {
                fmt::format_to(out, "cellmon_monitor_{}{{process=\"{}\"}} {}\n", name,
                               label_value(process.name), *value);
            }
        }
    };
    if (!sample.processes.empty()) {
        parts("process_cpu_percent", "CPU of one part as a share of all cores",
              &ProcessReading::cpu_percent);
        parts("process_memory_mb", "Memory of one part in megabytes", &ProcessReading::memory_mb);
    }
    return text;
}

Result<ExportAddress> ExportAddress::parse(std::string_view text, bool others_allowed) {
    ExportAddress address;
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) address.host = text.substr(0, colon);
    const auto port = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    in_addr parsed{};
    if (address.host == "localhost") address.host = "127.0.0.1";
    if (error != std::errc() || end != port.data() + port.size() ||
        inet_pton(AF_INET, address.host.c_str(), &parsed) != 1) {
        return fail(
            ErrorCode::invalid,
            fmt::format("--export is a port or an address like 127.0.0.1:9180, not {}", text));
    }
    constexpr std::uint32_t kLoopback = 127;
    if (!others_allowed && ntohl(parsed.s_addr) >> 24U != kLoopback) {
        return fail(ErrorCode::invalid,
                    fmt::format("--export {} would show the figures to other machines; that needs "
                                "--export-to-others",
                                text));
    }
    return address;
}

Result<std::unique_ptr<Exporter>> Exporter::listen(const ExportAddress& address) {
    const auto refused = [&](int error) {
        return fail(error_from_errno(
            error, fmt::format("cannot listen on {}:{}", address.host, address.port)));
    };
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return refused(errno);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &place.sin_addr);
    socklen_t bytes = sizeof(place);
    auto* const raw = reinterpret_cast<sockaddr*>(&place);
    constexpr int kBacklog = 16;
    if (bind(listener, raw, bytes) != 0 || ::listen(listener, kBacklog) != 0 ||
        getsockname(listener, raw, &bytes) != 0) {
        const int error = errno;
        close(listener);
        return refused(error);
    }
    return std::unique_ptr<Exporter>(new Exporter(listener, ntohs(place.sin_port)));
}

Exporter::Exporter(int listener, std::uint16_t port)
    : listener_(listener),
      port_(port),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Exporter::~Exporter() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
}

void Exporter::publish(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
}

void Exporter::run(const std::stop_token& stop) {
    set_thread_name("monitor-export");
    while (!stop.stop_requested()) {
        pollfd one{listener_, POLLIN, 0};
        if (poll(&one, 1, kStopSliceMs) <= 0) continue;
        const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0) continue;
        answer(connection);
        close(connection);
    }
}

void Exporter::answer(int connection) const {
    const Deadline deadline = std::chrono::steady_clock::now() + kRequestTime;
    const std::string head = read_head(connection, deadline);
    const std::string_view line = std::string_view(head).substr(0, head.find("\r\n"));
    const bool known = line.starts_with("GET /metrics ") || line.starts_with("GET /metrics?");
    std::string body = known ? "" : "The figures are at /metrics.\n";
    if (known) {
        const std::lock_guard lock(mutex_);
        body = text_;
    }
    write_all(connection,
              fmt::format("HTTP/1.1 {}\r\nContent-Type: text/plain; version=0.0.4; "
                          "charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                          known ? "200 OK" : "404 Not Found", body.size(), body),
              deadline);
}

}  // namespace cellmon::harness::monitor
