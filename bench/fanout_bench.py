"""From a change of the class to the clients of the live socket, on the same two cores as the clients.

*Burst*: hub and WebSockets without the rest of the server (`fanout_server.cpp`) publish 1,000 steps of one changing student
one after the other to 100 clients of `cellmon load websocket`; each step is one frame of 300 bytes. The time is from the first
publish to the last reception at the last client; the client's share of the two cores is in it. CPU is that of the server's
process over all of it, in the kernel too, divided by the messages. *Paced*: the same with 500 steps a second, so that each
frame is a system call of its own. The limit is a loop of blocking writev of the same bytes, 64 frames in a call for the burst.

*Acknowledged to received*: the whole server; one sender posts ten events of ten students every 10 ms and notes when each
post is acknowledged; 100 clients note when they first have a sequence at or behind the event's. *Live state*: CPU of the
thread `live` while 100 or 1,000 students send, once their class has begun."""

import http.client
import json
import re
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from support import BINARIES, Server, cellmon, run_json, simulate, thread_cpu_seconds

NOT_MEASURED = "Clients on another machine; TLS; a network between; browsers."

WHY = """*The live state.* The limit's rows say that the machine was slow that day: its writev took 1.9 to 2.5 times as long as on another, on which
the live state, shown twenty times a second then, took 0.90 µs an event at full speed, and 3.1 and 4.4 at 1,000 events/s with 100 and 1,000 students. An
event at 1,000 events/s costs more than at full speed, because nearly each is the only one of its student in a step, and what is kept of that student is
out of the caches; and a step costs what it costs however few events came, because the thread is woken by a timer and finds neither its code nor its
memory in the caches, nor where they lie in the tables of the processor. The rows show both parts. Nothing in them but the kernel's switch of threads (14 %
of a step with one event) has more than 8 %; with the caches warm, on the machine of the other day, reading an event from the journal took 0.22 µs, its
JSON 0.3, the fold 0.1 and the judgement 0.02. What was done about it: so busy a class is shown ten times a second instead of twenty (on this day,
three rounds of the earlier and two of this, 4.5 µs became 3.4 with 100 students and 5.1 became 4.3 with 1,000); a student is found by one look at a flat table; the next
picture of a student is made of the one before the last, with its count of readers inside, so that nothing is allocated; texts are compared by hashes
beside their keys; a follower of the journal reads in one call about as much as came the last time; names in the JSON are compared with the one that is
expected; memory that is needed a few students later is asked for beforehand. The sum is half a percent of a core, and without events the thread costs
below 0.1 ms a second."""

PORT = 18486
CLIENTS, STEPS, FIRST = 100, 1_000, 1_000
PACE_US = 2_000
FRAMES_A_CALL = 64
STEPS_A_SECOND = 10  # Twice live.conflation, for so many students change in each.
FULL_SPEED = "full speed"
RATES = ("1,000/s", "3,000/s", FULL_SPEED)
LIVE_URL = "ws://127.0.0.1:{}/api/v1/live"


def load(port: int, clients: int, sequence: int, *more) -> list:
    return [BINARIES / "cellmon", "load", "websocket", "--url", LIVE_URL.format(port), "--clients", clients, "--sequence",
            sequence, "--follow", "live", "--json", *more]


def checked(seen: dict) -> dict:
    if not seen["hold"]:
        raise RuntimeError(f"the clients did not get all in order: {seen['first_complaint']}")
    return seen


def publish(program: str, clients: int, pace_us: int, *more, receive) -> tuple:
    """What the publisher says and what `receive` returned."""
    command = [BINARIES / program, PORT, clients, STEPS, pace_us, *more]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout.readline() != "ready\n":
                raise RuntimeError(f"{command} does not listen")
            received = receive()
            return json.loads(server.stdout.readline()), received
        finally:
            server.kill()


def fan_out(program: str, pace_us: int, *more) -> tuple:
    """Seconds from the first publish to the last reception, and CPU of the server in µs a delivery."""
    said, seen = publish(program, CLIENTS, pace_us, *more,
                         receive=lambda: checked(run_json(*load(PORT, CLIENTS, FIRST + STEPS))))
    if seen["deltas_each"] != [STEPS, STEPS]:
        raise RuntimeError(f"{seen['deltas_each']} messages at each client instead of {STEPS}")
    return (seen["reached_at_us"] - said["first_us"]) / 1e6, said["cpu_us_per_delivery"]


def cross_check(context) -> None:
    """The same broadcast to our client and to another one."""
    each = 5

    def receive():
        ours = subprocess.Popen([str(part) for part in load(PORT, each, FIRST + STEPS)], stdout=subprocess.PIPE, text=True)
        theirs = run_json("/usr/bin/python3", BINARIES.parent.parent / "bench" / "independent_client.py", LIVE_URL.format(PORT),
                          each, FIRST + STEPS)
        return checked(json.loads(ours.communicate()[0])), theirs

    _, (ours, theirs) = publish("bench_fanout_server", 2 * each, 0, receive=receive)
    expected = list(range(FIRST, FIRST + STEPS + 1))
    agree = all(sequences == expected for sequences in theirs) and ours["deltas_each"] == [STEPS, STEPS]
    if not agree:
        raise RuntimeError("our client and python3-websocket did not get the same")
    context.notes.append(f"Cross-check of the client: {each} of ours and {each} of python3-websocket on the same broadcast "
                         f"each got the snapshot and the {STEPS:,} deltas, in order.")


class Sender:
    """Posts events one post after the other on one connection, so that event k of a new server has the sequence k."""

    def __init__(self, server: Server):
        self._connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        self.acknowledged_us = []  # Of each event, in their order.

    def post(self, events: list) -> None:
        self._connection.request("POST", "/api/v1/events", json.dumps(events), {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        body = answer.read()
        now_us = time.time_ns() // 1_000
        if answer.status != 202:
            raise RuntimeError(f"{answer.status}: {body[:200]}")
        self.acknowledged_us += [now_us] * len(events)


def event(student: int) -> dict:
    return {"eventId": str(uuid.uuid4()), "eventType": "cell_executed", "eventTime": datetime.now(timezone.utc).isoformat(),
            "emailAddress": f"student{student:04}@example.com", "userName": f"受講生 {student}", "teamName": f"班{student % 10}",
            "notebookPath": "演習/第1回.ipynb", "cellId": f"c{student % 26}", "cellIndex": student % 26, "cellType": "code",
            "code": "print('hello')", "executionCount": 1, "hasError": student % 7 == 0, "result": ""}


def latencies_ms(acknowledged_us: list, samples) -> list:
    """Of each event at each client, in order of size."""
    times = {}
    for line in samples:
        sample = json.loads(line)
        times.setdefault(sample["client"], []).append((sample["sequence"], sample["receivedAtUs"]))
    if len(times) != CLIENTS:
        raise RuntimeError(f"samples of {len(times)} clients")
    found = []
    for received in times.values():
        at = 0
        for sequence, acknowledged in enumerate(acknowledged_us, 1):
            while received[at][0] < sequence:
                at += 1
            found.append((received[at][1] - acknowledged) / 1e3)
    return sorted(found)


def acknowledged_to_received(context, seconds: float) -> None:
    batch, every_s = 10, 0.01
    posts = int(seconds / every_s)
    samples = context.scratch / "samples.ndjson"
    with cellmon(context.folder("fanout")) as server:
        port = int(server.url.rsplit(":", 1)[1])
        command = load(port, CLIENTS, posts * batch, "--samples", samples, "--seconds", seconds + 20)
        with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as clients:
            wait_for(server, "cellmon_push_clients", lambda clients: clients == CLIENTS)
            sender, began = Sender(server), time.monotonic()
            for number in range(posts):
                time.sleep(max(0.0, began + number * every_s - time.monotonic()))
                sender.post([event((number * batch + i) % 100) for i in range(batch)])
            rate = posts * batch / (time.monotonic() - began)
            checked(json.loads(clients.communicate()[0]))
        with open(samples, encoding="utf-8") as lines:
            found = latencies_ms(sender.acknowledged_us, lines)
    samples.unlink()
    row = {"clients": CLIENTS, "rate": "1,000/s"}
    context.add("acknowledged to received, p50", "ms", found[len(found) // 2], None, "", **row)
    context.add("acknowledged to received, p99", "ms", found[int(len(found) * 0.99)], None, "≤ 150", **row)
    context.add("acknowledged to received, greatest", "ms", found[-1], None, "", **row)
    context.add("events sent", "events/s", rate, None, "≥ 1,000", **row)


def wait_for(server: Server, name: str, accept) -> float:
    """The value of a metric without labels, once it is accepted."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    while True:
        connection.request("GET", "/metrics")
        found = re.search(rf"^{name} (\S+)$", connection.getresponse().read().decode(), re.MULTILINE)
        if accept(float(found[1])):
            return float(found[1])
        time.sleep(0.02)


def live_state(context, seconds: float) -> None:
    measure_live_state(context, seconds, 100, RATES[:1])
    measure_live_state(context, seconds, 1_000, RATES, overviews)


def measure_live_state(context, seconds: float, students: int, rates: tuple, then=None) -> None:
    """In a class that has begun: all students are known and have run their first cells."""
    with cellmon(context.folder("fanout")) as server:
        def send(rate: str) -> float:
            if rate == FULL_SPEED:
                flags = {"speed": "max", "batch": 100, "events": int(20_000 * seconds)}
            else:
                a_second = int(rate.replace(",", "").removesuffix("/s"))
                flags = {"rate": a_second, "batch": 1, "duration": seconds, "events": int(a_second * seconds)}
            acknowledged = simulate(server, students=students, connections=8, seed=time.time_ns() % 2**31, **flags)["acknowledged"]
            wait_for(server, "cellmon_live_lag_events", lambda behind: behind == 0)
            return acknowledged

        send(RATES[0])
        used_us, sent = {}, {}
        for rate in rates:
            before = thread_cpu_seconds(server.pid)["live"]
            sent[rate] = send(rate)
            used_us[rate] = (thread_cpu_seconds(server.pid)["live"] - before) * 1e6
            context.add(f"CPU of the live state, {students:,} students", "µs/event", used_us[rate] / sent[rate], None, "≤ 2", rate=rate)
        if then:
            low, high = RATES[:2]
            # Both rates have as many steps, so what the higher one costs more is of its events alone.
            event_us = (used_us[high] - used_us[low]) / (sent[high] - sent[low])
            step_us = (used_us[low] - event_us * sent[low]) / (STEPS_A_SECOND * seconds)
            context.add("of that, for an event", "µs/event", event_us, None, "≤ 2", rate=low)
            context.add(f"of that, for a step ({STEPS_A_SECOND} a second)", "µs/step", step_us, None, "", rate=low)
            then(context, server, seconds)


def overviews(context, server: Server, seconds: float) -> None:
    overview(context, server, "at rest")
    with ThreadPoolExecutor() as beside:
        before = wait_for(server, "cellmon_live_sequence", lambda _: True)
        load = beside.submit(simulate, server, students=1_000, connections=8, seed=time.time_ns() % 2**31, rate=1_000, batch=1,
                             duration=seconds, events=int(1_000 * seconds))
        wait_for(server, "cellmon_live_sequence", lambda sequence: sequence > before)
        overview(context, server, "at 1,000 events/s")
        load.result()


def overview(context, server: Server, load: str) -> None:
    """On one connection, as a browser keeps it; until the last byte is there, without reading it as JSON."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    took_ms = []
    for _ in range(200):
        began = time.monotonic()
        connection.request("GET", "/api/v1/dashboard/overview")
        answer = connection.getresponse()
        size = len(answer.read())
        took_ms.append((time.monotonic() - began) * 1e3)
        if answer.status != 200 or size < 1_000:
            raise RuntimeError(f"overview: {answer.status}, {size} bytes")
    took_ms.sort()
    for name, share in (("median", 0.5), ("p95", 0.95)):
        context.add(f"GET overview, 1,000 students, {name}", "ms", took_ms[int(len(took_ms) * share)], None, "≤ 5", rate=load)


def measure(context) -> None:
    seconds = 5 if context.quick else 20
    row = {"clients": CLIENTS}
    for number in range(context.runs):
        context.say(f"round {number + 1}")
        for kind, pace_us, time_goal, cpu_goal in (("burst", 0, "< 0.2", "≤ 1"), ("paced", PACE_US, "", "")):
            limit_s, limit_cpu = fan_out("bench_raw_fanout", pace_us, FRAMES_A_CALL)
            ours_s, ours_cpu = fan_out("bench_fanout_server", pace_us)
            if not pace_us:
                context.add("1,000 messages to the last client", "s", ours_s, limit_s, time_goal, **row)
            context.add(f"CPU of a delivery, {kind}", "µs", ours_cpu, limit_cpu, cpu_goal, **row)
        acknowledged_to_received(context, seconds)
        live_state(context, seconds)
    cross_check(context)
    context.folder("fanout")
