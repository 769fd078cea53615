"""A fixed rate of events from the generator on the same two cores, on top of rows that are stored already: whether it is
acknowledged, and how far the projection falls behind meanwhile."""

import threading
import time

from support import cellmon, fill, simulate

NOT_MEASURED = "A generator on another machine; hours instead of a minute."


class LagWatch:
    """The greatest lag of a projection in seconds while it runs."""

    def __init__(self, server):
        self.greatest = 0.0
        self._server, self._stop = server, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._stop.wait(0.25):
            self.greatest = max(self.greatest, self._server.greatest_lag("lagSeconds"))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def play(context, server, rate: int, batch: int, seconds: float, rate_goal="", drain_goal="", lag_goal="",
         p99_goal="") -> None:
    context.say(f"{rate} events/s, {batch} a body")
    with LagWatch(server) as watch:
        result = simulate(server, rate=rate, batch=batch, connections=8 if batch > 1 else 64, events=int(rate * seconds),
                          duration=seconds, seed=time.time_ns() % 2**31)
    drain = server.wait_for_projection()
    row = {"rate": rate, "batch": batch}
    context.add("acknowledged", "events/s", result["events_per_second"], None, rate_goal, **row)
    context.add("greatest lag", "s", watch.greatest, None, lag_goal, **row)
    context.add("lag 0 after", "s", drain, None, drain_goal, **row)
    context.add("p99 of a POST", "ms", result["latency"]["p99_ms"], None, p99_goal, **row)


def measure(context) -> None:
    seconds = 8 if context.quick else 60
    with cellmon(context.folder("sustained")) as server:
        stored = 50_000 if context.quick else 3_000_000
        fill(server, stored)
        for _ in range(context.runs):
            play(context, server, 40_000, 100, seconds, rate_goal="≥ 40,000", drain_goal="≤ 90")
            play(context, server, 15_000, 100, seconds, lag_goal="≤ 2")
            play(context, server, 1_000, 1, seconds, p99_goal="≤ 5")
        context.notes.append(f"{stored:,} rows stored before; {seconds} s for each rate.")
    context.folder("sustained")
