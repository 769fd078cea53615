"""What a school asks of the server while a class runs, with its rows in SQLite and in PostgreSQL. All was made through the
program: lessons of a term by `cellmon simulate`, the class, its roster and its grades through the API.

*Reads.* The ten that people use most: what every dashboard fetches each 5 to 15 s (overview), what opening a student or a page of
the term shows (activity, metrics, delivery), what each page of a class begins with (classes, roster, assignments), and what
grading is made of (submissions of an assignment, its figures, the table of the class). Each in turn, by wrk on 8 connections of
one instructor, beside 100 events/s in single POSTs: *paced*, so many a second in all, which is more than a school of 100 teachers
asks; and in a *closed loop*, where each connection asks again at once: what the server can do, with its latencies then.

*Many submissions.* 5,000 of them in one request, from the first byte sent to the last received, against the bare rows of the same
request put into the same table, with its keys and indexes (`bare_rows.cpp`): in SQLite by a loop of one prepared INSERT in one
transaction, in PostgreSQL by COPY. Five of each in turn in each round.

*Logins.* 16 clients log in, Argon2id with the server's own cost, one after the other for as long as 100 events/s come in
single POSTs. The limit is the same ingest with nobody who logs in."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from school import ASSIGNMENTS, PASSWORD, Client, School
from support import BINARIES, postgres, run_json, simulate, wrk

NOT_MEASURED = """A client on another machine; TLS; a PostgreSQL on another machine; `auth.mode = required`, where the dashboard's reads
ask for the token's row as well. wrk starts the clock of a read when it sends it: what waits behind a slow one on
its own connection is not counted."""

PORT = 18487
CONNECTIONS = 8
LOOP_S = 1  # Of each closed loop.
EVENTS_PER_S = 100
BULKS = 5
LOGIN_CLIENTS, LOGINS = 16, 500
# All logins come from one address, and of few accounts.
PATIENT = {"CELLMON_AUTH_ADDRESS_LOGINS": "100000", "CELLMON_AUTH_ACCOUNT_FAILURES": "100000"}


def reads(school: School) -> dict:
    """How often a second each is asked for, and its targets, taken in turn."""
    class_path = f"/api/v1/classes/{school.class_id}"
    assignments = [f"/api/v1/assignments/{number}" for number in school.assignments]
    return {
        "dashboard overview": (50, ["/api/v1/dashboard/overview"]),
        "activity of a student": (50, [f"/api/v1/dashboard/students/{quote(person['email'])}/activity" for person in school.people[:100]]),
        "dashboard metrics": (20, ["/api/v1/dashboard/metrics?time_range=24h"]),
        "delivery": (20, ["/api/v1/delivery"]),
        "classes": (50, ["/api/v1/classes"]),
        "roster": (20, [f"{class_path}/students?limit=1000"]),
        "assignments": (50, [f"/api/v1/assignments?class_id={school.class_id}"]),
        "submissions of an assignment": (20, [f"/api/v1/submissions?assignment_id={number}&limit=1000" for number in school.assignments]),
        "figures of an assignment": (20, [f"{path}/figures" for path in assignments]),
        "grades.csv of the class": (5, [f"{class_path}/grades.csv"]),
    }


def beside(server, seconds: float):
    """Ingest that runs for so long; its report when it is over."""
    executor = ThreadPoolExecutor(1)
    future = executor.submit(simulate, server, rate=EVENTS_PER_S, batch=1, connections=16, duration=seconds,
                             events=int(EVENTS_PER_S * seconds), seed=time.time_ns() % 2**31)
    executor.shutdown(wait=False)
    return future


def measure_reads(context, school: School, server, seconds: float) -> None:
    token = school.login(server, "teacher@example.com")
    targets = reads(school)
    for _, paths in targets.values():
        Client(server, token).read(paths[0])
    ingest = beside(server, len(targets) * (seconds + LOOP_S + 1))
    for name, (rate, paths) in targets.items():

        def read(seconds: float, **environment: str) -> dict:
            seen = wrk("get_pages.lua", server.url, CONNECTIONS, seconds, TOKEN=token, TARGETS="\n".join(paths), **environment)
            if seen["refused"]:
                raise RuntimeError(f"{name}: {seen['refused']} of {seen['requests']} were refused")
            return seen

        paced = read(seconds, PAUSE_MS=str(round(1000 * CONNECTIONS / rate)))
        context.add(f"{name}, p99", "ms", paced["p99_ms"], None, "≤ 20", engine=school.engine, load=f"{rate}/s")
        loop = read(LOOP_S)
        row = {"engine": school.engine, "load": "closed loop"}
        context.add(f"{name}, p99", "ms", loop["p99_ms"], None, "", **row)
        context.add(name, "reads/s", loop["requests"] / loop["seconds"], None, "", **row)
    ingest.result()


def measure_bulk(context, school: School, server) -> None:
    client = Client(server, school.login(server, "teacher@example.com"))
    count = ASSIGNMENTS * len(school.people)
    body = school.submissions()
    ours_s = limit_s = 0.0
    for _ in range(BULKS):
        began = time.monotonic()
        status, answer = client.ask("POST", "/api/v1/submissions/bulk", body)
        ours_s += time.monotonic() - began
        if status != 200 or json.loads(answer)["created"] != count:
            raise RuntimeError(f"not all {count} submissions were stored: {status} {answer[:200]}")
        limit_s += run_json(BINARIES / "bench_bare_rows", school.engine, school.rows, count)["seconds"]
    context.add(f"{count:,} submissions in one request", "rows/s", BULKS * count / ours_s, BULKS * count / limit_s, "≥ 0.5×",
                engine=school.engine)


class LoginLoad:
    """Logins without a pause until it is left."""

    def __init__(self, server):
        self.answered, self._refused = 0, ""
        self._server, self._stop, self._lock = server, threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(LOGIN_CLIENTS)]

    def _run(self, number: int) -> None:
        client = Client(self._server)
        body = f'{{"email": "login{number}@example.com", "password": "{PASSWORD}"}}'.encode()
        while not self._stop.is_set():
            status, text = client.ask("POST", "/api/v1/auth/login", body)
            if status == 503:  # The queue is full; its Retry-After is a second.
                time.sleep(1)
            elif status != 200:
                self._refused = f"login: {status} {text[:200]}"
                return
            else:
                with self._lock:
                    self.answered += 1

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._refused:
            raise RuntimeError(self._refused)


def measure_logins(context, school: School, server, seconds: float) -> None:
    alone = beside(server, seconds / 3).result()
    with LoginLoad(server) as logins:
        among = beside(server, seconds).result()
    row = {"engine": school.engine}
    context.add("POST of an event while others log in, p99", "ms", among["latency"]["p99_ms"], alone["latency"]["p99_ms"], "≤ 20", **row)
    context.add("logins meanwhile", "logins", logins.answered, None, f"≥ {LOGINS}", **row)


def measure(context) -> None:
    executions, students, seconds = (30_000, 1_000, 1) if context.quick else (1_000_000, 1_000, 4)
    with postgres() as database:
        schools = [School("sqlite", context.folder("api-sqlite"), PATIENT, students),
                   School("postgres", context.folder("api-postgres"), {**PATIENT, "CELLMON_POSTGRES_URL": database.url}, students)]
        for school in schools:
            context.say(f"filling {school.engine}")
            with school.running(PORT) as server:
                school.fill(server, executions)
                for number in range(LOGIN_CLIENTS):
                    school.account(f"login{number}@example.com", "instructor")
        for number in range(context.runs):
            for school in schools:
                context.say(f"round {number + 1}: {school.engine}")
                with school.running(PORT) as server:
                    measure_reads(context, school, server, seconds)
                    measure_bulk(context, school, server)
                    measure_logins(context, school, server, 5 if context.quick else 30)
    context.notes.append(f"{students:,} students, {executions:,} executions, {ASSIGNMENTS} assignments with a grade of each student.")
    for school in schools:
        context.folder(school.data.name)
