"""Fixtures that every suite shares."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.classroom import Rows
from support.postgres import Postgres
from support.server import BINARY, PATIENCE, Server


def pytest_configure() -> None:
    if not BINARY.exists():
        raise pytest.UsageError(f"no server at {BINARY}; ./run --build-only makes it")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One for all tests; each server gets a database of its own."""
    one = Postgres().start()
    yield one
    one.remove()


# Sanitizers look at the program, and all but one file of it is the same for both.
ENGINES = ["sqlite", "postgres"] if PATIENCE == 1.0 else ["sqlite"]


@pytest.fixture(params=ENGINES)
def classroom(request: pytest.FixtureRequest, new_server: Callable[..., Server]) -> tuple[Server, Rows]:
    """A server that is not started yet, on a fresh database of each engine, and its rows."""
    if request.param == "sqlite":
        server = new_server()
        return server, Rows(server.data)
    postgres: Postgres = request.getfixturevalue("postgres")
    rows = Rows(Path(), postgres, postgres.new_database())
    return new_server(environment=rows.options), rows


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
