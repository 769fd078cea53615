#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "harness/peer/builtin_targets.hpp"
#include "harness/peer/target_profile.hpp"

namespace cellmon::harness::peer {
namespace {

constexpr std::size_t kMostWords = 100;
constexpr double kLongest_s = 3'600;

/// Of a JSON pointer (RFC 6901) its first character, of a path likewise.
bool begins_with_slash(std::string_view text) {
    return text.starts_with('/');
}

class TargetReader {
  public:
    TargetReader(std::string_view file, std::string directory)
        : file_(file), directory_(std::move(directory)) {}

    Result<TargetProfile> read(const toml::table& table) {
        target_.directory = directory_;
        target_.events.rule.emplace();
        target_.events.path.clear();
        for (const auto& [key, node] : table)
            CELLMON_TRY(read_member(key.str(), node));
        CELLMON_TRY(check(table));
        return std::move(target_);
    }

  private:
    [[nodiscard]] tl::unexpected<Error> wrong(const toml::node& node, std::string_view key,
                                              std::string_view reason) const {
        return fail(ErrorCode::invalid,
                    fmt::format("{}:{}: {} {}", file_, node.source().begin.line, key, reason));
    }

    Result<void> read_member(std::string_view key, const toml::node& node) {
        if (key == "name") return take_name(node);
        if (key == "title") return take(node, key, target_.title);
        if (key == "title_ja") return take(node, key, target_.title_ja);
        if (key == "url") return take_url(node);
        if (key == "events") return take_path(node, key, target_.events.path);
        if (key == "ready") return take_path(node, key, target_.ready);
        if (key == "body") return take_body(node);
        if (key == "headers") return take_headers(node);
        if (key == "start") return each_of(node, key, &TargetReader::read_start);
        if (key == "accepted") return each_of(node, key, &TargetReader::read_accepted);
        if (key == "kept") return each_of(node, key, &TargetReader::read_kept);
        if (key == "monitor") return each_of(node, key, &TargetReader::read_monitor);
        return wrong(node, key,
                     "is unknown; a target has name, title, title_ja, url, events, body, ready, "
                     "headers, start, accepted, kept and monitor");
    }

    using ReadMember = Result<void> (TargetReader::*)(std::string_view name,
                                                      const std::string& place,
                                                      const toml::node& node);
    /// Each member of a table, with its whole name for complaints.
    Result<void> each_of(const toml::node& node, std::string_view key, ReadMember read_one) {
        const auto* table = node.as_table();
        if (table == nullptr) return wrong(node, key, "must be a table");
        for (const auto& [name, value] : *table)
            CELLMON_TRY(
                (this->*read_one)(name.str(), fmt::format("{}.{}", key, name.str()), value));
        return {};
    }

    Result<void> read_start(std::string_view name, const std::string& place,
                            const toml::node& node) {
        if (name == "command") return take_words(node, place, target_.command);
        if (name == "directory") return take_directory(node, place);
        if (name == "ready_s") return take_seconds(node, place, target_.ready_s);
        if (name == "environment") {
            const auto* table = node.as_table();
            if (table == nullptr) return wrong(node, place, "must be a table of texts");
            for (const auto& [variable, value] : *table) {
                std::string text;
                CELLMON_TRY(take(value, fmt::format("{}.{}", place, variable.str()), text));
                target_.environment.push_back(fmt::format("{}={}", variable.str(), text));
            }
            return {};
        }
        return wrong(node, place,
                     "is unknown; start has command, directory, environment and ready_s");
    }

    Result<void> read_accepted(std::string_view name, const std::string& place,
                               const toml::node& node) {
        AcceptRule& rule = *target_.events.rule;
        if (name == "status") return take_statuses(node, place, rule.statuses);
        if (name == "again") return take_statuses(node, place, rule.again);
        if (name == "pointer") return take_pointer(node, place, rule.pointer);
        if (name == "count") return take_pointer(node, place, rule.count);
        if (name != "equals")
            return wrong(node, place,
                         "is unknown; accepted has status, again, pointer, equals and count");
        has_equals_ = true;
        if (const auto* text = node.as_string(); text != nullptr) {
            rule.equals = text->get();
        } else if (const auto* number = node.as_integer(); number != nullptr) {
            rule.equals = number->get();
        } else if (const auto* flag = node.as_boolean(); flag != nullptr) {
            rule.equals = flag->get();
        } else {
            return wrong(node, place, "must be a text, a whole number, true or false");
        }
        return {};
    }

    Result<void> read_kept(std::string_view name, const std::string& place,
                           const toml::node& node) {
        KeptWay& kept = target_.kept;
        if (name == "get") return take_path(node, place, kept.get);
        if (name == "command") return take_words(node, place, kept.command);
        if (name == "pointer") return take_pointer(node, place, kept.pointer);
        if (name == "item") return take_pointer(node, place, kept.item);
        if (name == "after") return take_pointer(node, place, kept.after);
        if (name == "settle_s") return take_seconds(node, place, kept.settle_s);
        if (name == "what") {
            has_what_ = true;
            return take_choice(node, place, kept.what,
                               {KeptWay::What::number, KeptWay::What::ids, KeptWay::What::events});
        }
        if (name == "format")
            return take_choice(
                node, place, kept.format,
                {KeptWay::Format::json, KeptWay::Format::ndjson, KeptWay::Format::text});
        return wrong(node, place,
                     "is unknown; kept has get, command, what, format, pointer, item, after and "
                     "settle_s");
    }

    Result<void> read_monitor(std::string_view name, const std::string& place,
                              const toml::node& node) {
        if (name == "command") return take(node, place, target_.process_command);
        if (name == "pid_file") return take(node, place, target_.pid_file);
        return wrong(node, place, "is unknown; monitor has command or pid_file");
    }

    Result<void> take(const toml::node& node, std::string_view key, std::string& into) const {
        const auto* value = node.as_string();
        if (value == nullptr) return wrong(node, key, "must be a text");
        if (value->get().empty()) return wrong(node, key, "must not be empty");
        if (value->get().find('\0') != std::string::npos)
            return wrong(node, key, "has a character that no text here may have");
        into = value->get();
        return {};
    }

    Result<void> take_name(const toml::node& node) {
        CELLMON_TRY(take(node, "name", target_.name));
        if (target_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") !=
            std::string::npos) {
            return wrong(node, "name", "has small letters, digits, and .-_ alone");
        }
        // Reports have it where they have the profile of our own server.
        if (target_.name == "embedded" || target_.name == "stores")
            return wrong(node, "name", "is that of a profile of Cell Monitor");
        return {};
    }

    Result<void> take_url(const toml::node& node) {
        CELLMON_TRY(take(node, "url", target_.url));
        if (!target_.url.starts_with("http://"))
            return wrong(node, "url", "must be like http://127.0.0.1:8080; there is no TLS here");
        return {};
    }

    Result<void> take_path(const toml::node& node, std::string_view key, std::string& into) const {
        CELLMON_TRY(take(node, key, into));
        if (!begins_with_slash(into)) return wrong(node, key, "must begin with /");
        const bool is_plain =
            std::all_of(into.begin(), into.end(), [](char c) { return c > ' ' && c < 0x7f; });
        if (!is_plain) return wrong(node, key, "must be percent-encoded");
        return {};
    }

    /// Or none, which is all of a value.
    Result<void> take_pointer(const toml::node& node, std::string_view key,
                              std::string& into) const {
        CELLMON_TRY(take(node, key, into));
        if (!begins_with_slash(into))
            return wrong(node, key, "must be a JSON pointer, which begins with /");
        return {};
    }

    Result<void> take_seconds(const toml::node& node, std::string_view key, double& into) const {
        const auto value = node.value<double>();
        if (!node.is_number() || !value || !(*value > 0 && *value <= kLongest_s))
            return wrong(node, key,
                         fmt::format("must be a number of seconds up to {:g}", kLongest_s));
        into = *value;
        return {};
    }

    Result<void> take_words(const toml::node& node, std::string_view key,
                            std::vector<std::string>& into) const {
        const auto* array = node.as_array();
        if (array == nullptr || array->empty() || array->size() > kMostWords)
            return wrong(node, key, "must be a list of texts: a program and its arguments");
        for (const auto& one : *array)
            CELLMON_TRY(take(one, key, into.emplace_back()));
        return {};
    }

    Result<void> take_statuses(const toml::node& node, std::string_view key,
                               std::vector<int>& into) const {
        constexpr const char* kForm = "must be a list of HTTP statuses from 200 to 599";
        const auto* array = node.as_array();
        if (array == nullptr || array->empty() || array->size() > kMostWords)
            return wrong(node, key, kForm);
        into.clear();
        for (const auto& one : *array) {
            const auto status = one.value_exact<std::int64_t>();
            if (!status || *status < 200 || *status > 599) return wrong(one, key, kForm);
            into.push_back(static_cast<int>(*status));
        }
        return {};
    }

    template <typename Choice>
    Result<void> take_choice(const toml::node& node, std::string_view key, Choice& into,
                             std::initializer_list<Choice> choices) const {
        std::string text;
        CELLMON_TRY(take(node, key, text));
        std::string names;
        for (const Choice choice : choices) {
            if (name_of(choice) == text) {
                into = choice;
                return {};
            }
            names += (names.empty() ? "" : ", ") + std::string(name_of(choice));
        }
        return wrong(node, key, fmt::format("\"{}\" is none of {}", text, names));
    }

    Result<void> take_body(const toml::node& node) {
        std::string text;
        CELLMON_TRY(take(node, "body", text));
        if (text != "array" && text != "event")
            return wrong(node, "body", fmt::format("\"{}\" is none of array, event", text));
        target_.events.one_a_request = text == "event";
        return {};
    }

    Result<void> take_directory(const toml::node& node, std::string_view key) {
        std::string text;
        CELLMON_TRY(take(node, key, text));
        target_.directory = (std::filesystem::path(directory_) / text).lexically_normal().string();
        return {};
    }

    Result<void> take_headers(const toml::node& node) {
        const auto* table = node.as_table();
        if (table == nullptr) return wrong(node, "headers", "must be a table of texts");
        for (const auto& [name, value] : *table) {
            const std::string key = fmt::format("headers.{}", name.str());
            std::string text;
            CELLMON_TRY(take(value, key, text));
            std::string lower(name.str());
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
            constexpr std::array<std::string_view, 5> kOurs{
                "host", "content-length", "content-type", "connection", "transfer-encoding"};
            if (std::find(kOurs.begin(), kOurs.end(), lower) != kOurs.end())
                return wrong(value, key, "is a header that cellmon makes itself");
            const bool is_name = lower.find_first_not_of(
                                     "abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
            const bool is_value =
                std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
            if (!is_name || !is_value)
                return wrong(value, key, "has a character that no header field may have");
            target_.headers.emplace(name.str(), text);
        }
        return {};
    }

    /// What one key alone does not tell.
    Result<void> check(const toml::table& table) const {
        const auto place = [&](const char* name, const char* member) -> const toml::node& {
            const auto* part = table.get(name);
            if (part == nullptr) return table;
            const auto* one = part->is_table() ? part->as_table()->get(member) : nullptr;
            return one != nullptr ? *one : *part;
        };
        if (target_.name.empty()) return wrong(table, "name", "is missing");
        if (target_.events.path.empty())
            return wrong(table, "events", "is missing: the path that events are posted to");
        if (table.get("start") != nullptr && target_.command.empty())
            return wrong(place("start", ""), "start.command", "is missing");
        if (target_.url.empty() && target_.command.empty())
            return wrong(table, "url", "is missing: that of a server that runs, or start.command");
        if (target_.url.empty() && !tells_port())
            return wrong(place("start", "command"), "start.command",
                         "has no {port}: without a url the server must be told where to listen");
        const AcceptRule& rule = *target_.events.rule;
        if (has_equals_ == rule.pointer.empty())
            return wrong(place("accepted", has_equals_ ? "equals" : "pointer"),
                         has_equals_ ? "accepted.equals" : "accepted.pointer",
                         has_equals_ ? "needs accepted.pointer" : "needs accepted.equals");
        return check_kept(table, place);
    }

    template <typename Place>
    Result<void> check_kept(const toml::table& table, const Place& place) const {
        const KeptWay& kept = target_.kept;
        if (table.get("kept") == nullptr)
            return wrong(table, "kept",
                         "is missing: how to see what the server has kept, without which nothing "
                         "can be said to be lost");
        if (kept.get.empty() == kept.command.empty())
            return wrong(place("kept", "command"), "kept",
                         "needs either get or command, and not both");
        if (!has_what_) return wrong(place("kept", ""), "kept.what", "is missing");
        const bool asks_for_pages = kept.get.find("{after}") != std::string::npos;
        if (asks_for_pages == kept.after.empty())
            return wrong(place("kept", asks_for_pages ? "get" : "after"),
                         asks_for_pages ? "kept.get" : "kept.after",
                         asks_for_pages ? "has {after}, which needs kept.after"
                                        : "needs {after} in kept.get");
        const bool is_list = kept.what != KeptWay::What::number;
        if (!is_list && (!kept.item.empty() || !kept.after.empty()))
            return wrong(place("kept", kept.item.empty() ? "after" : "item"), "kept",
                         "has item and after for lists alone, and what is number");
        if (!is_list && kept.format == KeptWay::Format::ndjson)
            return wrong(place("kept", "format"), "kept.format",
                         "\"ndjson\" is of lists; a number is json or text");
        const bool has_pointers = !kept.pointer.empty() || !kept.item.empty();
        if (kept.format == KeptWay::Format::text &&
            (has_pointers || kept.what == KeptWay::What::events || !kept.after.empty())) {
            return wrong(place("kept", "format"), "kept.format",
                         "\"text\" has neither pointers, pages nor events");
        }
        if (kept.format == KeptWay::Format::ndjson && !kept.pointer.empty())
            return wrong(place("kept", "pointer"), "kept.pointer",
                         "is of json; of each line of ndjson it is kept.item");
        return {};
    }

    [[nodiscard]] bool tells_port() const {
        const auto has = [](const std::string& word) {
            return word.find("{port}") != std::string::npos;
        };
        return std::any_of(target_.command.begin(), target_.command.end(), has) ||
               std::any_of(target_.environment.begin(), target_.environment.end(), has);
    }

    const std::string file_;
    const std::string directory_;
    TargetProfile target_;
    bool has_equals_ = false;
    bool has_what_ = false;
};

}  // namespace

Result<TargetProfile> read_target(std::string_view toml, std::string_view file,
                                  const std::string& directory) {
    try {
        const toml::table table = toml::parse(toml, file);
        return TargetReader(file, directory).read(table);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::invalid,
                    fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
    }
}

Result<TargetProfile> load_target(const std::string& name_or_path) {
    const auto& targets = builtin_targets();
    const auto found = std::find_if(targets.begin(), targets.end(),
                                    [&](const auto& one) { return one.name == name_or_path; });
    if (found != targets.end())
        return read_target(found->toml, fmt::format("{}.toml", found->name), "/");
    std::ifstream file(name_or_path, std::ios::binary);
    if (!file || std::filesystem::is_directory(name_or_path)) {
        return fail(ErrorCode::not_found,
                    fmt::format("{} is neither a target of the program (cellmon plan target list) "
                                "nor a file that can be read",
                                name_or_path));
    }
    const std::string toml(std::istreambuf_iterator<char>(file), {});
    std::error_code error;
    const auto path = std::filesystem::absolute(name_or_path, error);
    return read_target(toml, name_or_path, path.parent_path().string());
}

}  // namespace cellmon::harness::peer
