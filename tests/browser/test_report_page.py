"""Goal: the report of a run is read at a glance, in both languages, light, dark and in print, with nothing but its one file.

Method: the page of a made-up run in Chromium, from the disk; what is visible before and behind a click on the language.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from support import reports
from support.live_page import LivePage
from support.server import run_command

# Kana and the characters that the labels are written with.
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture
def report(tmp_path: Path, page: LivePage) -> LivePage:
    run = reports.write(reports.realistic(), tmp_path / "run")
    run_command("plan", "report", run, check=False)
    return open_page(page, run / "report.html")


def open_page(page: LivePage, file: Path) -> LivePage:
    page.chromium.get(file.as_uri())
    assert page.text("main"), "the page shows something"
    return page


def in_english(page: LivePage) -> LivePage:
    page.find("nav label[for=en]").click()
    return page


def test_the_verdict_is_on_top_in_both_languages(report: LivePage) -> None:
    assert report.text(".verdict .word") == "✕ 不合格"
    assert "合格 1、不合格 1、測定無効 1、未実施 1、対象外 1" in report.text(".verdict")
    assert "4.1 Redis の強制終了: 復旧時間 61.4 s (基準 < 60 s)" in report.text(".verdict li")
    in_english(report)
    assert report.text(".verdict .word") == "✕ failed"
    assert "4.1 Redis killed: recovery time 61.4 s (limit < 60 s)" in report.text(".verdict li")
    box = report.script("return document.querySelector('.verdict .word').getBoundingClientRect().bottom")
    assert box < 300, "without scrolling"


def test_in_english_nothing_is_japanese(report: LivePage) -> None:
    shown = in_english(report).text("main")
    assert not JAPANESE.search(shown), JAPANESE.findall(shown)
    labels = report.script("return [...document.querySelectorAll('svg text')].map(text => text.textContent.length && "
                           "[...text.children].filter(part => getComputedStyle(part).display != 'none').map(part => part.textContent).join(''))")
    assert not any(JAPANESE.search(label) for label in labels if isinstance(label, str))


def test_the_language_is_switched_by_the_keyboard(report: LivePage) -> None:
    report.find("#ja").send_keys("\ue014")  # Arrow right.
    assert report.text(".verdict .word") == "✕ failed"


def test_the_style_is_allowed_and_nothing_else(report: LivePage) -> None:
    """The page's policy has the digest of its style: if it were wrong, the page would have none."""
    assert report.script("return getComputedStyle(document.querySelector('.verdict')).borderLeftWidth") == "10px"
    report.script("const s = document.createElement('style'); s.textContent = 'h1 { border-left: 33px solid }'; document.head.append(s)")
    assert report.script("return getComputedStyle(document.querySelector('h1')).borderLeftWidth") == "0px"
    complaints = report.complaints()
    assert complaints and all("Content Security Policy" in complaint for complaint in complaints)
    assert report.script("return performance.getEntriesByType('resource').length") == 0


def test_labels_of_plots_do_not_cover_each_other(report: LivePage) -> None:
    for language in ("ja", "en"):
        report.find(f"nav label[for={language}]").click()
        covering = report.script("""
            const covering = [];
            for (const svg of document.querySelectorAll('svg')) {
                const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
                const frame = svg.getBoundingClientRect();
                for (const [name, box] of texts) {
                    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.top < frame.top - 1)
                        covering.push(`${name} is cut off`);
                    for (const [other, second] of texts) {
                        if (box !== second && box.left < second.right - 1 && second.left < box.right - 1 &&
                            box.top < second.bottom - 2 && second.top < box.bottom - 2) covering.push(`${name} | ${other}`);
                    }
                }
            }
            return covering;""")
        assert covering == [], language
    assert report.script("return document.querySelectorAll('svg').length") >= 12


def test_faults_are_bands_where_the_time_axis_has_them(report: LivePage) -> None:
    """From 30 s to 60 s of 120 s, recovered at 100 s."""
    places = report.script("""
        const svg = document.querySelector('#phase-1 svg'), axis = svg.querySelector('.axis').getBBox();
        const share = rect => [(rect.x.baseVal.value - axis.x) / axis.width, (rect.x.baseVal.value + rect.width.baseVal.value - axis.x) / axis.width];
        return [share(svg.querySelector('.fault')), share(svg.querySelector('.recovery'))];""")
    assert places == [pytest.approx([0.25, 0.5], abs=0.005), pytest.approx([0.5, 0.8334], abs=0.005)]


def test_columns_of_numbers_are_aligned(report: LivePage) -> None:
    rights = report.script("return [...document.querySelectorAll('#phase-0 table')].map(table => [...table.querySelectorAll('tr')]"
                           ".map(row => Math.round(row.children[1].getBoundingClientRect().right)))")
    assert rights and all(len(set(table)) == 1 for table in rights)
    assert report.script("return [...document.querySelectorAll('td.number')].every(cell => getComputedStyle(cell).textAlign == 'right')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_contrast(report: LivePage, scheme: str) -> None:
    """4.5 to 1, as WCAG has it for text."""
    report.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        worst = report.script("""
            const light = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                                      return .2126 * r + .7152 * g + .0722 * b; };
            const back = light(getComputedStyle(document.body).backgroundColor);
            return [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && e.childNodes.length && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
                .map(e => [e.ownerSVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color, e.textContent])
                .map(([colour, text]) => { const a = light(colour); return [(Math.max(a, back) + .05) / (Math.min(a, back) + .05), text]; })
                .sort((a, b) => a[0] - b[0])[0];""")
        assert worst[0] >= 4.5, worst
    finally:
        report.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_is_printed_in_the_chosen_language(report: LivePage, tmp_path: Path) -> None:
    in_english(report)
    report.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert report.text("nav") == "" and report.text(".verdict .word") == "✕ failed"
        assert report.script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        report.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    pdf = base64.b64decode(report.chromium.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 3 <= pages <= 12, pages


def test_a_narrow_window_scrolls_tables_and_plots_alone(report: LivePage) -> None:
    report.chromium.set_window_size(500, 900)
    try:
        assert report.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    finally:
        report.chromium.set_window_size(1600, 1000)


def test_peers_stand_side_by_side(page: LivePage, tmp_path: Path) -> None:
    ours = reports.write(reports.passing(4.0), tmp_path / "ours")
    theirs = reports.write(reports.passing(40.0, profile="peer", target="another server"), tmp_path / "theirs")
    run_command("plan", "compare", ours, theirs, "--html", tmp_path / "both.html")
    in_english(open_page(page, tmp_path / "both.html"))
    assert "another server" in page.text("main") and "worse +900 %" in page.text("main")
    assert not JAPANESE.search(page.text("main"))
    tops = page.script("return [...document.querySelector('.plots').querySelectorAll('figure')].map(f => Math.round(f.getBoundingClientRect().top))")
    assert len(tops) == 2 and tops[0] == tops[1], "in one row"
    scales = page.script("return [...document.querySelectorAll('.plots')].map(row => [...row.querySelectorAll('svg')].map(svg => "
                         "[...svg.querySelectorAll('.grid + text')].map(text => text.textContent).join()))")
    assert all(len(set(row)) == 1 for row in scales), "on one scale"


def test_each_of_two_runs_has_its_side(page: LivePage, tmp_path: Path) -> None:
    """Also where the other has no such phase; what does not hold, and why a phase was not played, is said on the page."""
    ours = reports.write(reports.passing(4.0), tmp_path / "ours")
    theirs = reports.write({**reports.realistic(), "target": "another server"}, tmp_path / "theirs")
    run_command("plan", "compare", ours, theirs, "--html", tmp_path / "both.html")
    in_english(open_page(page, tmp_path / "both.html"))
    heads = page.script("return [...document.querySelectorAll('th .target')].map(head => head.textContent)")
    assert set(heads) == {"cellmon 0.1.0", "another server"}
    said = page.script("return [...document.querySelectorAll('.reasons li')].map(item => item.innerText)")
    assert "B: The profile names no data directory" in said and any(one.startswith("B events doubled: ") for one in said), said
    for media in ("screen", "print"):
        page.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media})
        try:
            sides = page.script("""
                const middle = document.querySelector('main').getBoundingClientRect(), half = middle.left + middle.width / 2;
                return [...document.querySelectorAll('.plots figure')].map(figure =>
                    [figure.textContent.trim()[0], figure.getBoundingClientRect().left < half - 20 ? 'left' : 'right']);""")
        finally:
            page.chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        assert {tuple(one) for one in sides} == {("A", "left"), ("B", "right")}, media
