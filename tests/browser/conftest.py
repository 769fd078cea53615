"""One browser for all tests; each test has a server of its own and must leave no complaint in the console."""

from __future__ import annotations

from typing import Iterator

import pytest
from selenium import webdriver

from support.live_page import LivePage, start_chromium


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    driver = start_chromium(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome) -> Iterator[LivePage]:
    live_page = LivePage(chromium)
    live_page.complaints()
    yield live_page
    assert live_page.complaints() == []
    chromium.get("about:blank")
