"""A class comes back from half an hour without a connection: 100 students post all that they did meanwhile, in the same moment, each on
a connection of its own, while 100 events/s of others come in by single POSTs. Several such crowds, one behind the other, each of its own events.

*bulk* is `POST /api/v1/offline/bulk`, a student's half hour in one body, with a result for each event in the answer. The limit is the
same crowds by `POST /api/v1/events`, a student's half hour in one array: the same way into the journal, with counts alone in the
answer; *arrays of 100* is how a client with a connection would send it there, one array behind the answer to the one before. Each gets
a server of its own with nothing in it, in each round one after the other.

The students are those of `cellmon simulate`; `offline_sessions.cpp` makes all bodies before, looks at each result, and sends again what
is answered 503. Answers are timed from the first byte sent to the last one received, crowds from the first body to the last answer. *Live events* are
timed by `cellmon simulate` from the time at which each was due, while crowds come one after the other without a pause; alone, on the same server,
before. *Lost* and *doubled* compare the ids that were sent with the exported journal. *Memory* is the most that the server had resident
until all was answered and projected."""

import json
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager

from support import BINARIES, cellmon, resident_mb, simulate

NOT_MEASURED = """Clients on other machines; TLS; a class key with each request; bodies in gzip; the relational rows in PostgreSQL."""

PORT = 18488
STUDENTS, MINUTES = 100, 30
LIVE = {"rate": 100, "batch": 1, "connections": 16}
ALONE_S = 3
WAYS = {"bulk": ("bulk", 0), "one array": ("events", 0), "arrays of 100": ("events", 100)}


@contextmanager
def live_events(server):
    """Others go on meanwhile; a function that ends them and says how they fared."""
    flags = [part for name, value in (LIVE | {"events": 10**9, "seed": time.time_ns() % 2**31}).items() for part in (f"--{name}", str(value))]
    with subprocess.Popen([BINARIES / "cellmon", "simulate", "--server", server.url, "--json", *flags],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as others:

        def end() -> dict:
            others.send_signal(signal.SIGTERM)
            return json.loads(others.communicate()[0])

        try:
            yield end
        finally:
            others.kill()


def exported(server) -> Counter:
    """How often each event is in the journal, by id."""
    ids, after = Counter(), 0
    while True:
        with urllib.request.urlopen(f"{server.url}/api/v1/events/export?after={after}&limit=10000", timeout=60) as page:
            lines = [json.loads(line) for line in page]
        if not lines:
            return ids
        ids.update(line["eventId"] for line in lines)
        after = lines[-1]["sequence"]


def come_back(context, way: str, crowds: int) -> dict:
    """What the crowds, the others and the server's memory came to."""
    route, items = WAYS[way]
    ids = context.scratch / "offline-ids"
    with cellmon(context.folder("offline"), PORT) as server:
        alone = simulate(server, **LIVE, duration=ALONE_S, events=LIVE["rate"] * ALONE_S, seed=time.time_ns() % 2**31)
        command = [BINARIES / "bench_offline_sessions", server.url, route, items, STUDENTS, MINUTES, crowds, ids]
        with subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sessions:
            if sessions.stdout.readline() != "ready\n":
                raise RuntimeError(f"{command} is not ready")
            with live_events(server) as end:
                result = json.loads(sessions.communicate("\n")[0] or "null")
                live = end()
            if sessions.returncode != 0:
                raise RuntimeError(f"{command} ended with status {sessions.returncode}")
        server.wait_for_projection()
        memory_mb = resident_mb(server.pid, "VmHWM")
        stored = exported(server)
        sent = ids.read_text(encoding="ascii").split()
        ids.unlink()
        return result | {"rate": result["events"] / result["seconds"], "crowd_s": result["seconds"] / crowds,
                         "live_ms": live["latency"]["p95_ms"], "alone_ms": alone["latency"]["p95_ms"],
                         "live_refused": live["refused"] + live["answered_5xx"],
                         "lost": sum(1 for one in sent if one not in stored), "doubled": sum(count - 1 for count in stored.values()),
                         "memory": memory_mb}


def measure(context) -> None:
    crowds = 3 if context.quick else 20
    for number in range(context.runs):
        seen = {}
        for way in WAYS:
            context.say(f"round {number + 1}: {way}")
            seen[way] = come_back(context, way, crowds)
        for way, result in seen.items():
            is_bulk = way == "bulk"
            for what, unit, key, goal in (("events taken", "events/s", "rate", "≥ 0.5×"), ("answer, p50", "ms", "p50_ms", ""),
                                          ("answer, p95", "ms", "p95_ms", ""), ("100 half hours", "s", "crowd_s", "≤ 5"),
                                          ("memory", "MB", "memory", "")):
                limit = seen["one array"][key] if is_bulk else None
                context.add(what, unit, result[key], limit, goal if is_bulk else "", way=way)
            context.add("live events meanwhile, p95", "ms", result["live_ms"], result["alone_ms"], "", way=way)
            for what, key, goal in (("live events refused, or answered 503", "live_refused", "0"), ("bodies answered 503", "answered_503", ""),
                                    ("lost", "lost", "0"), ("doubled", "doubled", "0")):
                context.add(what, "", result[key], None, goal, way=way)
    bulk = seen["bulk"]
    context.notes.append(f"{crowds} crowds of {STUDENTS} students, {bulk['events']:,} events in {bulk['bodies']:,} bodies of "
                         f"{bulk['bytes'] / bulk['bodies'] / 1e3:,.0f} kB; an answer of bulk has {bulk['answer_bytes'] / bulk['bodies'] / 1e3:,.0f} kB.")
    context.notes.append("Of *live events meanwhile* the limit is the same events with nobody who comes back.")
    context.folder("offline")
