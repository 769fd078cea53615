"""Fixtures of the tests of stores: gates in front of them, and how often a fault is repeated."""

from __future__ import annotations

import os
from typing import Callable, Iterator

import pytest

from support.gate import Gate
from support.influxdb import InfluxDB


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
def influxdb() -> Iterator[InfluxDB]:
    """One for all tests; each server gets a database of its own."""
    one = InfluxDB().start()
    yield one
    one.remove()


@pytest.fixture
def fragile_influxdb() -> Iterator[InfluxDB]:
    """One of the test's own, which it may stop, wipe and restore."""
    one = InfluxDB().start()
    yield one
    one.remove()


@pytest.fixture(scope="session")
def rounds() -> int:
    """How often a fault hits in one test: `./test stores --rounds N`."""
    return int(os.environ.get("CELLMON_ROUNDS", "2"))
