"""Goal: an instructor sees the class as it is, whatever students are called and whatever happens to the server, and can act.

Method: a real server and a real browser; events go in over HTTP, and what the page shows is read from it.
"""

from __future__ import annotations

import re
from typing import Callable

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support.events import cell_executed
from support.live_page import LivePage
from support.server import Server, run_command

HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=2</script>"


def runs(email: str, count: int = 1, fails: bool = False, **fields: object) -> list[dict]:
    more = {"errorMessage": "KeyError: 'score'"} if fails else {}
    return [cell_executed(emailAddress=email, userName=email.split("@")[0], hasError=fails, **more, **fields) for _ in range(count)]


def asks_help(email: str, event_type: str = "help") -> dict:
    return cell_executed(eventType=event_type, emailAddress=email, userName=email.split("@")[0], cellId=None, cellIndex=None,
                         cellType=None, code=None, executionCount=None, hasError=None, result=None, executionDurationMs=None)


def test_a_played_class_is_shown_as_it_was_stored(server: Server, page: LivePage) -> None:
    page.open(server)
    run_command("simulate", "--server", f"http://127.0.0.1:{server.port}", "--students", 30, "--minutes", 4, "--speed", 60, "--seed", 3)
    stored = server.export()
    page.wait(lambda: f"received {len(stored):,}" in page.text("#trust"), "every stored event is counted")
    page.wait(lambda: len(page.tiles()) == 30, "each student has a tile")
    assert {tile.email for tile in page.tiles()} == {line["emailAddress"] for line in stored}
    assert "missing 0" in page.text("#trust")
    assert re.search("doubled (0|not checked yet)", page.text("#trust"))
    assert page.script("return document.querySelectorAll('.loud').length") == 0
    shown = [tile.status for tile in page.tiles()]
    for status in ("help", "significant_error", "error", "active", "idle"):
        assert page.counter(status) == shown.count(status), status


def focused(page: LivePage) -> str | None:
    """Whose tile has the focus."""
    return page.script("return document.activeElement.closest('.tile')?.dataset.email")


def test_help_comes_first_is_announced_and_can_be_dismissed(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org") + runs("ben@x.org") + runs("zoe@x.org"))
    page.open(server)
    page.wait(lambda: len(page.tiles()) == 3, "the class is there")
    assert page.chromium.title == "Cell Monitor"
    assert [tile.email for tile in page.tiles()] == ["anna@x.org", "ben@x.org", "zoe@x.org"]
    page.script("document.querySelector('.tile:last-child .open').focus()")
    server.post([asks_help("zoe@x.org")])
    page.wait(lambda: page.status_of("zoe@x.org") == "help", "zoe asks for help")
    assert page.tiles()[0].email == "zoe@x.org"
    assert focused(page) == "zoe@x.org", "the focus goes along"
    assert page.script("return document.getElementById('announcer').textContent") == "zoe asks for help"
    page.wait(lambda: page.chromium.title == "(1) Cell Monitor", "the title counts")
    server.post([asks_help("ben@x.org")])
    page.wait(lambda: page.counter("help") == 2, "ben asks too")
    assert [tile.email for tile in page.tiles()] == ["zoe@x.org", "ben@x.org", "anna@x.org"], "who waits longest is first"
    page.press("zoe@x.org", "dismiss")
    page.wait(lambda: page.status_of("zoe@x.org") == "active", "the request is dismissed")
    page.wait(lambda: page.chromium.title == "(1) Cell Monitor", "the title counts down")
    page.wait(lambda: [tile.email for tile in page.tiles()] == ["ben@x.org", "anna@x.org", "zoe@x.org"], "zoe goes back to her place")
    restarted = server.restart()
    page.open(restarted)
    assert page.status_of("zoe@x.org") != "help", "it is dismissed for good"


def test_errors_are_shown_with_their_streak_and_can_be_resolved(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org") + runs("ben@x.org", 2, fails=True) + runs("zoe@x.org", 5, fails=True))
    page.open(server)
    page.wait(lambda: page.status_of("zoe@x.org") == "significant_error", "zoe is stuck")
    assert [tile.status for tile in page.tiles()] == ["significant_error", "active", "error"]
    assert "×5" in page.tile("zoe@x.org").text
    assert "×2" in page.tile("ben@x.org").text
    for email in ("zoe@x.org", "ben@x.org"):
        page.press(email, "resolve")
        page.wait(lambda: page.status_of(email) == "active", f"the errors of {email} are resolved")
    assert page.counter("significant_error") == page.counter("error") == 0


def test_names_are_text_whatever_they_hold(server: Server, page: LivePage) -> None:
    server.post(runs("evil@x.org", 3, fails=True, code=HOSTILE) + [
        cell_executed(emailAddress=f"{mark}@x.org", userName=HOSTILE, teamName=HOSTILE, notebookPath=f"{HOSTILE}.ipynb", classCode=HOSTILE)
        for mark in ("a", "b")] + [{**asks_help("a@x.org"), "userName": HOSTILE}])
    page.open(server)
    page.wait(lambda: page.status_of("a@x.org") == "help", "the student is there")
    assert HOSTILE in page.tile("a@x.org").text
    page.press("a@x.org", "open")
    page.wait(lambda: HOSTILE in page.text("#detail"), "the panel shows the name")
    assert page.script("return document.querySelectorAll('img, main script, aside script').length") == 0
    assert page.script("return window.hacked") is None
    assert HOSTILE in page.script("return [...document.querySelectorAll('#team option')].map(option => option.value)")


def test_an_old_picture_is_never_shown_as_current(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org") + [asks_help("anna@x.org")])
    page.open(server)
    page.wait(lambda: page.status_of("anna@x.org") == "help", "anna is there")
    port = server.port
    server.stop()
    page.wait(lambda: "The server has stopped." in page.text("#banner"), "the page says that the server stopped")
    page.wait(lambda: re.search(r"What you see is \d+ s old", page.text("#banner")), "it tells the age of its picture")
    assert page.text("#link") == "Not live"
    assert page.chromium.title.startswith("⚠ ")
    assert page.script("return document.body.classList.contains('old')")
    assert page.tile("anna@x.org") is not None, "the last picture stays"
    server.start(port=port)
    server.post(runs("ben@x.org"))
    page.wait(lambda: page.is_live() and page.tile("ben@x.org"), "it comes back by itself, with what happened meanwhile", 60)
    assert page.text("#banner") == ""
    assert not page.script("return document.body.classList.contains('old')")


def test_a_lost_connection_is_told_from_a_stopped_server(server: Server, page: LivePage) -> None:
    page.open(server)
    server.kill()
    page.wait(lambda: "The connection is lost." in page.text("#banner"), "the page says that the connection is lost")


def test_a_room_shows_its_students_only(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org", classCode="PY 1&2") + runs("ben@x.org", classCode="PY"))
    page.open(server, "lang=en&room=class:PY%201%262")
    page.wait(lambda: [tile.email for tile in page.tiles()] == ["anna@x.org"], "only the class is there")
    assert "class:PY 1&2" in page.text("#room")
    server.post(runs("zoe@x.org", classCode="PY 1&2") + runs("tom@x.org", classCode="PY"))
    page.wait(lambda: page.tile("zoe@x.org"), "a new student of the class appears")
    assert page.tile("tom@x.org") is None


def test_what_is_no_room_is_said(server: Server, page: LivePage) -> None:
    page.open(server, "lang=en&room=PY", live=False)
    page.wait(lambda: "The room in this page's address is not one" in page.text("#banner"), "the page names the fault")


def test_an_empty_class_says_what_to_do(server: Server, page: LivePage) -> None:
    page.open(server)
    page.wait(lambda: f"cellmon simulate --server http://127.0.0.1:{server.port} " in page.text("#empty"), "it names the command")
    assert f'"serverUrl": "http://127.0.0.1:{server.port}/api/v1/events"' in page.text("#empty")
    server.post(runs("anna@x.org"))
    page.wait(lambda: page.tiles() and not page.text("#empty"), "it goes away with the first student")


def test_two_languages_and_the_choice_is_kept(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org", 3, fails=True))
    page.open(server, "lang=ja")
    page.wait(lambda: "つまずき" in page.tile("anna@x.org").text, "Japanese")
    assert page.script("return document.documentElement.lang") == "ja"
    page.find('[data-language="en"]').click()
    page.wait(lambda: "Stuck" in page.tile("anna@x.org").text and "received" in page.text("#trust"), "English")
    page.find('[data-language="ja"]').click()
    page.open(server, "")
    page.wait(lambda: "受講生" in page.text("#counters"), "the choice is kept")
    page.open(server, "lang=en")
    page.wait(lambda: "Students" in page.text("#counters"), "the address wins")


def test_filters_and_search(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org", teamName="A") + runs("ben@x.org", teamName="B") + runs("zoe@x.org", 3, fails=True, teamName="B"))
    page.open(server)
    page.wait(lambda: len(page.tiles()) == 3, "all are there")

    def shown() -> list[str]:
        return sorted(tile.email[0] for tile in page.tiles())

    page.find("#search").send_keys("ZOE")
    page.wait(lambda: shown() == ["z"], "found by name")
    assert page.text("#shown") == "1 of 3 shown"
    page.find("#clear").click()
    page.wait(lambda: shown() == ["a", "b", "z"], "all again")
    page.find('#team option[value="B"]').click()
    page.wait(lambda: shown() == ["b", "z"], "by team")
    page.find('.counter[data-status="significant_error"]').click()
    page.wait(lambda: shown() == ["z"], "by team and status")
    page.find("#search").send_keys("nobody")
    page.wait(lambda: page.text("#no-match") and shown() == [], "nobody matches, and it is said")


def test_details_by_keyboard(server: Server, page: LivePage) -> None:
    server.post(runs("anna@x.org", 1, result="42") + runs("anna@x.org", 4, fails=True, code="data['score']") + runs("ben@x.org"))
    page.open(server)
    page.wait(lambda: len(page.tiles()) == 2, "both are there")

    page.script("document.querySelector('.tile .open').focus()")
    assert focused(page) == "anna@x.org"
    page.chromium.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert focused(page) == "ben@x.org"
    page.chromium.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    page.chromium.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait(lambda: "KeyError: 'score'" in page.text("#detail .executions"), "the executions with their errors")
    assert page.text("#detail h2") == "anna"
    assert len(page.chromium.find_elements(By.CSS_SELECTOR, "#detail .executions li")) == 5
    assert "4 in a row" in page.text("#detail .cells")
    server.post(runs("anna@x.org", 1, code="print('new')"))
    page.wait(lambda: "print('new')" in page.text("#detail .executions"), "the panel follows the student")
    page.chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait(lambda: not page.text("#detail"), "Escape closes it")
    assert focused(page) == "anna@x.org", "the focus is where it was"


def test_an_action_that_fails_is_said(server: Server, page: LivePage) -> None:
    server.post([asks_help("anna@x.org")])
    page.open(server)
    page.wait(lambda: page.status_of("anna@x.org") == "help", "anna asks")
    server.kill()
    page.press("anna@x.org", "dismiss")
    page.wait(lambda: "This could not be done for anna" in page.text("#failure"), "the page says so")


@pytest.fixture
def changed_tiles(page: LivePage) -> Callable[[], list[str]]:
    """The tiles whose content or place was touched since the last call; what time alone changes does not count."""
    def read() -> list[str]:
        return page.script("""
            const aside = '.age, .running';
            const touched = new Set();
            const note = records => records.forEach(record => {
                const target = record.target instanceof Element ? record.target : record.target.parentElement;
                if (target?.closest(aside)) return;
                for (const node of [target, ...record.addedNodes, ...record.removedNodes]) {
                    const tile = node instanceof Element ? node.closest('.tile') : null;
                    if (tile) touched.add(tile.dataset.email);
                }
            });
            if (window.watcher) note(window.watcher.takeRecords().concat(window.noted));
            else {
                window.watcher = new MutationObserver(records => window.noted.push(...records));
                window.watcher.observe(document.getElementById('grid'), {subtree: true, childList: true, attributes: true, characterData: true});
            }
            window.noted = [];
            return [...touched];""")
    return read


def test_a_thousand_students_and_only_what_changed_is_drawn(server: Server, page: LivePage, changed_tiles: Callable[[], list[str]]) -> None:
    students = [f"s{number:04}@x.org" for number in range(1000)]
    for begin in range(0, 1000, 200):
        server.post([event for email in students[begin:begin + 200] for event in runs(email)])
    page.open(server)
    page.wait(lambda: len(page.tiles()) == 1000, "all are there")
    changed_tiles()
    server.post(runs("s0500@x.org", 1, fails=True))
    page.wait(lambda: page.status_of("s0500@x.org") == "error", "the error is shown")
    assert changed_tiles() == ["s0500@x.org"]
    server.post([asks_help("s0999@x.org")])
    page.wait(lambda: page.tiles()[0].email == "s0999@x.org", "the last one comes first")
    assert changed_tiles() == ["s0999@x.org"], "one tile has moved past all others"
