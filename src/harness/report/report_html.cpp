#include "harness/report/report_html.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/page.hpp"
#include "harness/report/phase_html.hpp"
#include "harness/report/words.hpp"

namespace cellmon::harness::report {
namespace {

constexpr std::array kOrder{Verdict::passed, Verdict::failed, Verdict::invalid, Verdict::not_run,
                            Verdict::not_applicable};

/// "5 phases: 3 passed, 1 failed, 1 not applicable".
Words counts_of(const RunReport& report) {
    Words words{
        fmt::format("{}{} フェーズ：", report.left_out.empty() ? "全 " : "", report.phases.size()),
        fmt::format("{} phase{}: ", report.phases.size(), report.phases.size() == 1 ? "" : "s")};
    bool first = true;
    for (const Verdict verdict : kOrder) {
        const auto count =
            std::count_if(report.phases.begin(), report.phases.end(),
                          [&](const PhaseReport& phase) { return phase.judged() == verdict; });
        if (count == 0) continue;
        const Words word = words_of(verdict);
        words.ja += fmt::format("{}{} {}", first ? "" : "、", word.ja, count);
        words.en += fmt::format("{}{} {}", first ? "" : ", ", count, word.en);
        first = false;
    }
    return words;
}

/// Of a phase that failed although each criterion holds.
Words unbroken_reason(const PhaseReport& phase) {
    if (!phase.reason.empty()) return words_or(phase.reason_ja, phase.reason);
    const bool undone = std::all_of(phase.faults.begin(), phase.faults.end(),
                                    [](const Fault& fault) { return fault.ended.has_value(); });
    if (undone) return {"理由は記録されていません", "no reason was recorded"};
    return {"障害が元に戻されていません", "a fault was never undone"};
}

/// What is broken, each with a link to its phase.
std::string broken_html(const RunReport& report) {
    std::string html;
    const auto add = [&](std::size_t index, const std::string& what) {
        const PhaseReport& phase = report.phases[index];
        fmt::format_to(std::back_inserter(html), "<li><a href=\"#phase-{}\">{} {}</a>: {}</li>\n",
                       index, escaped(phase.id), both(words_or(phase.name_ja, phase.name)), what);
    };
    for (std::size_t i = 0; i < report.phases.size(); ++i) {
        const PhaseReport& phase = report.phases[i];
        if (phase.judged() != Verdict::failed) continue;
        const std::size_t before = html.size();
        for (const Criterion& criterion : phase.criteria) {
            if (!criterion.broken()) continue;
            const std::string measured = criterion.measured ? escaped(measured_text(criterion))
                                                            : both({"測定なし", "not measured"});
            add(i, fmt::format("{} {} ({} {})", both(words_of(criterion.name)), measured,
                               both({"基準", "limit"}), escaped(limit_text(criterion))));
        }
        if (html.size() == before) add(i, both(unbroken_reason(phase)));
    }
    return html.empty() ? html : "<ul>\n" + html + "</ul>\n";
}

std::string machine_text(const Machine& machine) {
    std::string text = machine.cpu;
    const auto add = [&](const std::string& more) {
        if (!more.empty()) text += (text.empty() ? "" : " · ") + more;
    };
    if (machine.cores > 0)
        add(fmt::format("{} core{}", machine.cores, machine.cores == 1 ? "" : "s"));
    if (machine.memory_bytes > 0)
        add(fmt::format("{:.1f} GB", static_cast<double>(machine.memory_bytes) / 1e9));
    add(machine.kernel);
    add(machine.file_system);
    return text;
}

std::string facts_html(const RunReport& report) {
    std::string html = "<dl>\n";
    const auto fact = [&](const Words& name, const std::string& value) {
        if (!value.empty())
            fmt::format_to(std::back_inserter(html), "<dt>{}</dt><dd>{}</dd>\n", both(name), value);
    };
    fact({"対象", "Target"}, escaped(report.target));
    fact({"プロファイル", "Profile"}, escaped(report.profile));
    fact({"実行", "Run"},
         fmt::format("{} · {}", readable_time(report.began),
                     readable_length(std::max<TimeUs>(0, report.ended - report.began))));
    fact({"長さ", "Length"},
         both(report.quick ? Words{"短縮版", "quick"} : Words{"完全版", "full"}));
    fact({"乱数シード", "Seed"}, fmt::format("{}", report.seed));
    fact({"マシン", "Machine"}, escaped(machine_text(report.machine)));
    if (!report.bottleneck.empty()) {
        std::string text = both(words_of(report.bottleneck));
        if (!report.bottleneck_reason.empty()) {
            text += " – " + both(words_or(report.bottleneck_reason_ja, report.bottleneck_reason));
        }
        fact({"ボトルネック", "Bottleneck"}, text);
    }
    return html + "</dl>\n";
}

std::string verdict_html(const RunReport& report) {
    const Verdict verdict = report.verdict();
    std::string html = fmt::format(
        "<section class=\"verdict {}\">\n<h1>{}</h1>\n<p class=\"word\"><span "
        "aria-hidden=\"true\">{}</span> {}</p>\n<p>{}</p>\n",
        name_of(verdict), escaped(report.plan), mark_of(verdict), both(words_of(report)),
        both(counts_of(report)));
    if (!report.left_out.empty()) {
        const std::string ids = fmt::format("{}", fmt::join(report.left_out, ", "));
        html += fmt::format("<p><strong>{}</strong></p>\n",
                            both({"計画の一部だけの結果です。含まれないフェーズ：" + ids,
                                  "This is a part of the plan, without " + ids}));
    }
    if (report.interrupted) {
        html += fmt::format("<p><strong>{}</strong></p>\n",
                            both({"途中で中断されました。この結果は一部です。",
                                  "The plan was stopped: this is a part of a result."}));
    }
    return html + broken_html(report) + facts_html(report) + "</section>\n";
}

std::string phases_html(const RunReport& report) {
    std::string html = fmt::format(
        "<h2>{}</h2>\n<div class=\"table\"><table>\n<thead><tr><th></th><th>{}</th><th>{}</th><th "
        "class=\"number\">{}</th><th class=\"number\">{}</th><th>{}</th></tr></thead><tbody>\n",
        both({"フェーズ一覧", "Phases"}), both({"フェーズ", "phase"}), both({"判定", "verdict"}),
        both({"満たした基準", "criteria held"}), both({"所要時間", "time"}),
        both({"理由", "reason"}));
    for (std::size_t i = 0; i < report.phases.size(); ++i) {
        const PhaseReport& phase = report.phases[i];
        fmt::format_to(
            std::back_inserter(html),
            R"(<tr{}><td class="id">{}</td><td><a href="#phase-{}">{}</a></td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td class="reason">{}</td></tr>)"
            "\n",
            phase.judged() == Verdict::failed ? R"( class="broken")" : "", escaped(phase.id), i,
            both(words_or(phase.name_ja, phase.name)), badge(phase.judged()), held_of(phase),
            phase.ended > phase.began ? readable_length(phase.ended - phase.began) : "–",
            both(words_or(phase.reason_ja, phase.reason)));
    }
    return html + "</tbody></table></div>\n";
}

}  // namespace

std::string report_html(const RunReport& report) {
    std::string body = verdict_html(report) + phases_html(report);
    for (std::size_t i = 0; i < report.phases.size(); ++i)
        body += phase_html(report.phases[i], i);
    body += fmt::format(
        "<footer>{}</footer>\n",
        both({"同じフォルダーの report.json に全ての値と系列が、junit.xml に判定があります。p95 "
              "は測定値の 95 % がそれ以下であることを示します。",
              "report.json beside this page has all values and series, junit.xml the verdicts. "
              "p95: 95 % of the values are at or below it."}));
    return page(
        fmt::format("{} {} – {}", mark_of(report.verdict()), report.plan, words_of(report).en),
        body);
}

}  // namespace cellmon::harness::report
