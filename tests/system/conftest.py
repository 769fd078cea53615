"""A server that the tests of one file share, where no test depends on what the others stored."""

from __future__ import annotations

from typing import Iterator

import pytest

from support.server import Server


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    server.stop()
