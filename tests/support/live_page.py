"""The live page in a headless Chromium: what a person would see of it, and do with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from support.server import Server, wait_until


def start_chromium(profile: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    # The sandbox of the browser does not start for root; it shows nothing here but pages of the tests.
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1600,1000",
                 f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


@dataclass
class Tile:
    email: str
    status: str
    text: str


class LivePage:
    def __init__(self, chromium: webdriver.Chrome) -> None:
        self.chromium = chromium

    def open(self, server: Server, query: str = "lang=en", live: bool = True) -> "LivePage":
        self.chromium.get(f"http://127.0.0.1:{server.port}/?{query}")
        if live:
            self.wait(self.is_live, "the page is live")
        return self

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 20.0):
        try:
            return wait_until(condition, what, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; the page says {self.text('body')[:600]!r}") from None

    def is_live(self) -> bool:
        return self.script("return document.getElementById('link').dataset.state") == "live"

    def script(self, code: str, *arguments: object):
        return self.chromium.execute_script(code, *arguments)

    def text(self, selector: str) -> str:
        """As it is shown; empty for what is hidden or not there."""
        return self.script("const e = document.querySelector(arguments[0]); return e?.checkVisibility() ? e.innerText : ''", selector)

    def tiles(self) -> list[Tile]:
        """Those shown, in their order."""
        return [Tile(*each) for each in self.script("""
            return [...document.querySelectorAll('.tile')].filter(tile => !tile.hidden)
                .map(tile => [tile.dataset.email, tile.dataset.status, tile.textContent])""")]

    def tile(self, email: str) -> Tile | None:
        return next((tile for tile in self.tiles() if tile.email == email), None)

    def status_of(self, email: str) -> str | None:
        tile = self.tile(email)
        return tile.status if tile else None

    def press(self, email: str, action: str) -> None:
        """`open`, `dismiss` or `resolve` on the tile of the student."""
        self.find(f'.tile[data-email="{email}"] [data-action="{action}"]').click()

    def find(self, selector: str) -> WebElement:
        return self.chromium.find_element(By.CSS_SELECTOR, selector)

    def counter(self, status: str) -> int:
        text = self.text(f'.counter[data-status="{status}"] .value')
        return int(text.replace(",", "")) if text.replace(",", "").isdigit() else -1

    def complaints(self) -> list[str]:
        """What the page did wrong, since the last call: script errors and what its policy stopped. A request that fails is none."""
        return [entry["message"] for entry in self.chromium.get_log("browser")
                if entry["level"] == "SEVERE" and "WebSocket connection" not in entry["message"]
                and "Failed to load resource" not in entry["message"]]
