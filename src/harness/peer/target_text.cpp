#include <variant>

#include <fmt/format.h>

#include "harness/classroom/json_text.hpp"
#include "harness/peer/target_profile.hpp"

namespace cellmon::harness::peer {
namespace {

std::string words_json(const std::vector<std::string>& words) {
    std::string json = "[";
    for (const std::string& word : words) {
        if (json.size() > 1) json += ',';
        append_json_string(json, word);
    }
    return json + "]";
}

std::string equals_json(const AcceptRule& rule) {
    if (const auto* text = std::get_if<std::string>(&rule.equals)) {
        std::string json;
        append_json_string(json, *text);
        return json;
    }
    if (const auto* number = std::get_if<std::int64_t>(&rule.equals))
        return fmt::format("{}", *number);
    return std::get<bool>(rule.equals) ? "true" : "false";
}

std::vector<std::string> names_of_headers(const TargetProfile& target) {
    std::vector<std::string> names;
    for (const auto& [name, value] : target.headers)
        names.push_back(name);
    return names;
}

std::string accepted_text(const AcceptRule& rule) {
    std::string text = rule.statuses.empty()
                           ? std::string("status 2xx")
                           : fmt::format("status {}", fmt::join(rule.statuses, ", "));
    if (!rule.pointer.empty())
        text += fmt::format(", and {} of the answer is {}", rule.pointer, equals_json(rule));
    if (!rule.count.empty())
        text += fmt::format(", and {} of the answer is the number of events", rule.count);
    return text;
}

std::string accepted_json(const AcceptRule& rule) {
    std::string json;
    JsonObject object(json);
    object.raw("status", fmt::format("[{}]", fmt::join(rule.statuses, ",")));
    object.raw("again", fmt::format("[{}]", fmt::join(rule.again, ",")));
    object.text("pointer", rule.pointer);
    object.raw("equals", rule.pointer.empty() ? "null" : equals_json(rule));
    object.text("count", rule.count);
    object.close();
    return json;
}

std::string kept_json(const KeptWay& kept) {
    std::string json;
    JsonObject object(json);
    object.text("what", name_of(kept.what));
    object.text("format", name_of(kept.format));
    object.text("get", kept.get);
    object.raw("command", words_json(kept.command));
    object.text("pointer", kept.pointer);
    object.text("item", kept.item);
    object.text("after", kept.after);
    object.raw("settle_s", fmt::format("{}", kept.settle_s));
    object.close();
    return json;
}

}  // namespace

std::string_view name_of(KeptWay::What what) {
    switch (what) {
        case KeptWay::What::number:
            return "number";
        case KeptWay::What::ids:
            return "ids";
        case KeptWay::What::events:
            return "events";
    }
    return "";
}

std::string_view name_of(KeptWay::Format format) {
    switch (format) {
        case KeptWay::Format::json:
            return "json";
        case KeptWay::Format::ndjson:
            return "ndjson";
        case KeptWay::Format::text:
            return "text";
    }
    return "";
}

std::string TargetProfile::description() const {
    const std::string& words = title.empty() ? name : title;
    return url.empty() ? words : fmt::format("{} ({})", words, url);
}

std::string text_of(const TargetProfile& target) {
    std::string text = fmt::format("{}  {}\n", target.name,
                                   target.title_ja.empty() ? target.title : target.title_ja);
    if (!target.title.empty() && !target.title_ja.empty()) text += "  " + target.title + "\n";
    const auto line = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) text += fmt::format("    {:<14} {}\n", name, value);
    };
    line("server", target.is_started() ? "started by the plan" : "runs already");
    line("url", target.url.empty() ? "http://127.0.0.1:{port}" : target.url);
    line("command", fmt::format("{}", fmt::join(target.command, " ")));
    line("directory", target.directory == "/" ? "" : target.directory);
    line("events", fmt::format("POST {}, {}", target.events.path,
                               target.events.one_a_request ? "an event each" : "arrays"));
    line("headers", fmt::format("{}", fmt::join(names_of_headers(target), ", ")));
    line("accepted", accepted_text(*target.events.rule));
    line("ready", target.ready.empty() ? "when it takes connections" : "GET " + target.ready);
    const KeptWay& kept = target.kept;
    const std::string way =
        kept.command.empty() ? "GET " + kept.get : fmt::format("{}", fmt::join(kept.command, " "));
    line("kept", fmt::format("{} as {} by {}", name_of(kept.what), name_of(kept.format), way));
    line("process", !target.pid_file.empty() ? "pid in " + target.pid_file
                    : !target.process_command.empty()
                        ? "command line with " + target.process_command
                        : std::string("by its port"));
    return text;
}

std::string json_of(const TargetProfile& target) {
    std::string json;
    JsonObject object(json);
    object.text("name", target.name);
    object.text("title", target.title);
    object.text("title_ja", target.title_ja);
    object.text("url", target.url);
    object.text("events", target.events.path);
    object.text("body", target.events.one_a_request ? "event" : "array");
    object.text("ready", target.ready);
    object.raw("headers", words_json(names_of_headers(target)));
    object.raw("accepted", accepted_json(*target.events.rule));
    object.raw("kept", kept_json(target.kept));
    object.raw("command", words_json(target.command));
    object.text("directory", target.directory);
    object.text("pid_file", target.pid_file);
    object.text("process_command", target.process_command);
    object.close();
    return json;
}

}  // namespace cellmon::harness::peer
