"""A server that the tests of one file share, where no test depends on what the others stored."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts
from support.classroom import Rows
from support.postgres import Postgres
from support.server import PATIENCE, Server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    server.stop()


# Sanitizers look at the program, and all but one file of it is the same for both.
ENGINES = ["sqlite", "postgres"] if PATIENCE == 1.0 else ["sqlite"]


@pytest.fixture(params=ENGINES)
def classroom(request: pytest.FixtureRequest, new_server: Callable[..., Server]) -> tuple[Server, Rows]:
    """A server that is not started yet, on a fresh database of each engine, and its rows."""
    rows = rows_of(request, request.param)
    server = new_server(environment={**CHEAP, **PATIENT, **rows.options})
    rows.path = server.data / "classroom.db"
    return server, rows


@pytest.fixture
def accounts(classroom: tuple[Server, Rows]) -> Accounts:
    """A running server of the test's own, with accounts."""
    server, rows = classroom
    return Accounts(server.start(), rows)


@pytest.fixture(scope="module", params=ENGINES)
def school(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """A running server on each engine that the tests of one file share, where none depends on what the others did."""
    rows = rows_of(request, request.param)
    server = Server(tmp_path_factory.mktemp("school") / "data", environment={**CHEAP, **PATIENT, **rows.options})
    rows.path = server.data / "classroom.db"
    try:
        yield Accounts(server.start(), rows)
        server.stop()
    finally:
        server.kill()


def rows_of(request: pytest.FixtureRequest, engine: str) -> Rows:
    if engine == "sqlite":
        return Rows(Path())
    postgres: Postgres = request.getfixturevalue("postgres")
    return Rows(Path(), postgres, postgres.new_database())
