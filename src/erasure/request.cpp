#include "erasure/request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "backup/erasure_list.hpp"
#include "base/mention.hpp"
#include "classroom/students.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::erasure {
namespace {

constexpr std::string_view kPendingLine = "cellmon-erasure 1";
constexpr std::string_view kDoneLine = backup::kTombstoneLine;
constexpr std::string_view kPending = ".pending";
constexpr std::string_view kDone = backup::kTombstoneSuffix;

constexpr std::array<std::string_view, kSteps> kNames{"journal",   "folds",      "relational",
                                                      "classroom", "timeseries", "redis"};

template <typename Number>
bool read_number(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

/// `key value`.
std::pair<std::string_view, std::string_view> parts_of(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return {line, {}};
    return {line.substr(0, blank), line.substr(blank + 1)};
}

bool read_words(std::string_view value, const auto& take) {
    while (!value.empty()) {
        const auto [word, rest] = parts_of(value);
        if (!take(word)) return false;
        value = rest;
    }
    return true;
}

bool read_step(std::string_view word, std::set<Step>& steps) {
    const auto* const found = std::ranges::find(kNames, word);
    if (found == kNames.end()) return false;
    steps.insert(static_cast<Step>(found - kNames.begin()));
    return true;
}

bool read_id(std::string_view value, Id128& id) {
    const auto parsed = Id128::parse(value);
    if (parsed) id = *parsed;
    return parsed.has_value();
}

bool read_pending(std::string_view key, std::string_view value, Request& request) {
    if (key == "id") return read_id(value, request.id);
    if (key == "address") {
        request.email = value;
        return !value.empty();
    }
    if (key == "asked") return read_number(value, request.asked_us);
    if (key == "again") return read_number(value, request.again_us);
    if (key == "through") return read_number(value, request.through);
    if (key == "payloads") return read_number(value, request.payloads);
    if (key == "mentions") return read_number(value, request.mentions);
    if (key == "done") {
        return read_words(value, [&](auto word) { return read_step(word, request.done); });
    }
    if (key != "days") return false;
    return read_words(value, [&](auto word) {
        std::int64_t day = 0;
        if (!read_number(word, day)) return false;
        request.days.insert(day);
        return true;
    });
}

bool read_done(std::string_view key, std::string_view value, Tombstone& tombstone) {
    if (key == "id") return read_id(value, tombstone.id);
    if (key == "asked") return read_number(value, tombstone.asked_us);
    if (key == "erased") return read_number(value, tombstone.done_us);
    if (key == "through") return read_number(value, tombstone.through);
    if (key == "payloads") return read_number(value, tombstone.payloads);
    if (key == "mentions") return read_number(value, tombstone.mentions);
    if (key == "journal") return read_id(value, tombstone.journal);
    if (key != "person") return false;
    tombstone.person = value;
    return true;
}

template <typename What, typename Read>
Result<What> read_file_of(io::FileSystem& files, const std::string& path,
                          std::string_view first_line, Read read) {
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, first_line, path));
    What what;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto [key, value] = parts_of(lines[i]);
        if (!read(key, value, what)) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{}, line {}: '{}' says nothing", path, i + 1, key));
        }
    }
    return what;
}

}  // namespace

std::string_view name_of(Step step) {
    return kNames.at(static_cast<std::size_t>(step));
}

Result<void> check_address(std::string_view email) {
    CELLMON_TRY(classroom::check_student_email(email));
    // An end of a line would break the file of the request.
    const bool is_line =
        std::ranges::none_of(email, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return is_line ? Result<void>{} : fail(ErrorCode::invalid, "an address is one line");
}

std::string Requests::path(const Id128& id, std::string_view suffix) const {
    return fmt::format("{}/{}{}", folder_, id.to_string(), suffix);
}

Result<std::vector<std::string>> Requests::names(std::string_view suffix) const {
    std::vector<std::string> found;
    auto names = files_.list(folder_);
    if (!names && names.error().code == ErrorCode::not_found) return found;
    if (!names) return fail(names.error());
    for (std::string& name : *names)
        if (name.ends_with(suffix)) found.push_back(fmt::format("{}/{}", folder_, name));
    return found;
}

Result<Request> Requests::ask(std::string_view email, RandomSource& random, TimeUs now) {
    CELLMON_TRY(check_address(email));
    CELLMON_TRY_ASSIGN(const auto others, pending());
    const std::string key = small_letters(email);
    for (const Request& other : others)
        if (other.email == key && other.done.empty() && other.again_us == 0) return other;
    Request request;
    request.id = random.id();
    request.email = key;
    request.asked_us = now;
    CELLMON_TRY(files_.make_directories(folder_));
    CELLMON_TRY(store(request));
    return request;
}

Result<void> Requests::ask_again(const Tombstone& tombstone, const std::string& email,
                                 const std::set<Step>& not_needed) {
    Request request;
    request.id = tombstone.id;
    request.email = small_letters(email);
    request.asked_us = tombstone.asked_us;
    request.again_us = tombstone.done_us;
    request.done = not_needed;
    request.through = tombstone.through;
    request.payloads = tombstone.payloads;
    request.mentions = tombstone.mentions;
    return store(request);
}

Result<void> Requests::forget_again() {
    CELLMON_TRY_ASSIGN(const auto requests, pending());
    bool is_changed = false;
    for (const Request& request : requests) {
        if (request.again_us == 0) continue;
        CELLMON_TRY(files_.remove(path(request.id, kPending)));
        is_changed = true;
    }
    return is_changed ? files_.sync_directory(folder_) : Result<void>{};
}

Result<std::vector<Request>> Requests::pending() const {
    CELLMON_TRY_ASSIGN(const auto paths, names(kPending));
    std::vector<Request> requests;
    for (const std::string& one : paths) {
        auto request = read_file_of<Request>(files_, one, kPendingLine, read_pending);
        // Another process may have finished it meanwhile.
        if (!request && request.error().code == ErrorCode::not_found) continue;
        if (!request) return fail(request.error());
        requests.push_back(std::move(*request));
    }
    std::ranges::sort(requests, {}, &Request::asked_us);
    return requests;
}

Result<std::vector<Tombstone>> Requests::done() const {
    CELLMON_TRY_ASSIGN(const auto paths, names(kDone));
    std::vector<Tombstone> tombstones;
    for (const std::string& one : paths) {
        CELLMON_TRY_ASSIGN(auto tombstone,
                           read_file_of<Tombstone>(files_, one, kDoneLine, read_done));
        tombstones.push_back(std::move(tombstone));
    }
    std::ranges::sort(tombstones, {}, &Tombstone::done_us);
    return tombstones;
}

Result<std::optional<Tombstone>> Requests::find_done(const Id128& id) const {
    auto found = read_file_of<Tombstone>(files_, path(id, kDone), kDoneLine, read_done);
    if (!found && found.error().code == ErrorCode::not_found) return std::nullopt;
    if (!found) return fail(found.error());
    return std::optional(std::move(*found));
}

Result<void> Requests::store(const Request& request) {
    std::string done;
    for (const Step step : request.done)
        done += fmt::format("{}{}", done.empty() ? "" : " ", name_of(step));
    const std::string again =
        request.again_us == 0 ? "" : fmt::format("again {}\n", request.again_us);
    return io::replace_file(files_, path(request.id, kPending),
                            journal::with_checksum(fmt::format(
                                "{}\nid {}\naddress {}\nasked {}\n{}through "
                                "{}\npayloads {}\nmentions {}\ndays {}\ndone {}\n",
                                kPendingLine, request.id.to_string(), request.email,
                                request.asked_us, again, request.through, request.payloads,
                                request.mentions, fmt::join(request.days, " "), done)));
}

Result<void> Requests::finish(const Request& request, const Id128& journal, std::string person,
                              TimeUs now) {
    CELLMON_TRY(io::replace_file(
        files_, path(request.id, kDone),
        journal::with_checksum(fmt::format(
            "{}\nid {}\nasked {}\nerased {}\nthrough {}\npayloads {}\nmentions {}\njournal "
            "{}\nperson {}\n",
            kDoneLine, request.id.to_string(), request.asked_us,
            request.again_us == 0 ? now : request.again_us, request.through, request.payloads,
            request.mentions, journal.to_string(), person))));
    CELLMON_TRY(files_.remove(path(request.id, kPending)));
    // Of a file that was being written when its process ended; it names the person, too.
    CELLMON_TRY_ASSIGN(const auto halves, names(".tmp"));
    for (const std::string& half : halves)
        CELLMON_TRY(files_.remove(half));
    return files_.sync_directory(folder_);
}

}  // namespace cellmon::erasure
