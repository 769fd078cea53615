"""The load generator, `cellmon load`. Its CPU a request (user and system, the whole process) against that of wrk, both on one thread and
64 connections against the same bare Beast server, one event a request: wrk as fast as the server answers, `cellmon load` at shares of
the rate that wrk reached. How late it turns to its requests, and how busy its thread is. Its percentiles beside those of wrk and of an
independent client in Python that keeps all times, against a server that delays each answer by 10 to 110 ms, evenly spread: there all
three must see what the server does. The other two send the next request behind an answer, so what they can see is the time from the
sending, and beside them stands that of `cellmon load`; the time from when a request was due stands beside the delays themselves."""

from support import BINARIES, ROOT, Server, children_cpu_seconds, run_json, wrk

NOT_MEASURED = "A server on another machine; TLS; k6. wrk holds no rate, so CPU at the same rate on a server that is not at its limit."

WHY = """*CPU a request at 40 % of wrk's rate.* wrk is always at the server's limit, where each of its system calls finds many answers; `cellmon load` keeps its schedule, so at
two fifths of that rate it is woken for few of them. Near wrk's own rate it costs 1.5×, at 40 % 2.5×. *CPU of its thread at 80 % of wrk's rate*: 90,000 requests a
second are as many as one thread can send, a little more than the 80 % of a core from which on a run calls itself not valid."""

PORT = 18483
CONNECTIONS = 64
FEW = 16
# Of delaying_server.py.
LEAST_MS, SPAN_MS = 10, 100


def load(server, rate: float, seconds: float, connections: int, warm_up: float = 2) -> dict:
    before = children_cpu_seconds()
    result = run_json(BINARIES / "cellmon", "load", "--url", server.url, "--json", "--rate", f"{rate:.0f}", "--duration", seconds,
                      "--warm-up", warm_up, "--connections", connections, "--arrivals", "poisson")
    if result["failed"] or result["not_started"]:
        raise RuntimeError(f"requests failed: {result['errors']}, {result['not_started']} not started")
    requests = result["offered"]["requests"] + result["warm_up_requests"]
    return {**result, "cpu_us": (children_cpu_seconds() - before) / requests * 1e6}


def cost(context, seconds: float) -> None:
    server = Server([BINARIES / "bench_bare_beast", PORT], PORT, None)
    try:
        limit = wrk("post_events.lua", server.url, CONNECTIONS, seconds, BATCH="1")
        limit_rate = limit["requests"] / limit["seconds"]
        context.say(f"wrk: {limit_rate:,.0f} requests/s")
        for share, goal in ((0.8, "≤ 2×"), (0.4, "≤ 2×"), (0.1, "")):
            ours = load(server, limit_rate * share, seconds, CONNECTIONS)
            row = {"rate": f"{share:.0%} of wrk's"}
            context.add("CPU a request", "µs", ours["cpu_us"], limit["cpu_seconds"] / limit["requests"] * 1e6, goal, **row)
            context.add("p99 of its own lag", "ms", ours["own_lag"]["p99_ms"], None, "≤ 1", **row)
            context.add("CPU of its thread", "%", ours["own_cpu_percent"], None, "≤ 80", **row)
            context.add("achieved of offered", "%",
                        100 * ours["achieved"]["requests_per_second"] / ours["offered"]["requests_per_second"], None, "", **row)
        context.add("rate", "requests/s", limit_rate * 0.8, limit_rate, "", rate="80% of wrk's")
    finally:
        server.stop()


def percentiles(context, seconds: int) -> None:
    server = Server([ROOT / "bench" / "delaying_server.py", PORT], PORT, None)
    try:
        context.say("percentiles")
        by_wrk = wrk("post_events.lua", server.url, FEW, seconds, BATCH="1")
        by_python = run_json(ROOT / "bench" / "independent_post_client.py", "127.0.0.1", PORT, FEW, seconds)
        # As many as the others had under way at the same time, and connections for those that happen to come together.
        ours = load(server, by_wrk["requests"] / by_wrk["seconds"], seconds, 4 * FEW)
        for name, words, share in (("p50_ms", "p50", 0.5), ("p90_ms", "p90", 0.9), ("p99_ms", "p99", 0.99), ("p99_9_ms", "p99.9", 0.999)):
            for beside, theirs in (("wrk", by_wrk), ("Python", by_python)):
                context.add(f"{words} of delayed answers", "ms", ours["service"][name], theirs[name], "1×", beside=beside)
            context.add(f"{words} of delayed answers, from due", "ms", ours["latency"][name], LEAST_MS + SPAN_MS * share, "1×", beside="the delays")
    finally:
        server.stop()


def measure(context) -> None:
    seconds = 5 if context.quick else 20
    for number in range(context.runs):
        context.say(f"round {number + 1}")
        cost(context, seconds)
        percentiles(context, seconds)
    context.notes.append("wrk has always something to read or to write. At a tenth of its rate `cellmon load` is woken by its timer and by the "
                         "answer for nearly each request, which costs more than the request.")
    context.notes.append(f"{seconds} s for each measurement, behind 2 s of warm-up for `cellmon load`.")
