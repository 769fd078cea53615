"""Fixtures that every suite shares."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.postgres import Postgres
from support.server import BINARY, Server


def pytest_configure() -> None:
    if not BINARY.exists():
        raise pytest.UsageError(f"no server at {BINARY}; ./run --build-only makes it")


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = (yield).get_result()
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed


@pytest.fixture(autouse=True)
def leave_nothing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """A journal takes 64 MiB from its first event on: only a test that failed keeps its folder."""
    yield
    if not request.node.stash.get(_FAILED, False):
        shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One for all tests; each server gets a database of its own."""
    one = Postgres().start()
    yield one
    one.remove()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers that are not started yet; what still runs at the end of the test is killed."""
    servers: list[Server] = []

    def make(*options: str, name: str = "data", **others: object) -> Server:
        servers.append(Server(tmp_path / name, options, **others))
        return servers[-1]

    yield make
    for server in servers:
        server.kill()


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    """A fresh server on an empty data directory, ready."""
    return new_server().start()
