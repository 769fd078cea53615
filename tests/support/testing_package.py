"""Fixtures of the tests of `cellmon_testing`: the program under test, and a server as its target."""

from __future__ import annotations

from typing import Iterator

import pytest
from cellmon_testing import Target, use_target

from support.server import BINARY, Server

# Of a generator on a busy machine, where its own figures are not the matter.
WIDE = {"max_lag_ms": 60_000.0, "max_cpu_percent": 1_000.0}


@pytest.fixture(autouse=True)
def the_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CELLMON_BINARY", str(BINARY))
    before = use_target(None)
    yield
    use_target(before)


@pytest.fixture
def target(server: Server) -> Target:
    one = Target(f"http://127.0.0.1:{server.port}", data=str(server.data))
    use_target(one)
    return one
