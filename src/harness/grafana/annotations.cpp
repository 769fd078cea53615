#include "harness/grafana/annotations.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/classroom/json_text.hpp"
#include "harness/report/clean_text.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::grafana {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr long kOk = 200;
constexpr std::string_view kKeyTag = "key:";
constexpr std::size_t kMostMarks = 5'000;

std::int64_t ms(TimeUs time) {
    return time / 1'000;
}

std::string in_both_languages(const report::Words& words) {
    return words.ja == words.en ? words.en : fmt::format("{} / {}", words.ja, words.en);
}

std::vector<std::string> tags_of(std::string_view run_tag, const Mark& mark) {
    return {"cellmon", mark.kind, std::string(run_tag), fmt::format("{}{}", kKeyTag, mark.key)};
}

std::string json_of(std::string_view run_tag, const Mark& mark) {
    std::string tags = "[";
    for (const std::string& tag : tags_of(run_tag, mark)) {
        if (tags.size() > 1) tags += ',';
        append_json_string(tags, report::clean_text(tag));
    }
    std::string json;
    JsonObject object(json);
    object.number("time", ms(mark.from));
    object.number("timeEnd", ms(mark.to));
    object.raw("tags", tags + "]");
    object.text("text", report::clean_text(mark.text));
    object.close();
    return json;
}

/// What Grafana has of a mark.
struct Found {
    std::int64_t id = 0;
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
    std::string text;
};

/// Its key, when it is one of ours.
std::optional<std::pair<std::string, Found>> read_annotation(element one) {
    Found found;
    std::string_view text;
    array tags;
    if (one.at_key("id").get(found.id) != simdjson::SUCCESS ||
        one.at_key("time").get(found.from_ms) != simdjson::SUCCESS ||
        one.at_key("text").get(text) != simdjson::SUCCESS ||
        one.at_key("tags").get(tags) != simdjson::SUCCESS)
        return std::nullopt;
    // Of a moment it may be left out.
    if (one.at_key("timeEnd").get(found.to_ms) != simdjson::SUCCESS) found.to_ms = found.from_ms;
    found.text = text;
    for (const element tag : tags) {
        std::string_view name;
        if (tag.get(name) == simdjson::SUCCESS && name.starts_with(kKeyTag))
            return std::pair(std::string(name.substr(kKeyTag.size())), std::move(found));
    }
    return std::nullopt;
}

Result<std::map<std::string, Found>> find_annotations(Client& client, std::string_view run_tag) {
    constexpr std::string_view kWhat = "a question for annotations";
    CELLMON_TRY_ASSIGN(
        const Answer answer,
        client.get(fmt::format("/api/annotations?type=annotation&limit={}&tags=cellmon&tags={}",
                               kMostMarks, Client::quoted(run_tag))));
    if (answer.status != kOk) return fail(Client::unexpected(kWhat, answer));
    simdjson::dom::parser parser;
    array list;
    if (parser.parse(answer.body).get(list) != simdjson::SUCCESS)
        return fail(Client::unexpected(kWhat, answer));
    std::map<std::string, Found> found;
    for (const element one : list) {
        if (auto mark = read_annotation(one)) found.insert(std::move(*mark));
    }
    return found;
}

bool is_as(const Found& found, const Mark& mark) {
    return found.from_ms == ms(mark.from) && found.to_ms == ms(mark.to) &&
           found.text == report::clean_text(mark.text);
}

}  // namespace

std::vector<Mark> marks_of(const report::RunReport& report) {
    std::vector<Mark> marks;
    for (const report::PhaseReport& phase : report.phases) {
        if (phase.ended <= phase.began) continue;
        marks.push_back({fmt::format("phase {}", phase.id), "phase",
                         fmt::format("{} {}: {}", phase.id,
                                     in_both_languages(report::words_or(phase.name_ja, phase.name)),
                                     in_both_languages(report::words_of(phase.judged()))),
                         phase.began, phase.ended});
        for (std::size_t i = 0; i < phase.faults.size(); ++i) {
            const report::Fault& fault = phase.faults[i];
            marks.push_back({fmt::format("phase {} fault {}", phase.id, i + 1), "fault",
                             fmt::format("{} F{} {}: {}", phase.id, i + 1,
                                         in_both_languages(report::words_of(fault.target)),
                                         in_both_languages(report::words_of(fault.kind))),
                             fault.began, fault.ended.value_or(phase.ended)});
        }
    }
    return marks;
}

std::string run_tag_of(const report::RunReport& report) {
    return report::clean_text(
        fmt::format("run:{} {} {}", report.plan, report.profile, format_time(report.began)));
}

Result<Annotated> annotate(Client& client, std::string_view run_tag,
                           const std::vector<Mark>& marks) {
    if (marks.size() > kMostMarks) {
        return fail(ErrorCode::limit, fmt::format("a run has {} phases and faults; {} are the most",
                                                  marks.size(), kMostMarks));
    }
    CELLMON_TRY_ASSIGN(const auto found, find_annotations(client, run_tag));
    Annotated done;
    for (const Mark& mark : marks) {
        const auto own = found.find(report::clean_text(mark.key));
        if (own != found.end() && is_as(own->second, mark)) {
            ++done.unchanged;
            continue;
        }
        const bool is_new = own == found.end();
        CELLMON_TRY_ASSIGN(const Answer answer,
                           client.send(is_new ? "POST" : "PATCH",
                                       is_new ? "/api/annotations"
                                              : fmt::format("/api/annotations/{}", own->second.id),
                                       json_of(run_tag, mark)));
        if (answer.status != kOk) return fail(Client::unexpected("an annotation", answer));
        ++(is_new ? done.made : done.updated);
    }
    return done;
}

}  // namespace cellmon::harness::grafana
