"""The relational projection catching up from an idle journal (its database removed, the server started again) against
prepared INSERTs of the finished rows into the same schema at the same size, in transactions of 10,000 events. Rate and
limit are those of the last part of the rows."""

import time

from support import BINARIES, cellmon, cpu_seconds, fill, run_json

NOT_MEASURED = """The projection while ingest runs (see `sustained`). The limit does not look anything up and keeps no totals:
it inserts the rows of the event tables only."""

BATCH = 10_000


def catch_up(data, events: int, tail: int) -> tuple:
    """Events a second and CPU an event over the last `tail` events."""
    for path in data.glob("relational.db*"):
        path.unlink()
    with cellmon(data) as server:
        while True:
            projected = server.projection()["cursor"]["sequence"]
            if projected >= events - tail:
                break
            time.sleep(0.02)
        began, cpu = time.monotonic(), cpu_seconds(server.pid)
        while server.projection()["lagEvents"] > 0:
            time.sleep(0.02)
        seconds, used = time.monotonic() - began, cpu_seconds(server.pid) - cpu
        return (events - projected) / seconds, used / (events - projected) * 1e6


def measure(context) -> None:
    events, tail = (200_000, 100_000) if context.quick else (3_000_000, 300_000)
    data = context.folder("projection")
    with cellmon(data) as server:
        fill(server, events)
        events = server.projection()["durableSequence"]
    for number in range(context.runs):
        context.say(f"round {number + 1}")
        rate, cpu = catch_up(data, events, tail)
        target = context.folder("bare")
        limit = run_json(BINARIES / "bench_bare_insert", data / "relational.db", target / "bare.db", BATCH, tail)
        context.add("catching up", "events/s", rate, limit["events_per_s"], "≥ 0.7×, ≥ 20,000", rows=events)
        context.add("CPU", "µs/event", cpu, limit["cpu_us"], "", rows=events)
    context.folder("projection")
    context.folder("bare")
