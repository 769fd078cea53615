"""Acknowledged events over HTTP against a bare Beast server that reads the same POST and answers 202 without doing
anything. wrk with 64 keep-alive connections and fresh random ids runs on the same two cores as the server. CPU is that of
the server process: to the acknowledgement that of the I/O threads and the journal's while the load lasts, which are all
that an answer waits for; with the projections that of all threads until their lag is 0; and by thread, so that one sees where it
goes: `cellmon-io` (HTTP, decoding), `journal-writer`, `journal-keeper` (upkeep of the id index), `relational` (SQLite), `live`
(the class as it is now), `status` (comparing rows with the journal)."""

from support import BINARIES, Server, cellmon, cpu_seconds, fill, thread_cpu_seconds, wrk

NOT_MEASURED = "A client on another machine; TLS; gzip."

WHY = """*Single events, 0.52× instead of 0.6×.* By thread: HTTP and decoding (`cellmon-io`, 12 µs) cost what the whole bare server costs. The rest is
what the answer promises and what is made of the event: the journal 5 µs (a group holds some 18 events here, and each is a sync), the rows in
SQLite 13 µs (a bare loop of prepared inserts into the same tables takes 17 µs, see [projection](projection.md)), the live state 2 µs, the
comparison of rows with the journal 0.5 µs. The rate follows, as client and server share two cores. A lower priority for the projection
(niceness 5, 10, 19) changed nothing, as it keeps up all the same.

*Arrays, 3.5 µs to the acknowledgement instead of 3.* The bare server, which only reads the body into memory, takes 1.6 µs an event; decoding adds
nothing that can be told from it (`cellmon-io` takes 1.6 µs), the journal (copy, CRC, write, sync) 2 µs."""

PORT = 18481

TO_THE_ACKNOWLEDGEMENT = ("cellmon-io", "journal-writer")


def since(before: dict, now: dict) -> dict:
    return {name: seconds - before.get(name, 0.0) for name, seconds in now.items()}


def post(url: str, batch: int, seconds: float) -> dict:
    result = wrk("post_events.lua", url, 64, seconds, BATCH=str(batch))
    # Overload is answered 503 on purpose: such a request is no acknowledgement, and its share is a row of its own.
    result["acknowledged"] = result["requests"] - result["refused"]
    return result


def bare(batch: int, seconds: float) -> tuple:
    server = Server([BINARIES / "bench_bare_beast", PORT], PORT, None)
    try:
        before = cpu_seconds(server.pid)
        result = post(server.url, batch, seconds)
        events = result["acknowledged"] * batch
        return events / result["seconds"], (cpu_seconds(server.pid) - before) / events * 1e6
    finally:
        server.stop()


def measure(context) -> None:
    stored = 20_000 if context.quick else 3_000_000
    with cellmon(context.folder("ingest")) as server:
        fill(server, stored)
        for number in range(context.runs):
            for batch, rate_goal, ack_goal, all_goal in ((1, "≥ 0.6×", "", "≤ 50"), (100, "", "≤ 3", "≤ 30")):
                # Arrays fill the store six times as fast; it must not outgrow its 3 million rows by much.
                seconds = 5 if context.quick or batch > 1 else 15
                context.say(f"round {number + 1}: {batch} events a body")
                limit, limit_cpu = bare(batch, seconds)
                before, threads_before = cpu_seconds(server.pid), thread_cpu_seconds(server.pid)
                result = post(server.url, batch, seconds)
                loaded = since(threads_before, thread_cpu_seconds(server.pid))
                server.wait_for_projection()
                everything = cpu_seconds(server.pid) - before
                threads = since(threads_before, thread_cpu_seconds(server.pid))
                acknowledged = sum(loaded[name] for name in TO_THE_ACKNOWLEDGEMENT)
                events = result["acknowledged"] * batch
                context.add("acknowledged", "events/s", events / result["seconds"], limit, rate_goal, batch=batch)
                context.add("CPU to the acknowledgement", "µs/event", acknowledged / events * 1e6, limit_cpu, ack_goal,
                            batch=batch)
                context.add("CPU with the projections", "µs/event", everything / events * 1e6, None, all_goal, batch=batch)
                for name in ("cellmon-io", "journal-writer", "journal-keeper", "relational", "live", "status"):
                    context.add(f"CPU of {name}", "µs/event", threads[name] / events * 1e6, None, "", batch=batch)
                context.add("answered 503", "%", 100 * result["refused"] / result["requests"], None, "", batch=batch)
                context.add("p99 of a POST", "ms", result["p99_ms"], None, "", batch=batch)
        context.notes.append(f"Rows stored before the first round: {stored:,}; at the end "
                             f"{server.projection()['durableSequence']:,}.")
    context.folder("ingest")
