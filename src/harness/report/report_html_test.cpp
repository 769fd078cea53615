#include "harness/report/report_html.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "harness/report/axis.hpp"
#include "harness/report/comparison_text.hpp"
#include "harness/report/plot.hpp"
#include "harness/report/test_reports.hpp"
#include "harness/report/thinning.hpp"

namespace cellmon::harness::report {
namespace {

std::size_t count(const std::string& in, std::string_view piece) {
    std::size_t found = 0;
    for (auto at = in.find(piece); at != std::string::npos; at = in.find(piece, at + 1))
        ++found;
    return found;
}

/// Names of the elements, and whether each is closed in its turn. What does not belong to the
/// page's own markup shows as an element that is not known.
struct Markup {
    std::set<std::string> elements;
    bool nested = true;
};

Markup markup_of(const std::string& html) {
    static const std::set<std::string> kVoid{"meta", "input", "br",      "line",
                                             "rect", "path",  "!doctype"};
    Markup markup;
    std::vector<std::string> open;
    for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const bool closes = html[at + 1] == '/';
        const auto begin = at + (closes ? 2 : 1);
        const std::string name = html.substr(begin, html.find_first_of(" >/\n", begin) - begin);
        markup.elements.insert(name);
        if (kVoid.contains(name)) continue;
        if (!closes) {
            open.push_back(name);
        } else if (open.empty() || open.back() != name) {
            markup.nested = false;
        } else {
            open.pop_back();
        }
    }
    markup.nested = markup.nested && open.empty();
    return markup;
}

const std::set<std::string> kOwnElements{
    "!doctype", "html", "head",  "meta",   "title",  "style",      "body",    "input", "nav",
    "label",    "main", "h1",    "h2",     "h3",     "p",          "section", "span",  "strong",
    "ul",       "li",   "a",     "dl",     "dt",     "dd",         "div",     "table", "thead",
    "tbody",    "tr",   "th",    "td",     "figure", "figcaption", "svg",     "line",  "rect",
    "path",     "text", "tspan", "footer", "br"};

void spoil(std::string& text) {
    text += R"(</td><script src="https://example.com/x">alert('1')</script>" onload='x' &)";
}

RunReport spoiled_run() {
    RunReport run = realistic_run();
    for (std::string* text : {&run.plan, &run.profile, &run.target, &run.machine.cpu,
                              &run.machine.kernel, &run.machine.file_system, &run.bottleneck,
                              &run.bottleneck_reason, &run.bottleneck_reason_ja})
        spoil(*text);
    spoil(run.left_out.emplace_back());
    for (PhaseReport& phase : run.phases) {
        for (std::string* text :
             {&phase.id, &phase.name, &phase.name_ja, &phase.reason, &phase.reason_ja})
            spoil(*text);
        for (Criterion& one : phase.criteria) {
            for (std::string* text :
                 {&one.name, &one.limit, &one.unit, &one.reason, &one.reason_ja})
                spoil(*text);
        }
        for (Figure& one : phase.figures) {
            spoil(one.name);
            spoil(one.unit);
        }
        for (Series& one : phase.series) {
            spoil(one.name);
            spoil(one.unit);
        }
        for (Fault& one : phase.faults) {
            spoil(one.kind);
            spoil(one.target);
        }
    }
    return run;
}

TEST(ReportHtml, IsWellNestedAndOfKnownElements) {
    const Markup markup = markup_of(report_html(realistic_run()));
    EXPECT_TRUE(markup.nested);
    for (const std::string& element : markup.elements)
        EXPECT_TRUE(kOwnElements.contains(element)) << element;
    EXPECT_TRUE(markup_of(report_html(RunReport{})).nested) << "a run without phases, too";
}

TEST(ReportHtml, NothingFromOutsideIsMarkup) {
    const RunReport run = spoiled_run();
    for (const std::string& html :
         {report_html(run), comparison_html({{"<b>", run}, {"\"x\"", run}},
                                            compare({{"<b>", run}, {"\"x\"", run}}, 5))}) {
        const Markup markup = markup_of(html);
        EXPECT_TRUE(markup.nested);
        for (const std::string& element : markup.elements)
            EXPECT_TRUE(kOwnElements.contains(element)) << element;
        EXPECT_EQ(count(html, "src=\""), 0U);
        EXPECT_EQ(count(html, "onload='"), 0U);
    }
}

TEST(ReportHtml, NeedsNoNetworkAndNoScript) {
    const std::string html = report_html(realistic_run());
    EXPECT_EQ(count(html, "http:"), 0U);
    EXPECT_EQ(count(html, "https:"), 0U);
    EXPECT_EQ(count(html, "url("), 0U);
    EXPECT_EQ(count(html, " style=\""), 0U) << "the policy would not allow it";
    EXPECT_EQ(count(html, "default-src 'none'; style-src 'sha256-"), 1U);
}

TEST(ReportHtml, SaysTheVerdictInBothLanguages) {
    const std::string html = report_html(realistic_run());
    EXPECT_NE(html.find("<span class=\"ja\" lang=\"ja\">不合格</span><span class=\"en\" "
                        "lang=\"en\">failed</span></p>"),
              std::string::npos);
    EXPECT_NE(html.find("5 phases: 1 passed, 1 failed, 1 not valid, 1 not run, 1 not applicable"),
              std::string::npos);
    EXPECT_NE(html.find("全 5 フェーズ：合格 1、不合格 1、測定無効 1、未実施 1、対象外 1"),
              std::string::npos);
}

TEST(ReportHtml, AsManyTextsInOneLanguageAsInTheOther) {
    const std::string html = report_html(realistic_run());
    EXPECT_GT(count(html, "class=\"ja\""), 50U);
    EXPECT_EQ(count(html, "class=\"ja\""), count(html, "class=\"en\""));
}

// Plots -------------------------------------------------------------------------------------------

PhaseReport phase_with(Series series) {
    PhaseReport phase;
    phase.began = kBegan;
    phase.ended = kBegan + 10 * kSecondUs;
    phase.series = {std::move(series)};
    return phase;
}

std::string plot_of(const PhaseReport& phase) {
    const auto panels = panels_of(phase);
    EXPECT_EQ(panels.size(), 1U);
    return plot(panels.at(0), phase);
}

TEST(Plot, AGapStaysOne) {
    const auto phase = phase_with(series_of("cpu_percent", "%", 10, [](int s) {
        return s == 4 || s == 6 ? std::nullopt : std::optional<double>(s);
    }));
    const std::string svg = plot_of(phase);
    const auto line = svg.substr(svg.find("class=\"line s0\" d=\""));
    const auto path = line.substr(0, line.find("/>"));
    EXPECT_EQ(count(path, "M"), 3U) << path;
    EXPECT_EQ(count(path, "m-3 0h6m-3-3v6"), 1U) << "one value between two gaps is a cross";
}

TEST(Plot, FaultsAreBandsOnTheTimeAxis) {
    auto phase =
        phase_with(series_of("cpu_percent", "%", 10, [](int) { return std::optional(50.0); }));
    EXPECT_EQ(count(plot_of(phase), "class=\"fault\""), 0U);
    phase.faults = {
        {"kill", "redis", kBegan + 2 * kSecondUs, kBegan + 4 * kSecondUs, kBegan + 5 * kSecondUs},
        {"stop", "server", kBegan + 6 * kSecondUs, std::nullopt, std::nullopt}};
    const std::string svg = plot_of(phase);
    // 484 wide from 62 on, for ten seconds.
    EXPECT_NE(svg.find(R"(class="fault" x="158.8" y="24" width="96.8")"), std::string::npos) << svg;
    EXPECT_NE(svg.find(R"(class="recovery" x="255.6" y="24" width="48.4")"), std::string::npos);
    EXPECT_NE(svg.find(R"(class="fault" x="352.4" y="24" width="193.6")"), std::string::npos)
        << "one that was never undone lasts to the end";
    EXPECT_NE(svg.find("F1 Redis: kill"), std::string::npos);
}

TEST(Plot, WhatHasNoValueHasNoPlot) {
    const auto phase =
        phase_with(series_of("cpu_percent", "%", 10, [](int) { return std::optional<double>(); }));
    EXPECT_TRUE(panels_of(phase).empty());
}

TEST(Plot, EachSeriesIsShownOnce) {
    const RunReport run = realistic_run();
    std::size_t shown = 0;
    for (const Panel& panel : panels_of(run.phases[0])) {
        EXPECT_LE(panel.series.size(), kMostLines);
        for (const Series* series : panel.series)
            EXPECT_EQ(series->unit, panel.unit);
        shown += panel.series.size();
    }
    EXPECT_EQ(shown, run.phases[0].series.size());
    EXPECT_EQ(panels_of(run.phases[0])[0].title.en, "Rate");
    EXPECT_EQ(panels_of(run.phases[0])[1].title.en, "Latency");
}

TEST(ReportHtml, OfAPartSaysSo) {
    RunReport run = realistic_run();
    EXPECT_EQ(count(report_html(run), "phases played"), 0U);
    run.left_out = {"1.1", "3.2<b>"};
    const std::string html = report_html(run);
    EXPECT_EQ(count(html, "failed, 3 of 7 phases played"), 2U) << "in the title and above all";
    EXPECT_EQ(count(html, "不合格、全 7 フェーズ中 3 フェーズを実施"), 1U);
    EXPECT_EQ(count(html, "This is a part of the plan, without 1.1, 3.2&lt;b&gt;"), 1U);
    EXPECT_EQ(count(html, "含まれないフェーズ：1.1, 3.2&lt;b&gt;"), 1U);
    EXPECT_EQ(count(html, "全 5 フェーズ："), 0U);
    const std::vector<NamedRun> runs{{"a", realistic_run()}, {"b", run}};
    const std::string both_runs = comparison_html(runs, compare(runs, 5));
    EXPECT_EQ(count(both_runs, "3 of 7 phases played"), 1U);
    EXPECT_EQ(count(both_runs, "The runs are not alike in: phases"), 1U);
}

TEST(Words, OfAFigureOfAStepNameItsStudents) {
    EXPECT_EQ(words_of("latency_p95_ms_300_students").en, "latency p95, 300 students");
    EXPECT_EQ(words_of("latency_p95_ms_300_students").ja, "遅延 p95（学生 300 名）");
    EXPECT_EQ(words_of("events_per_s_1_students").en, "achieved rate, 1 student");
    EXPECT_EQ(words_of("equal_students").en, "equal students");
    EXPECT_EQ(words_of("_students").en, " students");
}

TEST(Thinning, KeepsPeaksGapsAndOrder) {
    EXPECT_TRUE(rc::check([] {
        Series series;
        const auto length = *rc::gen::inRange<std::size_t>(1, 3'000);
        for (std::size_t i = 0; i < length; ++i) {
            series.at.push_back(kBegan + static_cast<TimeUs>(i) * kSecondUs);
            const int value = *rc::gen::inRange(-5, 1'000);
            series.value.push_back(value < 0 ? std::nullopt : std::optional<double>(value));
        }
        const auto columns = *rc::gen::inRange<std::size_t>(1, 300);
        const auto kept = thinned(series, columns);
        std::optional<double> most;
        std::optional<double> least;
        for (const auto& value : series.value) {
            if (!value) continue;
            most = std::max(most.value_or(*value), *value);
            least = std::min(least.value_or(*value), *value);
        }
        std::optional<double> kept_most;
        std::optional<double> kept_least;
        for (std::size_t i = 0; i < kept.size(); ++i) {
            const auto value = series.value[kept[i].index];
            RC_ASSERT(value.has_value());
            kept_most = std::max(kept_most.value_or(*value), *value);
            kept_least = std::min(kept_least.value_or(*value), *value);
            if (i == 0) continue;
            RC_ASSERT(kept[i - 1].index < kept[i].index);
            const auto between = [&](const auto& predicate) {
                return std::any_of(
                    series.value.begin() + static_cast<std::ptrdiff_t>(kept[i - 1].index),
                    series.value.begin() + static_cast<std::ptrdiff_t>(kept[i].index), predicate);
            };
            RC_ASSERT(kept[i].gap == between([](const auto& one) { return !one; }));
        }
        RC_ASSERT(kept_most == most);
        RC_ASSERT(kept_least == least);
    }));
}

TEST(Thinning, FourADayOfSamplesIsEnough) {
    const Series day = series_of("cpu_percent", "%", 86'400, [](int s) {
        return std::optional(s == 40'000 ? 100.0 : noise(s, 1));
    });
    EXPECT_LE(thinned(day, 484).size(), 4 * 485U);
}

TEST(Axis, CoversTheValuesWithFewRoundMarks) {
    EXPECT_TRUE(rc::check([] {
        const double least = *rc::gen::inRange(-1'000'000, 1'000'000) / 1'000.0;
        const double most = least + *rc::gen::inRange(0, 1'000'000) / 1'000.0;
        const Axis axis = value_axis(least, most);
        RC_ASSERT(axis.from <= std::min(least, 0.0) + 1e-6);
        RC_ASSERT(axis.to >= most - 1e-6);
        RC_ASSERT(axis.to > axis.from);
        RC_ASSERT(axis.ticks.size() >= 2U);
        RC_ASSERT(axis.ticks.size() <= 8U);
    }));
    EXPECT_EQ(value_axis(0, 0).to, 1);
    EXPECT_EQ(tick_text(37'500'000), "37.5M");
    EXPECT_EQ(tick_text(2e9), "2G");
    EXPECT_EQ(value_axis(3, 1'030).ticks, (std::vector<double>{0, 250, 500, 750, 1'000, 1'250}));
}

TEST(Axis, OfTimesHasTheirUnits) {
    const auto texts = [](std::int64_t us) {
        const Axis axis = time_axis(us);
        std::string all = axis.unit.en + ":";
        for (const double tick : axis.ticks)
            all += " " + tick_text(tick);
        return all;
    };
    EXPECT_EQ(texts(12 * kSecondUs), "s: 0 2 4 6 8 10 12");
    EXPECT_EQ(texts(120 * kSecondUs), "s: 0 15 30 45 60 75 90 105 120");
    EXPECT_EQ(texts(300 * kSecondUs), "min: 0 1 2 3 4 5");
    EXPECT_EQ(texts(4 * kHourUs), "h: 0 0.5 1 1.5 2 2.5 3 3.5 4");
    EXPECT_EQ(texts(0), "s: 0 0.2 0.4 0.6 0.8 1");
}

}  // namespace
}  // namespace cellmon::harness::report
