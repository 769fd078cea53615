"""Goal: `cellmon load` offers what it was told to whatever the server does, hides no stall, names what goes wrong, and says
when its own figures mean nothing.

Method: runs against the real server, and against one in Python, written from the wire contract, that stalls and errs by a
script. The test machine may be busy, so the bounds of a valid run are wide but where they are the matter.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest

from support.contract_server import ContractServer, good_answer
from support.server import BINARY, PATIENCE, SURROUNDINGS, Server, run_command, wait_until

PATIENT = ("--timeout", 60, "--max-wait", 60)
WIDE = ("--max-lag", 60_000, "--max-cpu", 1_000, *PATIENT)
START = "2026-04-01T09:00:00Z"


def load(url: str, *options: object, status: int = 0, bounds: tuple = WIDE) -> dict:
    done = run_command("load", "--url", url, "--json", *bounds, *options, check=False)
    assert done.returncode == status, (done.stdout, done.stderr)
    return json.loads(done.stdout)


def test_the_real_server_gets_each_event_once(server: Server) -> None:
    figures = load(f"http://127.0.0.1:{server.port}", "--rate", 400, "--events-per-request", 4, "--arrivals", "poisson", "--duration", 2,
                   "--warm-up", 0.5, "--threads", 2)
    assert figures["offered"] == {**figures["offered"], "events": 4 * figures["offered"]["requests"]}
    assert figures["achieved"]["events"] == figures["offered"]["events"]
    assert figures["errors"] == {} and figures["not_started"] == 0 and figures["duplicates"] == 0
    assert figures["warm_up_requests"] > 0 and figures["warm_up_seconds"] == 0.5
    assert figures["latency"]["count"] == figures["service"]["count"] == figures["offered"]["requests"]
    assert 0 < figures["service"]["p50_ms"] <= figures["latency"]["p50_ms"] <= figures["latency"]["max_ms"]
    assert figures["server_cpu_seconds"] > 0
    stored = [event["eventId"] for event in server.export()]
    assert len(set(stored)) == len(stored) == figures["offered"]["events"] + 4 * figures["warm_up_requests"]


def test_a_stall_is_in_the_latency_of_all_that_wait_for_it() -> None:
    """What a closed loop would call one slow request of 300 is half a second for whoever came meanwhile."""
    def stall(number: int, events: list) -> None:
        if number == 60:
            time.sleep(0.6)

    with ContractServer(stall) as server:
        figures = load(server.url, "--rate", 100, "--duration", 3, "--warm-up", 0, "--connections", 1)
    # 60 of 300 are due during the stall, the first of them 600 ms before its end: every tenth request waits for 300 ms and more.
    assert figures["achieved"]["requests"] == figures["offered"]["requests"] == 300
    assert figures["latency"]["max_ms"] >= 600
    assert figures["latency"]["p90_ms"] >= 290
    # Once it was sent, only one of them took long.
    assert figures["service"]["max_ms"] >= 600
    assert figures["service"]["p90_ms"] < figures["latency"]["p90_ms"] / 2


def wrong(number: int, events: list) -> object:
    return {0: (503, b'{"detail":"busy"}'), 1: (422, b'{"detail":[]}'), 2: good_answer(events, failed_events=events[:1]),
            3: good_answer(events, total_events=7), 4: b"no JSON", 5: b'{"message":"No events received"}', 6: "hang up"}.get(number % 8)


def test_wrong_answers_are_named() -> None:
    with ContractServer(wrong) as server:
        figures = load(server.url, "--rate", 80, "--duration", 1, "--warm-up", 0, "--connections", 80, status=1)
    assert figures["errors"] == {"status_503": 10, "status_422": 10, "refused_events": 10, "other_count": 10, "no_counts": 20, "lost": 10}
    assert figures["failed"] == 70
    assert figures["achieved"]["requests"] == figures["latency"]["count"] == 10


def test_nobody_there() -> None:
    with ContractServer() as server:
        url = server.url
    figures = load(url, "--rate", 50, "--duration", 0.2, "--warm-up", 0, status=1)
    assert figures["errors"] == {"no_connection": 10}
    assert figures["server_cpu_seconds"] is None


def test_a_run_that_was_held_up_is_not_valid() -> None:
    command = [str(BINARY), "load", "--json", "--rate", "250", "--duration", "3", "--warm-up", "0", "--max-cpu", "1000", *map(str, PATIENT)]
    with ContractServer() as server:
        with subprocess.Popen([*command, "--url", server.url], stdout=subprocess.PIPE, env=SURROUNDINGS) as process:
            wait_until(lambda: len(server.bodies) > 100, "some requests have come")
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)  # On a busy machine that is not at once.
            time.sleep(0.3)  # 75 of 750 requests are due meanwhile.
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(timeout=60 * PATIENCE)
    figures = json.loads(out)
    assert process.returncode == 5
    assert not figures["valid"]
    assert [doubt for doubt in figures["doubts"] if "late" in doubt]
    assert figures["own_lag"]["max_ms"] >= 290
    assert figures["achieved"]["requests"] == 750, "what was late is sent all the same"


def test_a_run_that_needs_too_much_cpu_is_not_valid() -> None:
    with ContractServer() as server:
        figures = load(server.url, "--rate", 100, "--duration", 0.5, "--warm-up", 0, status=5, bounds=("--max-lag", 60_000, "--max-cpu", 0.001, *PATIENT))
    assert not figures["valid"] and "busy" in figures["doubts"][0]


@pytest.mark.parametrize("options", [("--rate", 400, "--arrivals", "poisson"), ("--profile", "classroom", "--students", 30, "--minutes", 2, "--speed", 60)],
                         ids=["poisson", "classroom"])
def test_the_seed_decides(options: tuple) -> None:
    def run(seed: int) -> tuple[str, list[bytes]]:
        with ContractServer() as server:
            figures = load(server.url, *options, "--duration", 0.5, "--warm-up", 0, "--connections", 1, "--seed", seed, "--start", START)
            return figures["schedule_digest"], server.bodies

    digest, bodies = run(7)
    assert (digest, bodies) == run(7)
    other_digest, other_bodies = run(8)
    assert other_digest != digest
    assert not set(other_bodies) & set(bodies)


def test_steps_are_told_apart() -> None:
    with ContractServer() as server:
        figures = load(server.url, "--profile", "steps", "--rate", 200, "--duration", 2.5, "--warm-up", 0)
    assert [phase["offered"]["requests"] for phase in figures["phases"]] == [10, 25, 50, 75, 100]
    assert [phase["achieved"]["requests"] for phase in figures["phases"]] == [10, 25, 50, 75, 100]
    with ContractServer() as server:
        figures = load(server.url, "--profile", "steps", "--steps", "50,100", "--rate", 200, "--duration", 1, "--warm-up", 0)
    assert [phase["offered"]["requests"] for phase in figures["phases"]] == [50, 100]


def test_a_ramp_goes_up() -> None:
    with ContractServer() as server:
        figures = load(server.url, "--profile", "ramp", "--from", 50, "--rate", 150, "--duration", 2, "--warm-up", 0)
    assert figures["offered"]["requests"] == 200


def test_a_class_sends_as_its_clients_do() -> None:
    with ContractServer() as server:
        figures = load(server.url, "--profile", "classroom", "--students", 60, "--minutes", 3, "--speed", 60, "--warm-up", 0, "--seed", 3)
        events = server.events()
        sizes = {len(json.loads(body)) for body in server.bodies}
    assert figures["offered"]["events"] == len(events) > 100
    assert 1 in sizes and max(sizes) > 1, "single events of the unchanged extension, arrays of better clients"
    assert len({event["eventId"] for event in events}) == len(events)
    assert len({event["emailAddress"] for event in events}) > 30


def test_a_key_goes_with_each_request() -> None:
    with ContractServer() as server:
        done = run_command("load", "--url", server.url, "--rate", 50, "--duration", 0.2, "--warm-up", 0, *WIDE,
                           environment={"CELLMON_CLASS_KEY": "ck_secret"})
        assert server.authorizations == {"Bearer ck_secret"}
    assert b"ck_secret" not in done.stdout + done.stderr


def test_a_person_reads_columns() -> None:
    with ContractServer(wrong) as server:
        done = run_command("load", "--url", server.url, "--rate", 80, "--duration", 0.5, "--warm-up", 0.1, *WIDE, check=False)
    text = done.stdout.decode()
    assert re.search(r"^warm-up +8 requests in 0.1 s, left out", text, re.MULTILINE)
    assert re.search(r"^ms +p50 +p90 +p95 +p99 +p99.9 +p99.99 +max$", text, re.MULTILINE)
    for name in ("latency", "service", "own lag"):
        assert re.search(rf"^{name}( +\d+\.\d\d\d){{7}}$", text, re.MULTILINE)
    assert re.search(r"^ +\d+ status_503$", text, re.MULTILINE)
    assert re.search(r"^valid +yes$", text, re.MULTILINE)
    assert "\x1b" not in text and done.stderr == b""


def test_stopped_by_hand() -> None:
    with ContractServer() as server:
        with subprocess.Popen([str(BINARY), "load", "--json", "--url", server.url, "--rate", "100", "--duration", "3600", "--warm-up", "0",
                               *map(str, WIDE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SURROUNDINGS) as process:
            wait_until(lambda: len(server.bodies) > 20, "some requests have come")
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=20 * PATIENCE)
    figures = json.loads(out)
    assert 20 < figures["offered"]["requests"] < 360_000
    assert b"stopped on request" in errors


@pytest.mark.parametrize("options, words", [
    (("--rate", 0), "rate"), (("--rate", -5), "rate"), (("--rate", "nan"), "rate"), (("--duration", 0), "duration"),
    (("--duration", "inf"), "duration"), (("--warm-up", -1), "warm-up"), (("--rate", 1e6, "--duration", 3600), "requests"),
    (("--events-per-request", 0), "events per request"), (("--connections", 0), "connection"), (("--connections", 10_001), "connections"),
    (("--threads", 0), "threads"), (("--timeout", 0), "wait"), (("--max-wait", 0), "wait"), (("--students", 0), "students"),
    (("--profile", "classroom", "--speed", 0), "speed"), (("--start", "yesterday"), "--start"), (("--url", "ftp://x"), "URL"),
    (("--profile", "sawtooth"), "--profile"),
], ids=str)
def test_wrong_arguments(options: tuple, words: str) -> None:
    done = run_command("load", *options, check=False)
    assert done.returncode == 2, done.stderr
    assert words.encode() in done.stderr
