"""The relational projection catching up in PostgreSQL: an empty database, an idle journal, the server started again. The limit is
plain COPY of the rows that came of it, text or binary, into empty tables with the same keys and indexes in the same PostgreSQL: one
COPY a table, all in one transaction (`bare_copy.cpp`). PostgreSQL syncs what is committed. Everything has the niceness of the
projection's thread, 10: so neither side waits for the other.

*100 students*: events of one class, made as fast as they are taken over eight connections, so that many come a little late. *A
lesson*: 90 minutes of 1,000 students (300 with `--quick`) at 300 times their speed, with sessions, streams, new cells, help."""

import os
import subprocess
import time

from support import BINARIES, cellmon, cpu_seconds, fill, postgres, run_json, simulate, thread_cpu_seconds

NOT_MEASURED = """PostgreSQL on another machine: here it shares cores and disk with the server. The projection while ingest runs.
The limit looks nothing up, keeps no totals, and writes each row once: ours changes the sums of students, sessions and cells in each
transaction."""

WHY = """*A lesson: 0.54 of plain COPY instead of 0.8.* It is 90 minutes of 1,000 students, so each transaction also writes sums of many students, sessions and
cells: PostgreSQL's process needs 1.42 times the CPU of plain COPY, and is busy for 74 % of the time (87 % with 100 students); in the rest it waits for
the questions of a batch, or for its disk. With 100 students the goal is reached.

Rows are made, and the next batch is read for its keys, while PostgreSQL is at work; so its process sets the pace, and the distance is
what it does more than the limit. By its own statistics of statements (300,000 events of 100 students) that is: streaks of errors of rows
that are there already and changed because a run came late, 3 to 4 % of all its work; sums of cells 2 %; requests for help that are
folded anew behind a late signal, 2 %; students, sessions and days less than 1 %. What is left are the questions and the sync of each
transaction of some 26,000 events, in which it waits for us or for the disk."""

THREADS = ("relational", "relational copy")
NICENESS = 10  # See src/base/thread.cpp.

# All that is made from events: without the registry and the cursor, which a rebuild leaves.
NOT_EVENTS = "('students', 'teams', 'notebooks', 'cells', 'projection_state', 'schema_migrations')"


def query(url: str, *statements: str) -> str:
    commands = [part for statement in statements for part in ("-c", statement)]
    return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *commands, url], capture_output=True, text=True,
                          check=True).stdout.strip()


def catch_up(data, url: str) -> dict:
    """From the first rows to the last: events, seconds, and the CPU of both."""
    with cellmon(data, environment={"CELLMON_POSTGRES_URL": url}) as server:
        while (first := server.projection()["cursor"]["sequence"]) == 0:
            time.sleep(0.005)
        # As it is called in pg_stat_activity: see src/sinks/postgres/README.md.
        writer = int(query(url, "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'cellmon %'"))
        began, of_postgres, of_server = time.monotonic(), cpu_seconds(writer), thread_cpu_seconds(server.pid)
        while (now := server.projection())["lagEvents"] > 0:
            time.sleep(0.02)
        seconds = time.monotonic() - began
        now_of_server = thread_cpu_seconds(server.pid)
        return {"events": now["cursor"]["sequence"] - first, "all": now["cursor"]["sequence"], "seconds": seconds,
                "postgres": cpu_seconds(writer) - of_postgres,
                "server": sum(now_of_server.get(name, 0) - of_server.get(name, 0) for name in THREADS)}


def copy(url: str, form: str) -> dict:
    """Seconds, and those of CPU that PostgreSQL's process took."""
    tables = query(url, f"SELECT tablename FROM pg_tables WHERE schemaname = 'relational' AND tablename NOT IN {NOT_EVENTS}")
    query(url, "DROP SCHEMA IF EXISTS bare CASCADE", "CREATE SCHEMA bare",
          *(f"CREATE TABLE bare.{name} (LIKE relational.{name} INCLUDING ALL)" for name in tables.split()), "CHECKPOINT")
    return run_json(BINARIES / "bench_bare_copy", url, "relational", "bare", form)


def measure_class(context, name: str, data, url: str, events: int) -> None:
    query(url, "DROP SCHEMA IF EXISTS relational CASCADE", "CHECKPOINT")
    ours = catch_up(data, url)
    rate, cpu = ours["events"] / ours["seconds"], ours["postgres"] / ours["events"] * 1e6
    named = {"events": name, "rows": events}
    for form, goal in (("text", "≥ 0.8×"), ("binary", "")):
        bare = copy(url, form)
        context.add("catching up", "events/s", rate, ours["all"] / bare["seconds"], goal, **named, COPY=form)
        context.add("CPU of PostgreSQL's process", "µs/event", cpu, bare["cpu"] / ours["all"] * 1e6, "", **named, COPY=form)
    context.add("CPU of the projection's threads", "µs/event", ours["server"] / ours["events"] * 1e6, None, "", **named)


def measure(context) -> None:
    classes = {"100 students": context.folder("postgres-flood"), "a lesson": context.folder("postgres-lesson")}
    events = {}
    for name, data in classes.items():
        with cellmon(data) as server:
            if name == "a lesson":
                simulate(server, students=300 if context.quick else 1_000, minutes=90, speed=300, seed=5)
                server.wait_for_projection()
            else:
                fill(server, 150_000 if context.quick else 600_000)
            events[name] = server.projection()["durableSequence"]
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    with postgres() as database:
        url = database.url
        for number in range(context.runs):
            for name, data in classes.items():
                context.say(f"round {number + 1}: {name}")
                measure_class(context, name, data, url, events[name])
    for data in classes.values():
        context.folder(data.name)
