#include "harness/report/phase_html.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "harness/report/clean_text.hpp"
#include "harness/report/numbers.hpp"
#include "harness/report/page.hpp"
#include "harness/report/panels.hpp"
#include "harness/report/plot.hpp"

namespace cellmon::harness::report {
namespace {

/// `narrow`: as wide as its columns need.
std::string head(std::string_view title, bool narrow = false) {
    return fmt::format("<h3>{}</h3>\n<div class=\"table{}\"><table>\n", title,
                       narrow ? " narrow" : "");
}
constexpr std::string_view kEnd = "</tbody></table></div>\n";

/// The criteria of a phase without a result have none either.
bool judged(const PhaseReport& phase) {
    const Verdict verdict = phase.judged();
    return verdict == Verdict::passed || verdict == Verdict::failed;
}

std::string criteria_html(const PhaseReport& phase) {
    std::string html = head(both({"基準", "Criteria"}));
    html += fmt::format(
        R"(<thead><tr><th>{}</th><th class="number">{}</th><th class="number">{}</th><th>{}</th><th>{}</th></tr></thead><tbody>)"
        "\n",
        both({"項目", "criterion"}), both({"測定値", "measured"}), both({"基準値", "limit"}),
        both({"判定", "verdict"}), both({"理由", "reason"}));
    for (const Criterion& criterion : phase.criteria) {
        const bool broken = judged(phase) && criterion.broken();
        const Verdict verdict = !judged(phase)       ? phase.judged()
                                : !criterion.applies ? Verdict::not_applicable
                                : broken             ? Verdict::failed
                                                     : Verdict::passed;
        const std::string measured = criterion.measured  ? escaped(measured_text(criterion))
                                     : criterion.applies ? both({"測定なし", "not measured"})
                                                         : "–";
        fmt::format_to(
            std::back_inserter(html),
            R"(<tr{}><td>{}</td><td class="number">{}</td><td class="number">{}</td><td>{}</td><td class="reason">{}</td></tr>)"
            "\n",
            broken ? R"( class="broken")" : "", both(words_of(criterion.name)), measured,
            escaped(limit_text(criterion)), badge(verdict),
            both(words_or(criterion.reason_ja, criterion.reason)));
    }
    return html + std::string(kEnd);
}

std::string figures_html(const PhaseReport& phase) {
    std::string html = head(both({"その他の測定値", "Other figures"}), true);
    html += fmt::format(
        R"(<thead><tr><th>{}</th><th class="number">{}</th><th>{}</th></tr></thead><tbody>)"
        "\n",
        both({"項目", "figure"}), both({"測定値", "measured"}), both({"良い方向", "better"}));
    for (const Figure& figure : phase.figures) {
        const Words better =
            figure.better == Figure::Better::lower    ? Words{"小さいほど良い", "lower"}
            : figure.better == Figure::Better::higher ? Words{"大きいほど良い", "higher"}
                                                      : Words{"–", "–"};
        fmt::format_to(std::back_inserter(html),
                       R"(<tr><td>{}</td><td class="number">{}</td><td>{}</td></tr>)"
                       "\n",
                       both(words_of(figure.name)), escaped(with_unit(figure.value, figure.unit)),
                       both(better));
    }
    return html + std::string(kEnd);
}

std::string after(TimeUs began, std::optional<TimeUs> at, const Words& never) {
    return at ? readable_length(*at - began) : both(never);
}

std::string faults_html(const PhaseReport& phase) {
    std::string html = head(both({"障害", "Faults"}), true);
    html += fmt::format(
        R"(<thead><tr><th></th><th>{}</th><th>{}</th><th class="number">{}</th><th class="number">{}</th><th class="number">{}</th></tr></thead><tbody>)"
        "\n",
        both({"対象", "target"}), both({"種類", "kind"}), both({"開始", "began at"}),
        both({"障害の長さ", "lasted"}), both({"終了から復旧まで", "from its end to recovery"}));
    for (std::size_t i = 0; i < phase.faults.size(); ++i) {
        const Fault& fault = phase.faults[i];
        fmt::format_to(
            std::back_inserter(html),
            R"(<tr{}><td class="id">F{}</td><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td></tr>)"
            "\n",
            fault.ended ? "" : R"( class="broken")", i + 1, both(words_of(fault.target)),
            both(words_of(fault.kind)), readable_length(fault.began - phase.began),
            after(fault.began, fault.ended, {"元に戻されていません", "never undone"}),
            after(fault.ended.value_or(fault.began), fault.ended ? fault.recovered : std::nullopt,
                  {"復旧を確認できません", "not seen"}));
    }
    return html + std::string(kEnd);
}

}  // namespace

std::string held_of(const PhaseReport& phase) {
    if (phase.criteria.empty() || !judged(phase)) return "–";
    const auto count = [&](const auto& counts) {
        return std::count_if(phase.criteria.begin(), phase.criteria.end(), counts);
    };
    const auto applying = count([](const Criterion& one) { return one.applies; });
    const auto broken = count([](const Criterion& one) { return one.broken(); });
    return fmt::format("{} / {}", applying - broken, applying);
}

std::string phase_html(const PhaseReport& phase, std::size_t index) {
    std::string html =
        fmt::format("<section id=\"phase-{}\">\n<h2>{} {} {}</h2>\n", index, escaped(phase.id),
                    both(words_or(phase.name_ja, phase.name)), badge(phase.judged()));
    if (!phase.reason.empty())
        html += fmt::format("<p>{}</p>\n", both(words_or(phase.reason_ja, phase.reason)));
    if (phase.ended > phase.began) {
        html += fmt::format("<p class=\"quiet\">{} · {}</p>\n", readable_time(phase.began),
                            readable_length(phase.ended - phase.began));
    }
    if (!phase.criteria.empty()) html += criteria_html(phase);
    if (!phase.faults.empty()) html += faults_html(phase);
    if (!phase.figures.empty()) html += figures_html(phase);
    const auto panels = panels_of(phase);
    if (!panels.empty()) {
        html += fmt::format("<h3>{}</h3>\n<div class=\"plots\">\n",
                            both({"時間変化", "Over the time"}));
        for (const Panel& panel : panels)
            html += plot(panel, phase);
        html += "</div>\n";
    }
    return html + "</section>\n";
}

}  // namespace cellmon::harness::report
