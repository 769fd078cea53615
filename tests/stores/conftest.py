"""Fixtures of the tests of stores: gates in front of them, and how often a fault is repeated."""

from __future__ import annotations

import os
from typing import Callable, Iterator

import pytest

from support.gate import Gate


@pytest.fixture
def new_gate() -> Iterator[Callable[[int], Gate]]:
    """Makes gates in front of a store's port."""
    gates: list[Gate] = []

    def make(store_port: int) -> Gate:
        gates.append(Gate(store_port))
        return gates[-1]

    yield make
    for gate in gates:
        gate.close()


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often a fault hits in one test: `./test stores --rounds N`."""
    return int(os.environ.get("CELLMON_ROUNDS", "2"))
