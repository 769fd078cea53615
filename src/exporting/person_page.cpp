#include "exporting/person_page.hpp"

#include <fmt/format.h>

#include "event/text.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::size_t kMostShownBytes = 4'000;  ///< Of one text; the file has all of it.

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string shortened(std::string_view text) {
    const std::string_view shown = event::cut_utf8(text, kMostShownBytes);
    return escaped(shown) + (shown.size() < text.size() ? "…" : "");
}

void append_part(std::string& row, std::string_view name,
                 const std::optional<std::string_view>& text) {
    if (!text || text->empty()) return;
    row += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>", name,
                       shortened(*text));
}

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "color:#111;background:#fff}table{border-collapse:collapse;width:100%}th,td{border:1px solid "
    "#999;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "pre{white-space:pre-wrap;margin:.3rem 0}";

/// The words of the page in one language.
struct PageWords {
    std::string_view code;
    std::string_view title;
    std::string_view other;
    std::string_view about;
    std::string_view made;
    std::string_view files;
    std::string_view head;
    std::string_view live;
    std::string_view progress;
    std::string_view events;
    std::string_view newest;
    std::string_view event_head;
};

constexpr PageWords kEnglish{"en",
                             "What is stored about you",
                             R"(<a href="index.ja.html">日本語</a>)",
                             "This folder holds everything that Cell Monitor stores about the "
                             "person with this address. The files can be read by programs: "
                             "each line is one row as JSON. Names of other people are left out; "
                             "where you wrote of somebody, your words stand as they are.",
                             "Made",
                             "Files",
                             "<th>file</th><th>rows</th><th>what it is</th>",
                             "What the live page of the class knows",
                             "Progress and notifications",
                             "Your events",
                             "Only the newest 2,000 are shown here; events.ndjson has all.",
                             "<th>time (UTC)</th><th>what</th><th>notebook</th><th>content</th>"};

constexpr PageWords kJapanese{
    "ja",
    "保存されているあなたのデータ",
    R"(<a href="index.html">English</a>)",
    "このフォルダーには、Cell Monitor "
    "がこのメールアドレスの人について保存しているすべてのデータが入っています。各ファイルは1行が1件"
    "の JSON で、プログラムで読めます。"
    "他の人の名前は含みません。あなたが他の人について書いた文章はそのままです。",
    "作成",
    "ファイル",
    "<th>ファイル</th><th>件数</th><th>内容</th>",
    "クラスのライブ画面が持つ情報",
    "進捗と通知",
    "あなたのイベント",
    "ここには新しい 2,000 件だけを表示しています。すべては events.ndjson にあります。",
    "<th>時刻 (UTC)</th><th>種類</th><th>ノートブック</th><th>内容</th>"};

}  // namespace

void PersonEvents::add(const event::Event& event) {
    std::string row = fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>", format_time(event.event_time_us),
        escaped(event.event_type.value_or("")), escaped(event.notebook_path.value_or("")));
    append_part(row, "code", event.code);
    append_part(row, "error", event.error_message);
    append_part(row, "result", event.result);
    append_part(row, "output", event.output);
    append_part(row, "traceback", event.traceback);
    append_part(row, "note", event.help_note);
    row += "</td></tr>\n";
    rows_.push_back(std::move(row));
    if (rows_.size() <= kMost) return;
    rows_.pop_front();
    is_whole_ = false;
}

std::string PersonEvents::html() const {
    std::string text;
    for (const std::string& row : rows_)
        text += row;
    return text;
}

std::string person_page(std::string_view email, TimeUs now, const PersonSummary& summary,
                        const PersonEvents& events, std::string_view live,
                        std::string_view progress, bool japanese) {
    const PageWords& words = japanese ? kJapanese : kEnglish;
    std::string page = fmt::format(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>"
        "<meta name=\"viewport\" content=\"width=device-width\"><style>{}</style></head><body>\n"
        "<p>{}</p><h1>{}</h1><p>{}</p><p>{}</p><p>{}: {}</p>\n",
        words.code, words.title, kStyle, words.other, words.title, escaped(email), words.about,
        words.made, format_time(now));
    page += fmt::format("<h2>{}</h2><table><tr>{}</tr>\n", words.files, words.head);
    for (const PersonFile& file : summary.files) {
        page += fmt::format("<tr><td><a href=\"{0}\">{0}</a></td><td>{1}</td><td>{2}</td></tr>\n",
                            file.name, file.rows, japanese ? file.ja : file.en);
    }
    page += "</table>\n";
    if (!live.empty()) page += fmt::format("<h2>{}</h2><pre>{}</pre>\n", words.live, escaped(live));
    if (!progress.empty()) {
        page += fmt::format("<h2>{}</h2><pre>{}</pre>\n", words.progress, escaped(progress));
    }
    page += fmt::format("<h2>{}</h2>", words.events);
    if (!events.is_whole()) page += fmt::format("<p>{}</p>", words.newest);
    page += fmt::format("<table><tr>{}</tr>\n{}</table></body></html>\n", words.event_head,
                        events.html());
    return page;
}

}  // namespace cellmon::exporting
