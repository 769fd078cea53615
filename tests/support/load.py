"""A load on many connections with a ledger of its own: what was sent, and what came back of it."""

from __future__ import annotations

import random
import threading
import time

from support.client import Client
from support.events import cell_executed
from support.server import Server


class Ledger:
    """Outside the server. An event whose answer did not come back is `unknown` until a resend settles it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.events: dict[str, dict] = {}
        self.acknowledged: set[str] = set()
        self.answers: dict[int, int] = {}

    def sent(self, events: list[dict]) -> None:
        with self._lock:
            self.events.update((event["eventId"], event) for event in events)

    def answered(self, events: list[dict], status: int) -> None:
        with self._lock:
            self.answers[status] = self.answers.get(status, 0) + 1
            if status == 202:
                self.acknowledged.update(event["eventId"] for event in events)

    def unknown(self) -> list[dict]:
        with self._lock:
            return [event for event_id, event in self.events.items() if event_id not in self.acknowledged]

    def counts(self) -> tuple[int, int]:
        with self._lock:
            return len(self.events), len(self.acknowledged)


class Load:
    """Posts arrays from several threads until it is stopped or the server is gone; `pause_s` between two of a thread."""

    def __init__(self, server: Server, ledger: Ledger, seed: int, threads: int = 4, batch: int = 10,
                 pause_s: float = 0.0) -> None:
        self._port = server.port
        self._ledger = ledger
        self._batch = batch
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(random.Random(f"{seed}-{n}"),)) for n in range(threads)]
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def _run(self, source: random.Random) -> None:
        client = Client(self._port, timeout_s=30)
        while not self._stop.wait(self._pause_s):
            student = source.randrange(100)
            events = [cell_executed(source, emailAddress=f"student{student:03}@example.com", executionCount=n,
                                    hasError=source.random() < 0.15, cellId=f"c{source.randrange(20)}")
                      for n in range(source.randint(1, self._batch))]
            self._ledger.sent(events)
            try:
                self._ledger.answered(events, client.post(events).status)
            except (OSError, TimeoutError):
                return  # The server is gone; what was on its way is unknown.
        client.close()

    def stop(self) -> float:
        """Waits for the threads; the seconds that the load ran."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return time.monotonic() - self.began


def send_again(server: Server, events: list[dict], ledger: Ledger) -> None:
    """What a client does with an unknown outcome: the same events once more."""
    for begin in range(0, len(events), 200):
        part = events[begin:begin + 200]
        answer = server.post(part)
        assert answer.status == 202, answer
        ledger.answered(part, answer.status)
