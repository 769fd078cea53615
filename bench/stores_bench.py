"""A fixed rate of events with all three stores beside the server, generator and stores on the same cores: whether it is acknowledged,
how far the stores fall behind, and what each process costs. PostgreSQL syncs as one in use does."""

import resource
import time
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

from support import cellmon, cpu_seconds, fill, postgres, simulate, store, thread_cpu_seconds, tree_cpu_seconds
from sustained_bench import LagWatch

NOT_MEASURED = "Stores and generator on other machines; hours instead of a minute; stores that were full of years before."

PORT = 18490
CPU = "CPU, until lag 0"


def generator_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def settings(postgres_url: str, influx_url: str, redis_url: str) -> dict:
    influx = urlsplit(influx_url)
    return {"CELLMON_POSTGRES_URL": postgres_url, "CELLMON_REDIS_URL": redis_url,
            "CELLMON_INFLUX_URL": f"http://{influx.hostname}:{influx.port}", "CELLMON_INFLUX_USER": influx.username,
            "CELLMON_INFLUX_PASSWORD": unquote(influx.password)}


def play(context, server, stores: dict, rate: int, seconds: float, rate_goal: str, lag_goal="", drain_goal="", cpu_goal="") -> None:
    context.say(f"{rate} events/s")

    def used() -> dict:
        return {"cellmon": cpu_seconds(server.pid), **{name: tree_cpu_seconds(one.pid) for name, one in stores.items()},
                "generator": generator_cpu_seconds()}

    before, threads_before = used(), thread_cpu_seconds(server.pid)
    with LagWatch(server) as watch:
        result = simulate(server, rate=rate, batch=100, connections=8, events=int(rate * seconds), duration=seconds,
                          seed=time.time_ns() % 2**31)
    drain = server.wait_for_projection()
    after, threads = used(), thread_cpu_seconds(server.pid)
    events = result["acknowledged"]
    each = {name: (after[name] - before[name]) / events * 1e6 for name in after}
    context.add("acknowledged", "events/s", result["events_per_second"], None, rate_goal, rate=rate)
    context.add("greatest lag", "s", watch.greatest, None, lag_goal, rate=rate)
    context.add("lag 0 after", "s", drain, None, drain_goal, rate=rate)
    context.add("p95 of a POST", "ms", result["latency"]["p95_ms"], None, "≤ 500", rate=rate)
    context.add(CPU, "µs/event", sum(each.values()), None, cpu_goal, rate=rate, process="all")
    for name, cost in each.items():
        context.add(CPU, "µs/event", cost, None, "", rate=rate, process=name)
    for name in ("relational", "timeseries", "redis"):
        context.add(CPU, "µs/event", (threads[name] - threads_before[name]) / events * 1e6, None, "", rate=rate,
                    process=f"cellmon, its thread {name}")


def measure(context) -> None:
    seconds = 8 if context.quick else 60
    stored = 20_000 if context.quick else 200_000
    for _ in range(context.runs):
        # Each round in new stores: a round leaves millions of rows.
        with ExitStack() as stack:
            stores = {"postgres": stack.enter_context(postgres()), "influxd": stack.enter_context(store("influxdb")),
                      "redis": stack.enter_context(store("redis_server"))}
            environment = settings(*(one.url for one in stores.values()))
            server = stack.enter_context(cellmon(context.folder("stores"), PORT, environment))
            fill(server, stored)
            play(context, server, stores, 15_000, seconds, rate_goal="≥ 15,000", lag_goal="≤ 5", cpu_goal="≤ 60")
            play(context, server, stores, 25_000, seconds, rate_goal="≥ 25,000", drain_goal="≤ 60")
    context.notes.append(f"{stored:,} events stored before; {seconds} s for each rate.")
    context.folder("stores")
