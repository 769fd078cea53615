"""Acknowledged events over HTTP against a bare Beast server that reads the same POST and answers 202 without doing
anything. wrk with 64 keep-alive connections and fresh random ids runs on the same two cores as the server. CPU is that of
the server process: to the acknowledgement that of all threads but the projection's while the load lasts, with the
projection that of all threads until its lag is 0."""

import json
import os
import subprocess

from support import BINARIES, ROOT, Server, cellmon, cpu_seconds, fill, thread_cpu_seconds

NOT_MEASURED = "A client on another machine; TLS; gzip."

PORT = 18481


def wrk(url: str, batch: int, seconds: float) -> dict:
    done = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", "-s", ROOT / "bench" / "post_events.lua", url],
                          env={**os.environ, "BATCH": str(batch)}, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    result = json.loads(line.removeprefix("RESULT "))
    # Overload is answered 503 on purpose: such a request is no acknowledgement, and its share is a row of its own.
    result["acknowledged"] = result["requests"] - result["refused"]
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} requests failed:\n{done.stdout}")
    return result


def bare(batch: int, seconds: float) -> tuple:
    server = Server([BINARIES / "bench_bare_beast", PORT], PORT, None)
    try:
        before = cpu_seconds(server.pid)
        result = wrk(server.url, batch, seconds)
        events = result["acknowledged"] * batch
        return events / result["seconds"], (cpu_seconds(server.pid) - before) / events * 1e6
    finally:
        server.stop()


def measure(context) -> None:
    seconds = 5 if context.quick else 20
    stored = 20_000 if context.quick else 3_000_000
    with cellmon(context.folder("ingest")) as server:
        fill(server, stored)
        for number in range(context.runs):
            for batch, rate_goal, ack_goal, all_goal in ((1, "≥ 0.6×", "", "≤ 50"), (100, "", "≤ 3", "≤ 30")):
                context.say(f"round {number + 1}: {batch} events a body")
                limit, limit_cpu = bare(batch, seconds)
                before, before_projection = cpu_seconds(server.pid), thread_cpu_seconds(server.pid, "relational")
                result = wrk(server.url, batch, seconds)
                projected = thread_cpu_seconds(server.pid, "relational") - before_projection
                acknowledged = cpu_seconds(server.pid) - before - projected
                server.wait_for_projection()
                everything = cpu_seconds(server.pid) - before
                events = result["acknowledged"] * batch
                context.add("acknowledged", "events/s", events / result["seconds"], limit, rate_goal, batch=batch)
                context.add("CPU to the acknowledgement", "µs/event", acknowledged / events * 1e6, limit_cpu, ack_goal,
                            batch=batch)
                context.add("CPU with the projection", "µs/event", everything / events * 1e6, None, all_goal, batch=batch)
                context.add("answered 503", "%", 100 * result["refused"] / result["requests"], None, "", batch=batch)
                context.add("p99 of a POST", "ms", result["p99_ms"], None, "", batch=batch)
        context.notes.append(f"Rows stored before the first round: {stored:,}; at the end "
                             f"{server.projection()['durableSequence']:,}.")
    context.folder("ingest")
