#include "harness/sockets/figures.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

double ms(std::int64_t us) {
    return static_cast<double>(us) / 1000;
}

std::string_view name_of(Role role) {
    switch (role) {
        case Role::listening:
            return "listening";
        case Role::deaf:
            return "deaf";
        case Role::resetting:
            return "resetting";
        case Role::falling_silent:
            return "falling_silent";
    }
    return "unknown";
}

/// How often each code closed a client.
std::map<std::uint16_t, std::uint64_t> close_codes(const SocketFigures& figures) {
    std::map<std::uint16_t, std::uint64_t> codes;
    for (const ClientFigures& client : figures.clients) {
        if (client.close_code != 0) ++codes[client.close_code];
    }
    return codes;
}

std::string json_of(const SocketTotals::Range& range) {
    return fmt::format("[{},{}]", range.least, range.greatest);
}

std::string json_of(const ClientFigures& client) {
    std::string json;
    JsonObject object(json);
    const auto count = [&](std::string_view name, std::uint64_t value) {
        object.raw(name, fmt::format("{}", value));
    };
    object.text("role", name_of(client.role));
    object.boolean("connected", client.connected);
    object.boolean("alive", client.alive);
    count("messages", client.messages);
    count("bytes", client.bytes);
    count("snapshots", client.snapshots);
    count("deltas", client.deltas);
    count("sequence", client.sequence);
    count("violations", client.violations);
    count("missed", client.missed);
    count("close_code", client.close_code);
    object.close();
    return json;
}

}  // namespace

bool SocketFigures::hold() const {
    const bool clients_hold =
        std::all_of(clients.begin(), clients.end(), [](const ClientFigures& client) {
            return client.connected && client.violations == 0 && client.missed == 0 &&
                   (client.alive || client.role != Role::listening);
        });
    return clients_hold && goals_reached;
}

SocketTotals totals_of(const SocketFigures& figures) {
    SocketTotals totals;
    const auto widen = [&](SocketTotals::Range& range, std::uint64_t value) {
        range.least = totals.listening == 1 ? value : std::min(range.least, value);
        range.greatest = std::max(range.greatest, value);
    };
    for (const ClientFigures& client : figures.clients) {
        totals.connected += client.connected ? 1 : 0;
        totals.alive += client.alive ? 1 : 0;
        totals.messages += client.messages;
        totals.bytes += client.bytes;
        totals.snapshots += client.snapshots;
        totals.deltas += client.deltas;
        totals.violations += client.violations;
        totals.missed += client.missed;
        if (client.role != Role::listening) continue;
        ++totals.listening;
        widen(totals.messages_each, client.messages);
        widen(totals.deltas_each, client.deltas);
        widen(totals.sequence_each, client.sequence);
    }
    return totals;
}

std::string table_of(const SocketFigures& figures) {
    const SocketTotals t = totals_of(figures);
    const Histogram& latency = figures.latency;
    std::string text;
    const auto row = [&](std::string_view name, const std::string& value) {
        fmt::format_to(std::back_inserter(text), "{:<12}{}\n", name, value);
    };
    const auto between = [](const SocketTotals::Range& range) {
        return fmt::format("{} to {}", range.least, range.greatest);
    };
    row("connected", fmt::format("{} of {}", t.connected, figures.clients.size()));
    row("alive", fmt::format("{} of {} that listen", t.alive, t.listening));
    row("messages",
        fmt::format("{} in {:.1f} s, {:.1f} MB; {} at each", t.messages, figures.seconds,
                    static_cast<double>(t.bytes) / 1e6, between(t.messages_each)));
    row("of these", fmt::format("{} snapshots, {} deltas", t.snapshots, t.deltas));
    row("sequence", between(t.sequence_each));
    row("violations", fmt::format("{}", t.violations));
    row("missed", fmt::format("{}", t.missed));
    for (const auto& [code, count] : close_codes(figures))
        row("closed", fmt::format("{} with {}", count, code));
    if (latency.count() > 0) {
        row("latency", fmt::format("p50 {:.2f} ms · p99 {:.2f} ms · max {:.2f} ms, from picture "
                                   "to client",
                                   ms(latency.quantile_us(0.50)), ms(latency.quantile_us(0.99)),
                                   ms(latency.max_us())));
    }
    if (!figures.goals_reached) row("goals", "not reached");
    if (!figures.first_complaint.empty()) row("first", figures.first_complaint);
    return text;
}

std::string json_of(const SocketFigures& figures) {
    const SocketTotals t = totals_of(figures);
    const Histogram& latency = figures.latency;
    std::string json;
    JsonObject object(json);
    const auto count = [&](std::string_view name, std::uint64_t value) {
        object.raw(name, fmt::format("{}", value));
    };
    object.boolean("hold", figures.hold());
    object.boolean("goals_reached", figures.goals_reached);
    object.text("first_complaint", figures.first_complaint);
    count("clients", figures.clients.size());
    count("listening", t.listening);
    count("connected", t.connected);
    count("alive", t.alive);
    count("messages", t.messages);
    count("bytes", t.bytes);
    count("snapshots", t.snapshots);
    count("deltas", t.deltas);
    count("violations", t.violations);
    count("missed", t.missed);
    object.raw("messages_each", json_of(t.messages_each));
    object.raw("deltas_each", json_of(t.deltas_each));
    object.raw("sequence_each", json_of(t.sequence_each));
    object.raw("seconds", fmt::format("{:.3f}", figures.seconds));
    object.number("reached_at_us", figures.reached_at_us);
    object.raw("latency", fmt::format(R"({{"p50_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})",
                                      ms(latency.quantile_us(0.50)), ms(latency.quantile_us(0.99)),
                                      ms(latency.max_us())));
    std::string codes;
    JsonObject by_code(codes);
    for (const auto& [code, times] : close_codes(figures))
        by_code.raw(fmt::format("{}", code), fmt::format("{}", times));
    by_code.close();
    object.raw("close_codes", codes);
    std::string each = "[";
    for (const ClientFigures& client : figures.clients)
        each += (each.size() > 1 ? "," : "") + json_of(client);
    object.raw("each", each + "]");
    object.close();
    return json;
}

}  // namespace cellmon::harness
