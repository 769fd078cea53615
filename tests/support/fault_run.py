"""One run of a fault: a class that goes on all the while, a fault that hits some of its stores, and the verdict."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from support.events import cell_executed
from support.fan_out import metric
from support.faults import Fault
from support.live_watch import LiveWatch
from support.server import Server, wait_until
from support.simulated_load import SimulatedLoad
from support.stores import Store

RATE = 1_000
P95_MS = 500.0
RECOVERED_S = 60.0
PROMPT_S = 5.0  # How far the live page and a store that is well may be behind; they are not measured here, but must not wait.
OLD_EVENTS = 300
CLIENT_PAUSE_S = 0.5  # Of `cellmon simulate`, the first one.


@dataclass(frozen=True)
class Length:
    """Seconds of load before the fault, of the fault, and of load behind the recovery."""

    before_s: float
    fault_s: float
    after_s: float
    # A short run has short waits; a long one those that a school has.
    options: tuple[str, ...] = ()


QUICK = ("--projection-retry-most", "300ms", "--postgres-timeout", "1s", "--influx-timeout", "1s", "--redis-timeout", "1s")
IS_LONG = bool(os.environ.get("CELLMON_LONG"))
LENGTH = Length(30, 60, 10) if IS_LONG else Length(1, 1.5, 0.5, QUICK)


class FaultRun:
    """`hit` are those of `stores` that the fault is for."""

    def __init__(self, server: Server, stores: list[Store], hit: list[Store], fault: Fault, server_dies: bool = False) -> None:
        self._server, self._stores, self._hit, self._fault = server, stores, hit, fault
        self._server_dies = server_dies
        self._source = random.Random(5)
        self._deaths = 0
        self._out_s = 0.0  # From the beginning of the fault until all has come back.
        self._down_s = 0.0  # From a death of the server until it is ready again, all of them.
        self._first: list[dict] = []  # Of before the load.
        self._load: SimulatedLoad | None = None
        self._watch: LiveWatch | None = None

    def play(self, ledger: Path) -> str:
        """What was seen, for a person; fails unless all held."""
        self._prepare()
        try:
            self._watch = LiveWatch(self._server.port, self._server_dies)
            self._load = SimulatedLoad(self._server, ledger, "--rate", RATE, "--batch", 10, "--connections", 100)
            wait_until(lambda: self._stored_everywhere(RATE * LENGTH.before_s), "the load is stored everywhere",
                       LENGTH.before_s + 30)
            began = time.monotonic()
            self._suffer()
            recovered_s = self._recover()
            self._out_s = time.monotonic() - began
            time.sleep(LENGTH.after_s)
            figures = self._load.stop()
            for store in self._stores:
                self._server.wait_until_projected(RECOVERED_S, store.projection)
            self._check_live(self._durable())
            wait_until(self._watch.shows_what_is, "the live page shows what is")
            wait_until(self._all_is_well, "all is well again")
        finally:
            if self._load:
                self._load.kill()
            if self._watch:
                self._watch.close()
        self._check_stored()
        self._check_figures(figures)
        self._check_log()
        self._check_metrics()
        seen = f"recovered in {recovered_s:.1f} s, p95 {self._p95_ms(figures):.1f} ms, {figures['sent']} events, 0 lost, 0 doubled"
        if self._server_dies:
            seen += (f", {self._deaths} deaths of the server, away for {self._down_s:.1f} s, which {figures['unanswered']} requests ran "
                     f"into; the longest wait with them {figures['latency']['max_ms'] / 1000:.1f} s")
        return seen

    def _prepare(self) -> None:
        self._server.start()
        self._first = [cell_executed() for _ in range(OLD_EVENTS)]
        assert self._server.post(self._first).status == 202
        for store in self._stores:
            self._server.wait_until_projected(name=store.projection)
        self._server.stop()
        for store in self._hit:
            self._fault.before(store)
        self._server.start()

    def _suffer(self) -> None:
        failures = {store: self._projection(store)["failures"] for store in self._hit}
        durable = self._durable()
        for store in self._hit:
            self._fault.begin(store)
        began = time.monotonic()
        wait_until(lambda: all(self._is_felt(store, failures[store]) for store in self._hit), "the fault is felt")
        while time.monotonic() - began < LENGTH.fault_s:
            time.sleep(0.2)
            for store in self._hit:
                self._fault.again(store)
            assert self._server.get("/api/v1/health/ready").status == 200
            self._watch.check()
        if self._fault.lasts:
            wait_until(lambda: all(self._service(store) == "unhealthy" for store in self._hit), "the health shows it", RECOVERED_S)
            assert [self._metric(store, "waiting") for store in self._stores] == [store in self._hit for store in self._stores]
        if self._server_dies:
            self._let_the_server_die()
        now = self._durable()
        assert now > durable, "events are taken all the while"
        self._check_live(now)
        for store in self._stores:
            if store not in self._hit:
                wait_until(lambda store=store: self._projection(store)["cursor"]["sequence"] >= now,
                           f"{store.projection} goes on", PROMPT_S)

    def _is_felt(self, store: Store, failures: int) -> bool:
        """It fails, or falls behind by a second of load."""
        entry = self._projection(store)
        return entry["failures"] > failures or entry["lagEvents"] > RATE

    def _recover(self) -> float:
        """Ends the fault; seconds from then on until the stores themselves hold all that was durable then."""
        for store in self._hit:
            self._fault.end(store)
        ended = time.monotonic()
        durable = self._durable()
        if self._server_dies:
            time.sleep(self._source.random() * 0.5)
            self._let_the_server_die()
        wait_until(lambda: all(store.count() >= durable for store in self._hit), f"the stores hold all {durable} events", RECOVERED_S)
        return time.monotonic() - ended

    def _let_the_server_die(self) -> None:
        port = self._server.port
        began = time.monotonic()
        self._server.kill()
        self._server.start(port=port)
        self._down_s += time.monotonic() - began
        self._deaths += 1

    def _stored_everywhere(self, events: float) -> bool:
        return all(self._projection(store)["cursor"]["sequence"] >= OLD_EVENTS + events for store in self._stores)

    def _projection(self, store: Store) -> dict:
        return self._server.projection(store.projection)

    def _metric(self, store: Store, name: str) -> float:
        return metric(self._server, f"cellmon_projection_{name}", projection=store.projection)

    def _all_is_well(self) -> bool:
        """The classroom's routes can be used, too, which share PostgreSQL."""
        return self._server.get("/api/v1/health").json["status"] == "healthy" and self._server.get("/api/v1/classes").status == 200

    def _service(self, store: Store) -> str:
        return self._server.get("/api/v1/health").json["services"][store.service]["status"]

    def _durable(self) -> int:
        return self._projection(self._stores[0])["durableSequence"]

    def _check_live(self, events: int) -> None:
        wait_until(lambda: self._watch.received >= events, "the live page goes on", PROMPT_S)

    def _check_stored(self) -> None:
        expected = Counter([event["eventId"] for event in self._first] + self._load.sent())
        events = self._server.export()
        assert_same(Counter(event["eventId"] for event in events), expected)
        for store in self._stores:
            assert_same(Counter(store.event_ids()), expected)
            store.check(events)

    def _check_figures(self, figures: dict) -> None:
        assert figures["refused"] == figures["answered_5xx"] == 0, figures
        assert self._p95_ms(figures) <= P95_MS, figures
        if self._server_dies:
            assert self._watch.breaks == self._deaths
            assert figures["latency"]["max_ms"] <= 1000 * self._longest_wait_s(), figures
        else:
            assert figures["unanswered"] == 0, figures

    def _p95_ms(self, figures: dict) -> float:
        """Of a request, from when it should have gone out to its answer.

        When the server dies: of each request that was answered, from its sending. So two things are left out, which no server can
        shorten: requests that its death took along or that found nobody, and the pauses of the client until it tries again, with what
        has to wait behind it. How long these may be is judged by itself. Requests that wait for a server that is starting are in.
        """
        return figures["service" if self._server_dies else "latency"]["p95_ms"]

    def _longest_wait_s(self) -> float:
        """Of an event, over deaths of the server. A client that finds nobody doubles its pause: when the server is back, it has waited
        as long as it was away at most, and the pause that it is in is no longer than that, and its first one."""
        return 2 * self._down_s + CLIENT_PAUSE_S + PROMPT_S

    def _check_log(self) -> None:
        """Each outage is said once, not at each attempt; another reason for it at most once a minute."""
        if self._fault.steady and not self._server_dies:
            log = self._server.log()
            for store in self._hit:
                assert log.count(f"the projection {store.projection} waits for its store") <= 1 + self._out_s // 60, log
            for words in ("the classroom's database is away", "cannot be compared with the journal"):
                assert log.count(words) <= 1, log
            assert "stops until somebody looks at it" not in log

    def _check_metrics(self) -> None:
        """Of all stores in the same words. A server that died has begun to count anew."""
        # Rows and points were read meanwhile, perhaps for longer than the server keeps an idle connection.
        self._server.client.close()
        for store in self._stores:
            assert self._metric(store, "lag_events") == self._metric(store, "waiting") == self._metric(store, "alarm") == 0
            if not self._server_dies:
                # What was taken without an answer is not counted.
                assert 1 <= self._metric(store, "batch_events_count") <= self._metric(store, "batch_events_sum")
                if store in self._hit and self._fault.lasts:
                    assert self._metric(store, "failures_total") >= 1 and self._metric(store, "connects_total") >= 2


def assert_same(found: Counter, expected: Counter) -> None:
    lost, more = expected - found, found - expected
    assert not lost and not more, f"{len(lost)} lost, {sum(more.values())} doubled or unknown: {list(lost)[:3]} {list(more)[:3]}"
