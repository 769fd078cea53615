"""Goal: a class of half a day, with a fault of a store or of the server every few minutes, leaves all events in all stores, once, and
the server's memory as it was.

Method: `cellmon simulate` plays it in compressed time, faults hit the stores one behind the other, and some of them the server, too. The
judges are the ledger (`cellmon audit --ledger`), the ids that each store holds, and a deep audit of all stores. `./test soak` plays four
hours, the suite `stores` a few minutes of them.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.fan_out import memory_mb
from support.fault_run import IS_LONG, LENGTH, P95_MS, assert_same
from support.faults import FAULTS
from support.live_watch import LiveWatch
from support.server import Server, run_command, wait_until
from support.simulated_load import SimulatedLoad
from support.small_disk import MIB
from support.stores import Store, environment_of, make_store

SPEED = 24
MINUTES, STUDENTS, NUMBER_OF_FAULTS = (240, 1_300, 20) if IS_LONG else (20, 600, 5)
LEAST_EVENTS = 1_000_000 if IS_LONG else 30_000
FAULT_S = 5.0 if IS_LONG else 1.0
REFILLED_S = 120.0
STREAM_EVENTS = 100_000
EVERY_S = 10.0
STORES = ("postgres", "influxdb", "redis")
# Of those that a full disk hits (plan()): large enough for the whole class.
DISKS = {"influxdb": (1024 if IS_LONG else 128) * MIB, "redis": (1024 if IS_LONG else 256) * MIB}

GROWTH_MB = 64.0
# Part of the class in which the memory of a server that has just started may grow.
WARM_UP = 0.25 if IS_LONG else 0.4
WARM_UP_AGAIN = 0.1

# The server dies together with a store, and both come back.
SERVER = "server killed"
OLD_COPY = "old copy"  # Of one fault earlier.
# While there is not much yet that a store would have to be filled with again.
EARLY = ["emptied", "schema"]
LATER = [SERVER, OLD_COPY, "full disk", "killed", "stopped", "refused", "stalled", "cut", "slow", "password"]


@pytest.fixture
def stores(new_gate: Callable) -> Iterator[list[Store]]:
    own = []
    try:
        for name in STORES:
            own.append(make_store(name, new_gate, DISKS.get(name, 0)))
        yield own
    finally:
        for store in own:
            store.process.remove()


def plan() -> list[tuple[str, str]]:
    """What hits whom. A quarter of the faults comes early, in the time in which memory may grow."""
    early = NUMBER_OF_FAULTS // 4
    faults = [(EARLY[n % len(EARLY)], STORES[n % len(STORES)]) for n in range(early)]
    for n in range(NUMBER_OF_FAULTS - early):
        # In each turn another store.
        faults.append((LATER[n % len(LATER)], STORES[(n + n // len(LATER)) % len(STORES)]))
    return faults


@dataclass
class Life:
    """The memory of one process of the server, from its start to its death."""

    warm_up: float  # Part of the class, from its begin.
    samples: list[tuple[float, float]] = field(default_factory=list)  # Part of the class, MB.

    def growth_mb(self) -> float:
        """From the most of the warm-up to the most of the rest."""
        end = self.samples[0][0] + self.warm_up
        warm = [mb for at, mb in self.samples if at < end]
        rest = [mb for at, mb in self.samples if at >= end]
        return max(rest) - max(warm) if rest else 0.0


class Soak:
    """A class that is under way."""

    def __init__(self, server: Server, stores: list[Store], ledger: Path, say: Callable[[str], None]) -> None:
        self._server, self._stores, self._say = server, dict(zip(STORES, stores)), say
        self.load = SimulatedLoad(server, ledger, "--students", STUDENTS, "--minutes", MINUTES, "--speed", SPEED, "--seed", 6)
        self._began = self._said = time.monotonic()
        self._faults = 0
        self.deaths = 0
        self.lives = [Life(WARM_UP)]

    def play(self) -> None:
        faults = plan()
        for number, (name, hit) in enumerate(faults):
            self._wait_until(lambda number=number: self._fraction() >= (number + 0.2) / len(faults))
            for next_name, next_hit in faults[number + 1:number + 2]:
                if next_name == OLD_COPY:
                    FAULTS[OLD_COPY].before(self._stores[next_hit])
            self._suffer(name, self._stores[hit])
        self._wait_until(self.load.is_over)

    def _suffer(self, name: str, store: Store) -> None:
        fault = FAULTS["killed" if name == SERVER else name]
        failures = self._server.projection(store.projection)["failures"]
        began = time.monotonic()
        fault.begin(store)
        if name == SERVER:
            self._let_the_server_die()
            failures = 0
        self._wait_until(lambda: self._is_felt(store, failures))
        self._wait_until(lambda: time.monotonic() - began > FAULT_S, lambda: fault.again(store))
        fault.end(store)
        durable = self._server.projection(store.projection)["durableSequence"]
        ended = time.monotonic()
        least = min(durable, STREAM_EVENTS) if store.projection == "redis" else durable
        self._wait_until(lambda: store.count() >= least)
        self._faults += 1
        self._say(f"fault {self._faults}: {store.projection} {name}, recovered in {time.monotonic() - ended:.1f} s")

    def _let_the_server_die(self) -> None:
        port = self._server.port
        self._server.kill()
        self._server.start(port=port)
        self.deaths += 1
        self.lives.append(Life(WARM_UP_AGAIN))

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
        memory = memory_mb(self._server, "VmRSS")
        self.lives[-1].samples.append((self._fraction(), memory))
        if time.monotonic() - self._said >= EVERY_S:
            self._said = time.monotonic()
            entry = self._server.relational()
            self._say(f"{min(1.0, self._fraction()) * 100:.0f} %, {entry['durableSequence']} events, {self._faults} faults, "
                      f"{memory:.0f} MB")

    def growth_mb(self) -> float:
        """The greatest of any process; or that from the first to the last, when it is more."""
        first = Life(WARM_UP, [sample for life in self.lives for sample in life.samples])
        return max(life.growth_mb() for life in [first, *self.lives] if life.samples)

    def most_mb(self) -> float:
        return max(mb for life in self.lives for _, mb in life.samples)


def audit_stores(server: Server, events: int) -> None:
    """Each store, all that it says: as the journal has it."""
    done = run_command("audit", "--data", server.data, "--deep", "--json", check=False, timeout_s=900, environment=server.environment)
    assert done.returncode == 0, done.stdout.decode()[:2000] + done.stderr.decode()
    reports = {report["store"]: report for report in json.loads(done.stdout)["stores"]}
    assert {name: (report["clean"], report["rows"]) for name, report in reports.items()} == {
        "relational": (True, events), "timeseries": (True, events), "redis": (True, min(events, STREAM_EVENTS))}


def test_soak(new_server: Callable[..., Server], stores: list[Store], tmp_path: Path, capsys: pytest.CaptureFixture,
              record_property: Callable[[str, object], None]) -> None:
    server = new_server(*LENGTH.options, environment={**environment_of(stores), "CELLMON_REDIS_STREAM_EVENTS": str(STREAM_EVENTS)}).start()

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"    {text}", file=sys.stderr, flush=True)

    watch = LiveWatch(server.port, server_may_die=True)
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
    assert figures["unknown"] == figures["refused"] == 0, figures
    assert figures["sent"] >= LEAST_EVENTS
    assert watch.breaks == soak.deaths, "the live socket broke when the server died, and else never"
    ledger = run_command("audit", "--server", f"http://127.0.0.1:{server.port}", "--ledger", soak.load.ledger, check=False, timeout_s=600)
    assert ledger.returncode == 0, ledger.stdout.decode()
    rows, points, stream = [store.event_ids() for store in stores]
    assert_same(Counter(rows), Counter(soak.load.sent()))
    assert points == rows
    assert stream == rows[-STREAM_EVENTS:]
    audit_stores(server, len(rows))
    record_property("seen", f"soak: {figures['sent']} events, {NUMBER_OF_FAULTS} faults, {soak.deaths} with a death of the server, 0 lost, "
                            f"0 doubled, deep audit of the three stores clean, memory {soak.growth_mb():+.0f} MB behind the warm-up, "
                            f"at most {soak.most_mb():.0f} MB, p95 of answered requests {figures['service']['p95_ms']:.0f} ms")
    assert figures["service"]["p95_ms"] <= P95_MS, figures
    assert soak.growth_mb() <= GROWTH_MB
