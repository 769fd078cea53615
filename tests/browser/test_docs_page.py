"""Goal: the API's document can be read and searched in a browser that has no internet, in both languages, and its policy lets nothing else in.

Method: the page of a real server in Chromium; what it shows against the document.
"""

from __future__ import annotations

from selenium.webdriver.common.by import By

from support.contract import contract
from support.live_page import LivePage
from support.server import Server

OPERATIONS = [operation for item in contract().document["paths"].values() for operation in item.values()]


def open_docs(server: Server, page: LivePage, rest: str = "?lang=en") -> None:
    page.chromium.get(f"http://127.0.0.1:{server.port}/docs{rest}")
    page.wait(lambda: page.text("#content h2"), "the document is shown")


def shown(page: LivePage) -> list[str]:
    return page.script("return [...document.querySelectorAll('.operation')].map(each => each.id)")


def test_every_operation_is_shown_and_opens(server: Server, page: LivePage) -> None:
    open_docs(server, page)
    assert sorted(shown(page)) == sorted(operation["operationId"] for operation in OPERATIONS)
    page.script("document.querySelectorAll('.operation').forEach(each => each.open = true)")
    page.wait(lambda: page.script("return document.querySelectorAll('.operation > div').length") == len(OPERATIONS), "each is filled")
    teams = page.text("#createTeam")
    for word in ("team_name *", "201", "409", "The name is taken", '"赤班"'):
        assert word in teams, word
    requests = page.script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert all(name.startswith(f"http://127.0.0.1:{server.port}/") or name.startswith("data:") for name in requests), requests


def test_a_search_finds_in_both_languages(server: Server, page: LivePage) -> None:
    open_docs(server, page)
    search = page.find("#search")
    search.send_keys("get roster")
    page.wait(lambda: shown(page) == ["listRoster", "exportRoster"], "what is called that")
    assert page.text("#found") == f"2 of {len(OPERATIONS)} operations"
    page.find('[data-language="ja"]').click()
    page.wait(lambda: page.text("#found") == f"全 {len(OPERATIONS)} 件中 2 件", "the labels are Japanese")
    assert "名簿" in page.text("#content") and page.script("return document.documentElement.lang") == "ja"
    search.clear()
    search.send_keys("班の作成")
    page.wait(lambda: shown(page) == ["createTeam"], "words of Japanese are found")
    search.clear()
    search.send_keys("zzz")
    page.wait(lambda: page.text("#content") == "該当する操作はありません。", "nothing is called that")
    page.find('[data-language="en"]').click()


def test_an_address_names_an_operation(server: Server, page: LivePage) -> None:
    open_docs(server, page, "?lang=en#getClass")
    assert page.chromium.find_element(By.ID, "getClass").get_attribute("open") is not None
    assert "No such class" in page.text("#getClass")
