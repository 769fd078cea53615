"""Fixtures of the tests of stores: gates in front of them, runs of faults, and how often a fault is repeated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.fault_run import LENGTH, FaultRun
from support.faults import FAULTS
from support.gate import Gate
from support.influxdb import InfluxDB
from support.postgres import Postgres
from support.redis_server import RedisServer
from support.server import Server
from support.stores import SMALL_DISKS, InfluxStore, PostgresStore, RedisStore, Store, environment_of, make_store

SEEN = "seen"


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


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """As `influxdb`."""
    one = RedisServer().start()
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


@pytest.fixture
def run_fault(new_server: Callable[..., Server], new_gate: Callable[[int], Gate], postgres: Postgres, influxdb: InfluxDB,
              redis: RedisServer, tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[Callable[..., None]]:
    """A server with all three stores; the fault hits those that are named, which are the test's own."""
    own: list[Store] = []
    others = {"postgres": lambda: PostgresStore(postgres, shared=True), "influxdb": lambda: InfluxStore(influxdb),
              "redis": lambda: RedisStore(redis)}

    def run(name: str, *hit: str, server_dies: bool = False) -> None:
        fault = FAULTS[name]
        stores = []
        for store in others:
            if store in hit:
                own.append(make_store(store, new_gate if fault.gated else lambda _: None,
                                      SMALL_DISKS[store] if fault.small_disk else 0))
                stores.append(own[-1])
            else:
                stores.append(others[store]())
        server = new_server(*LENGTH.options, environment=environment_of(stores))
        seen = FaultRun(server, stores, own, fault, server_dies).play(tmp_path / "ledger")
        record_property(SEEN, f"{'+'.join(hit)}, {name}: {seen}")

    yield run
    for store in own:
        store.process.remove()


def pytest_terminal_summary(terminalreporter) -> None:
    """What each run of a fault has seen, also from processes side by side."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == SEEN:
                terminalreporter.write_line(f"    {text}")
