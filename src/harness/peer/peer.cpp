#include "harness/peer/peer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "harness/wire/blocking_client.hpp"
#include "harness/wire/stream.hpp"

namespace cellmon::harness::peer {
namespace {

constexpr std::chrono::seconds kKeptPatience{60};
constexpr std::size_t kMostPrinted = 1U << 30U;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// `${NAME}` by the variable of that name.
Result<std::string> with_variables(const std::string& name, std::string value) {
    for (auto at = value.find("${"); at != std::string::npos; at = value.find("${", at)) {
        const auto end = value.find('}', at);
        if (end == std::string::npos) break;
        const std::string variable = value.substr(at + 2, end - at - 2);
        const char* const set = std::getenv(variable.c_str());
        if (set == nullptr) {
            return fail(ErrorCode::invalid,
                        fmt::format("headers.{}: the environment has no {}", name, variable));
        }
        const std::string_view text(set);
        const bool is_value =
            std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
        if (!is_value) {
            return fail(ErrorCode::invalid,
                        fmt::format("headers.{}: {} has a character that no header field may have",
                                    name, variable));
        }
        value.replace(at, end - at + 1, text);
        at += text.size();
    }
    return value;
}

}  // namespace

Result<Peer> Peer::create(TargetProfile profile, const PeerPlace& place) {
    Peer peer(std::move(profile), place);
    const std::string url = peer.profile_.url.empty()
                                ? fmt::format("http://127.0.0.1:{}", place.port)
                                : peer.profile_.url;
    CELLMON_TRY_ASSIGN(peer.endpoint_, Endpoint::parse(url));
    peer.place_.port = peer.endpoint_.loopback_port().value_or(place.port);
    for (const auto& [name, value] : peer.profile_.headers) {
        CELLMON_TRY_ASSIGN(const std::string text, with_variables(name, value));
        peer.endpoint_.credentials += fmt::format("{}: {}\r\n", name, text);
    }
    return peer;
}

std::string Peer::filled(std::string_view text) const {
    std::string result(text);
    replace_all(result, "{port}", fmt::format("{}", place_.port));
    replace_all(result, "{data}", place_.data);
    replace_all(result, "{cellmon}", place_.program);
    return result;
}

std::vector<std::string> Peer::environment() const {
    std::vector<std::string> more;
    for (const std::string& one : profile_.environment)
        more.push_back(filled(one));
    return chaos::environment_with(more);
}

chaos::ProcessSpec Peer::process() const {
    chaos::ProcessSpec spec;
    spec.name = "server";
    for (const std::string& word : profile_.command)
        spec.command.push_back(filled(word));
    spec.environment = environment();
    spec.directory = profile_.directory;
    return spec;
}

Result<void> Peer::ask_ready(const Patience& patience) const {
    if (profile_.ready.empty()) {
        CELLMON_TRY(Stream::connect(endpoint_, patience));
        return {};
    }
    CELLMON_TRY_ASSIGN(const Response answer, http_get(endpoint_, profile_.ready, patience));
    if (answer.status >= 200 && answer.status < 300) return {};
    return fail(ErrorCode::unavailable, fmt::format("status {}", answer.status));
}

Result<monitor::Watch> Peer::watch() const {
    monitor::Watch watch;
    watch.name = "server";
    if (!profile_.process_command.empty()) {
        watch.command = filled(profile_.process_command);
        return watch;
    }
    if (!profile_.pid_file.empty()) {
        const auto path = std::filesystem::path(profile_.directory) / filled(profile_.pid_file);
        std::ifstream file(path);
        if (file >> watch.pid && watch.pid > 0) return watch;
        return fail(ErrorCode::unavailable, fmt::format("{} has no pid", path.string()));
    }
    if (const auto port = endpoint_.loopback_port()) {
        watch.port = *port;
        return watch;
    }
    return fail(ErrorCode::unavailable, "the server runs on another machine");
}

Result<std::string> Peer::answer_to(const std::string& path) const {
    CELLMON_TRY_ASSIGN(Response answer, http_get(endpoint_, path, {kKeptPatience, nullptr}));
    if (answer.status < 200 || answer.status > 299) {
        return fail(ErrorCode::unavailable,
                    fmt::format("GET {} was answered with {}", path, answer.status));
    }
    return std::move(answer.body);
}

Result<std::string> Peer::output_of_command() const {
    const std::string errors = place_.folder + "/kept.errors";
    chaos::ProcessSpec spec;
    spec.name = "the command of kept";
    // What it complains of is no part of what it prints.
    spec.command = {"sh", "-c", R"(exec "$@" 2>"$0")", errors};
    for (const std::string& word : profile_.kept.command)
        spec.command.push_back(filled(word));
    spec.environment = environment();
    spec.directory = profile_.directory;
    spec.log = place_.folder + "/kept.output";
    std::error_code ignored;
    std::filesystem::remove(spec.log, ignored);
    chaos::Process process(std::move(spec));
    CELLMON_TRY(process.start());
    if (!chaos::wait_until([&] { return !process.is_running(); }, kKeptPatience)) {
        return fail(
            ErrorCode::unavailable,
            fmt::format("the command of kept does not end within {} s", kKeptPatience.count()));
    }
    if (process.last_status() != 0) {
        std::ifstream file(errors, std::ios::binary);
        std::string complaint(std::istreambuf_iterator<char>(file), {});
        constexpr std::size_t kMost = 500;
        return fail(ErrorCode::unavailable,
                    fmt::format("the command of kept failed: {}", complaint.substr(0, kMost)));
    }
    return process.log_tail(kMostPrinted);
}

Result<std::uint64_t> Peer::kept(const VisitKept& visit) const {
    const KeptWay& way = profile_.kept;
    if (!way.command.empty()) {
        CELLMON_TRY_ASSIGN(const std::string printed, output_of_command());
        CELLMON_TRY_ASSIGN(const KeptPage all, read_kept(way, printed, visit));
        return all.count;
    }
    std::uint64_t count = 0;
    for (std::string after = "0";;) {
        std::string path = way.get;
        if (!way.after.empty()) replace_all(path, "{after}", after);
        CELLMON_TRY_ASSIGN(const std::string answer, answer_to(path));
        CELLMON_TRY_ASSIGN(KeptPage page, read_kept(way, answer, visit));
        count += page.count;
        if (way.after.empty() || page.count == 0) return count;
        if (page.after == after) {
            return fail(ErrorCode::corrupt,
                        fmt::format("GET {}: the pages do not advance", way.get));
        }
        after = std::move(page.after);
    }
}

}  // namespace cellmon::harness::peer
