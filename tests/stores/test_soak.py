"""Goal: a class of half a day, with a fault of a store every few minutes, leaves all events in all stores, once, and the server's memory
as it was.

Method: `cellmon simulate` plays it in compressed time, faults hit the stores one behind the other; the judges are the ledger
(`cellmon audit`), and the ids that each store holds. `./test soak` plays four hours, the suite `stores` a few minutes of them.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.fan_out import memory_mb
from support.fault_run import IS_LONG, LENGTH, assert_same
from support.faults import FAULTS
from support.live_watch import LiveWatch
from support.server import Server, run_command, wait_until
from support.simulated_load import SimulatedLoad
from support.stores import Store, environment_of, make_store

SPEED = 24
MINUTES, STUDENTS, NUMBER_OF_FAULTS = (240, 1_300, 20) if IS_LONG else (20, 600, 5)
LEAST_EVENTS = 1_000_000 if IS_LONG else 30_000
FAULT_S = 5.0 if IS_LONG else 1.0
REFILLED_S = 120.0
STREAM_EVENTS = 100_000
GROWTH_MB = 64.0
EVERY_S = 10.0
STORES = ("postgres", "influxdb", "redis")
# While there is not much yet that a store would have to be filled with again.
EARLY = ["emptied", "schema"]
LATER = ["killed", "stopped", "refused", "stalled", "cut", "slow", "password"]


@pytest.fixture
def stores(new_gate: Callable) -> Iterator[list[Store]]:
    own = []
    try:
        for name in STORES:
            own.append(make_store(name, new_gate))
        yield own
    finally:
        for store in own:
            store.process.remove()


def plan(source: random.Random) -> list[tuple[str, int]]:
    """A quarter of the faults comes early, in the time in which memory may grow."""
    early = NUMBER_OF_FAULTS // 4
    names = [EARLY[n % len(EARLY)] for n in range(early)] + [LATER[n % len(LATER)] for n in range(NUMBER_OF_FAULTS - early)]
    return [(name, source.randrange(len(STORES))) for name in names]


class Soak:
    """A class that is under way."""

    def __init__(self, server: Server, stores: list[Store], ledger: Path, say: Callable[[str], None]) -> None:
        self._server, self._stores, self._say = server, stores, say
        self.load = SimulatedLoad(server, ledger, "--students", STUDENTS, "--minutes", MINUTES, "--speed", SPEED, "--seed", 6)
        self._began = self._said = time.monotonic()
        self._faults = 0
        self.memory: list[tuple[float, float]] = []  # Fraction of the class, MB.

    def play(self) -> None:
        faults = plan(random.Random(7))
        for number, (name, hit) in enumerate(faults):
            self._wait_until(lambda number=number: self._fraction() >= (number + 0.2) / len(faults))
            self._suffer(name, self._stores[hit])
        self._wait_until(self.load.is_over)

    def _suffer(self, name: str, store: Store) -> None:
        failures = self._server.projection(store.projection)["failures"]
        began = time.monotonic()
        FAULTS[name].begin(store)
        self._wait_until(lambda: self._is_felt(store, failures))
        self._wait_until(lambda: time.monotonic() - began > FAULT_S, lambda: FAULTS[name].again(store))
        FAULTS[name].end(store)
        durable = self._server.projection(store.projection)["durableSequence"]
        ended = time.monotonic()
        least = min(durable, STREAM_EVENTS) if store.projection == "redis" else durable
        self._wait_until(lambda: store.count() >= least)
        self._faults += 1
        self._say(f"fault {self._faults}: {store.projection} {name}, recovered in {time.monotonic() - ended:.1f} s")

    def _is_felt(self, store: Store, failures: int) -> bool:
        entry = self._server.projection(store.projection)
        return entry["failures"] > failures or entry["lagEvents"] > 1_000

    def _fraction(self) -> float:
        return (time.monotonic() - self._began) * SPEED / 60 / MINUTES

    def _wait_until(self, condition: Callable[[], object], meanwhile: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + REFILLED_S + MINUTES * 60 / SPEED
        while not condition():
            assert time.monotonic() < deadline
            meanwhile()
            self._look()
            time.sleep(0.2)

    def _look(self) -> None:
        self.memory.append((self._fraction(), memory_mb(self._server, "VmRSS")))
        if time.monotonic() - self._said >= EVERY_S:
            self._said = time.monotonic()
            entry = self._server.relational()
            self._say(f"{min(1.0, self._fraction()) * 100:.0f} %, {entry['durableSequence']} events, {self._faults} faults, "
                      f"{self.memory[-1][1]:.0f} MB")


def growth_mb(memory: list[tuple[float, float]]) -> float:
    """From the most of the first quarter to the most of the rest."""
    return max(mb for at, mb in memory if at >= 0.25) - max(mb for at, mb in memory if at < 0.25)


def test_soak(new_server: Callable[..., Server], stores: list[Store], tmp_path: Path, capsys: pytest.CaptureFixture,
              record_property: Callable[[str, object], None]) -> None:
    server = new_server(*LENGTH.options, environment={**environment_of(stores), "CELLMON_REDIS_STREAM_EVENTS": str(STREAM_EVENTS)}).start()

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"    {text}", file=sys.stderr, flush=True)

    watch = LiveWatch(server.port)
    soak = Soak(server, stores, tmp_path / "ledger", say)
    try:
        soak.play()
        figures = soak.load.result()
        for store in stores:
            server.wait_until_projected(REFILLED_S, store.projection)
        wait_until(watch.shows_what_is, "the live page shows what is")
    finally:
        soak.load.kill()
        watch.close()
    assert figures["unknown"] == figures["refused"] == figures["unanswered"] == figures["answered_5xx"] == 0, figures
    assert figures["sent"] >= LEAST_EVENTS
    audit = run_command("audit", "--server", f"http://127.0.0.1:{server.port}", "--ledger", soak.load.ledger, check=False, timeout_s=600)
    assert audit.returncode == 0, audit.stdout.decode()
    rows, points, stream = [store.event_ids() for store in stores]
    assert_same(Counter(rows), Counter(soak.load.sent()))
    assert points == rows
    assert stream == rows[-STREAM_EVENTS:]
    grown_mb = growth_mb(soak.memory)
    record_property("seen", f"soak: {figures['sent']} events, {NUMBER_OF_FAULTS} faults, 0 lost, 0 doubled, memory {grown_mb:+.0f} MB "
                            f"behind the first quarter, at most {max(mb for _, mb in soak.memory):.0f} MB, p95 {figures['latency']['p95_ms']:.0f} ms")
    assert grown_mb <= GROWTH_MB
