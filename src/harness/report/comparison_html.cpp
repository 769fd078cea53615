#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/comparison_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/page.hpp"
#include "harness/report/panels.hpp"
#include "harness/report/plot.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

Words words_of_change(Change change) {
    switch (change) {
        case Change::better:
            return {"改善", "better"};
        case Change::worse:
            return {"悪化", "worse"};
        case Change::same:
            return {"同じ", "same"};
        case Change::differs:
            return {"差あり", "differs"};
        case Change::unknown:
            return {"比較不可", "not comparable"};
    }
    return {};
}

Words unlike_words(std::string_view what) {
    const std::string en(what);
    if (what == "plan") return {"計画", en};
    if (what == "length") return {"長さ", en};
    if (what == "phases") return {"フェーズ", en};
    if (what == "machine") return {"マシン", en};
    return {"ファイルシステム", en};
}

std::string head_html(const std::vector<NamedRun>& runs, const Comparison& comparison) {
    std::string html = fmt::format(
        "<section class=\"verdict\">\n<h1>{}</h1>\n<p>{}</p>\n",
        both({"実行結果の比較", "Runs compared"}),
        both({fmt::format("A に対して：改善 {}、悪化 {}、同じ {}", comparison.count(Change::better),
                          comparison.count(Change::worse), comparison.count(Change::same)),
              fmt::format("Held against A: {} better, {} worse, {} the same",
                          comparison.count(Change::better), comparison.count(Change::worse),
                          comparison.count(Change::same))}));
    const auto unlike = unlike_in(runs);
    if (!unlike.empty()) {
        Words text{"条件が異なります：", "The runs are not alike in: "};
        for (std::size_t i = 0; i < unlike.size(); ++i) {
            const Words what = unlike_words(unlike[i]);
            text.ja += (i == 0 ? "" : "、") + what.ja;
            text.en += (i == 0 ? "" : ", ") + what.en;
        }
        html += fmt::format("<p><strong>{}</strong></p>\n", both(text));
    }
    return html + "</section>\n";
}

std::string runs_html(const std::vector<NamedRun>& runs) {
    std::string html = fmt::format(
        "<h2>{}</h2>\n<div "
        "class=\"table\"><table>\n<thead><tr><th></th><th>{}</th><th>{}</th><th>{}"
        "</th><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>\n",
        both({"実行", "Runs"}), both({"対象", "target"}), both({"プロファイル", "profile"}),
        both({"開始", "began"}), both({"判定", "verdict"}), both({"ボトルネック", "bottleneck"}),
        both({"フォルダー", "folder"}));
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const RunReport& report = runs[i].report;
        const Words part = words_of_part(report);
        fmt::format_to(std::back_inserter(html),
                       "<tr><td class=\"id\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td>"
                       "<td>{}</td><td>{}</td></tr>\n",
                       letter_of(i), escaped(report.target), escaped(report.profile),
                       readable_time(report.began), badge(report.verdict()),
                       part.en.empty() ? "" : " " + both(part),
                       report.bottleneck.empty() ? "–" : both(words_of(report.bottleneck)),
                       escaped(runs[i].name));
    }
    return html + "</tbody></table></div>\n";
}

/// What stands above a run's column: its letter, and what was tested.
std::string head_of(const std::vector<NamedRun>& runs, std::size_t run) {
    return fmt::format("{}<br><span class=\"target\">{}</span>", letter_of(run),
                       escaped(runs[run].report.target));
}

std::string cell_html(const Value& value, const Row& row, bool is_first) {
    const bool broken = value.held && !*value.held;
    std::string html = fmt::format(
        "<td class=\"number\">{}{}",
        value.measured ? escaped(with_unit(*value.measured, row.unit)) : "–",
        broken
            ? fmt::format(" <span class=\"worse\" title=\"\">{}</span>", mark_of(Verdict::failed))
            : "");
    if (!is_first) {
        html += fmt::format("<br><span class=\"{}\">{}{}</span>", name_of(value.change),
                            both(words_of_change(value.change)),
                            value.percent && value.change != Change::same
                                ? " " + percent_text(*value.percent)
                                : "");
    }
    return html + "</td>";
}

std::string rows_html(const std::vector<NamedRun>& runs, const Comparison& comparison,
                      std::string_view phase) {
    std::string rows;
    for (const Row& row : comparison.rows) {
        if (row.phase != phase) continue;
        fmt::format_to(std::back_inserter(rows), "<tr><td>{}</td><td class=\"number\">{}</td>",
                       both(words_of(row.name)), escaped(row.limit));
        for (std::size_t i = 0; i < row.values.size(); ++i)
            rows += cell_html(row.values[i], row, i == 0);
        rows += "</tr>\n";
    }
    if (rows.empty()) return rows;
    std::string head;
    for (std::size_t i = 0; i < runs.size(); ++i)
        head += fmt::format("<th class=\"number\">{}</th>", head_of(runs, i));
    return fmt::format(
        "<div class=\"table\"><table>\n<thead><tr><th>{}</th><th class=\"number\">{}</th>{}</tr>"
        "</thead><tbody>\n{}</tbody></table></div>\n",
        both({"項目", "criterion or figure"}), both({"基準値", "limit"}), head, rows);
}

/// Why a phase of a run has no result, and what does not hold in it.
std::string reasons_html(const std::vector<NamedRun>& runs, std::string_view id) {
    std::string items;
    const auto add = [&](std::size_t run, const Words& what, const Words& why) {
        fmt::format_to(std::back_inserter(items), "<li>{}{}{}</li>\n", letter_of(run),
                       what.en.empty() ? ": " : " " + both(what) + ": ", both(why));
    };
    for (std::size_t i = 0; i < runs.size(); ++i) {
        for (const PhaseReport& phase : runs[i].report.phases) {
            if (phase.id != id) continue;
            if (!phase.reason.empty()) add(i, {}, words_or(phase.reason_ja, phase.reason));
            for (const Criterion& one : phase.criteria) {
                if (one.held || one.reason.empty()) continue;
                add(i, words_of(one.name), words_or(one.reason_ja, one.reason));
            }
        }
    }
    return items.empty() ? items : "<ul class=\"reasons\">\n" + items + "</ul>\n";
}

/// The panels of one phase over all runs: those of one title stand in one row, on one scale.
std::string plots_html(const std::vector<NamedRun>& runs, std::string_view id) {
    struct Placed {
        Panel panel;
        const PhaseReport* phase;
        std::size_t run;
    };
    std::vector<Placed> placed;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        for (const PhaseReport& phase : runs[i].report.phases) {
            if (phase.id != id) continue;
            for (Panel& panel : panels_of(phase))
                placed.push_back({std::move(panel), &phase, i});
        }
    }
    std::string html;
    std::vector<bool> done(placed.size(), false);
    for (std::size_t i = 0; i < placed.size(); ++i) {
        if (done[i]) continue;
        const auto alike = [&](std::size_t j) {
            return placed[j].panel.title.en == placed[i].panel.title.en &&
                   placed[j].panel.unit == placed[i].panel.unit;
        };
        double most = 0;
        for (std::size_t j = i; j < placed.size(); ++j)
            most = alike(j) ? std::max(most, greatest_of(placed[j].panel)) : most;
        // Of two runs each has its side, also where the other has no such plot.
        const bool is_pair = runs.size() == 2;
        html += is_pair ? "<div class=\"plots beside\">\n" : "<div class=\"plots\">\n";
        if (is_pair && placed[i].run == 1) html += "<div></div>\n";
        for (std::size_t j = i; j < placed.size(); ++j) {
            if (done[j] || !alike(j)) continue;
            html += plot(placed[j].panel, *placed[j].phase, {letter_of(placed[j].run), most});
            done[j] = true;
        }
        html += "</div>\n";
    }
    return html;
}

}  // namespace

std::string comparison_html(const std::vector<NamedRun>& runs, const Comparison& comparison) {
    std::string body = head_html(runs, comparison) + runs_html(runs);
    for (const PhaseRow& phase : comparison.phases) {
        body += fmt::format("<section>\n<h2>{} {}</h2>\n<p>", escaped(phase.id),
                            both(words_or(phase.name_ja, phase.name)));
        for (std::size_t i = 0; i < phase.verdicts.size(); ++i) {
            const auto& verdict = phase.verdicts[i];
            body += fmt::format("{} {}&ensp; ", letter_of(i),
                                verdict ? badge(*verdict) : both({"なし", "no such phase"}));
        }
        body += "</p>\n" + reasons_html(runs, phase.id) + rows_html(runs, comparison, phase.id) +
                plots_html(runs, phase.id) + "</section>\n";
    }
    body += fmt::format(
        "<footer>{}</footer>\n",
        both(
            {"✕ は基準を満たさない値です。「同じ」は許容差以内を意味します。1 "
             "回ずつの実行では偶然の差と区別できません。",
             "✕ marks a value that does not keep its limit. Same: within the tolerance. One run of "
             "each does not tell chance from change."}));
    return page("Comparison", body);
}

}  // namespace cellmon::harness::report
