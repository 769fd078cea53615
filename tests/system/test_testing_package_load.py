"""Goal: the classes, bulks and simulations of `cellmon_testing` do what they say, count what became of it, and fail in words.

Method: runs against a real server, held against what it exports; servers in Python that err by a script, or that answer only when many ask at
once.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cellmon_testing
import pytest
from cellmon_testing import (BroadcastClients, ClassroomSimulator, LocalSystem, NotOurs, ProgramFailed, RequestRefused, StoreUnavailable,
                             StudentDataGenerator, Target, audit_ledger, bulk_create_submissions, bulk_insert_events,
                             bulk_sync_offline_events, current_target, get_postgresql_statistics, inject_redis_failure, recover_redis,
                             use_target)
from cellmon_testing.statistics import compare_statistics, connection_variables

from support.contract_server import ContractServer, good_answer
from support.events import cell_executed
from support.ports import free_port
from support.server import PATIENCE, Server, run_command
from support.testing_package import WIDE, target, the_program  # noqa: F401: fixtures

# The generator.

def test_the_same_seed_is_the_same_class() -> None:
    one, other = (StudentDataGenerator(seed=5).generate_classroom_session(num_students=12) for _ in range(2))
    assert one == other and len({event["emailAddress"] for event in one}) == 12
    assert StudentDataGenerator(seed=5).count_events(12) == len(one)
    assert StudentDataGenerator(seed=6).generate_classroom_session(num_students=12) != one
    assert [event["eventTime"] for event in one] == sorted(event["eventTime"] for event in one)
    without = [StudentDataGenerator().generate_classroom_session(num_students=2, session_duration_minutes=2) for _ in range(2)]
    assert not {event["eventId"] for event in without[0]} & {event["eventId"] for event in without[1]}
    assert without[0][-1]["eventTime"] <= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1)), "none lies in the future"


@pytest.mark.parametrize("rate", [0.0, 0.15, 0.4])
def test_the_share_of_errors(rate: float) -> None:
    events = StudentDataGenerator(seed=5, error_injection_rate=rate).generate_classroom_session(num_students=100)
    runs = [event["hasError"] for event in events if event["eventType"] == "cell_executed" and event.get("executionCount") is not None]
    assert len(runs) > 1_000 and sum(runs) / len(runs) == pytest.approx(rate, abs=0.03 if rate else 0)


def test_a_generator_that_fails_says_why() -> None:
    with pytest.raises(ProgramFailed, match="students must be"):
        StudentDataGenerator().generate_classroom_session(num_students=0)
    for wrong in (("--rate", "10"), ("--speed", "max"), ("--ledger", "x"), ("--continue", "--ledger", "/dev/null")):
        assert run_command("simulate", "--print", *wrong, check=False).returncode in (2, 3)


def test_generated_events_are_ready_to_post(target: Target, server: Server) -> None:
    events = StudentDataGenerator().generate_classroom_session(num_students=20, session_duration_minutes=10)
    results = bulk_insert_events(events)
    assert sum(result["stored"] for result in results) == sum(result["events"] for result in results) == len(events)
    assert {result["failed"] for result in results} == {0} and [result["index"] for result in results] == list(range(len(results)))
    assert Counter(event["eventId"] for event in server.export()) == Counter(event["eventId"] for event in events)
    again = bulk_insert_events(events)
    assert sum(result["duplicates"] for result in again) == len(events) and sum(result["stored"] for result in again) == 0


# Bulks.

def test_offline_events_have_a_result_each(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellmon_testing.bulk.OFFLINE_EVENTS", 7)
    events = [cell_executed(code=f"x = {number}") for number in range(20)]
    sent = [*events, {"eventId": str(uuid.uuid4())}, events[3]]
    results = bulk_sync_offline_events(sent)
    assert [result["index"] for result in results] == list(range(len(sent)))
    assert [result["outcome"] for result in results] == ["stored"] * 20 + ["refused", "duplicate"]
    assert [result["event_id"] for result in results[:20]] == [event["eventId"] for event in events]
    assert asyncio.run(as_awaited(events)) == ["duplicate"] * 20


async def as_awaited(events: list[dict]) -> list[str]:
    return [result["outcome"] for result in await bulk_sync_offline_events(events)]


def test_submissions_have_a_result_each(target: Target) -> None:
    results = bulk_create_submissions([{"assignment_id": 1, "student_id": 1}, {"assignment_id": 2}])
    assert [(result["index"], result["success"]) for result in results] == [(0, False), (1, False)]
    assert results[1]["field"] == "student_id"


def test_an_array_that_is_refused_as_a_whole_is_counted(target: Target) -> None:
    (result,) = bulk_insert_events([{"eventId": str(uuid.uuid4())}])
    assert (result["stored"], result["failed"]) == (0, 1)
    with pytest.raises(RequestRefused):
        bulk_sync_offline_events([{"x": 1}], Target(current_target().server + "/nowhere"))


class Together(BaseHTTPRequestHandler):
    """Answers when five ask at the same moment."""

    gathered: threading.Barrier

    def do_POST(self) -> None:
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.gathered.wait(10 * PATIENCE)
            status, body = 202, good_answer(events)
        except threading.BrokenBarrierError:
            status, body = 400, b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_bulks_that_are_gathered_run_at_once() -> None:
    async def play() -> list[list[dict]]:
        return await asyncio.gather(*(bulk_insert_events([cell_executed()]) for _ in range(5)))

    Together.gathered = threading.Barrier(5)
    with ThreadingHTTPServer(("127.0.0.1", 0), Together) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        use_target(Target(f"http://127.0.0.1:{server.server_port}"))
        try:
            results = asyncio.run(play())
        finally:
            server.shutdown()
            thread.join()
    assert [result[0]["stored"] for result in results] == [1] * 5


def test_a_bulk_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellmon_testing.bulk._PATIENCE_S", 0.2)
    use_target(Target(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(OSError):
        bulk_insert_events([cell_executed()])

    async def awaited() -> None:
        with pytest.raises(OSError):
            await bulk_insert_events([cell_executed()])
        with pytest.raises(OSError):
            len(bulk_insert_events([cell_executed()]))

    asyncio.run(awaited())


def busy_at_first(number: int, events: list) -> object:
    return (503, b'{"detail":"busy"}') if number < 2 else None


def test_a_busy_server_is_asked_again() -> None:
    with ContractServer(busy_at_first) as server:
        use_target(Target(server.url))
        (result,) = bulk_insert_events([cell_executed()])
        assert result["stored"] == 1 and len(server.bodies) == 3


# The simulator.

def test_a_class_is_played_and_measured(target: Target, server: Server) -> None:
    simulator = ClassroomSimulator(students=10, session_duration_minutes=20, **WIDE)
    result = asyncio.run(simulator.run_with_monitoring())
    assert result.valid and result.error_rate == 0 and result.errors == {}
    assert result.throughput >= 100, "each student makes 10 events a second"
    assert 0 < result.p50_ms <= result.p95_ms <= result.p99_ms <= result.latencies["max_ms"]
    assert result.acknowledged_events == result.offered_events <= len(server.export())
    assert result.report["expected_load"] == 100 and result.health["status"] in ("healthy", "warning", "critical")
    assert result.report["performance_summary"]["latest_metrics"]["generator_cpu_percent"] is not None


@pytest.mark.parametrize("pattern", ["constant", "random", "ramp", "steps"])
def test_other_patterns(target: Target, pattern: str) -> None:
    result = asyncio.run(ClassroomSimulator(students=20, session_duration_minutes=5, cell_execution_pattern=pattern, speed=100,
                                            **WIDE).run_with_monitoring())
    assert result.offered_events > 0 and result.error_rate == 0


def test_errors_of_the_server_are_in_the_rate() -> None:
    def fail(number: int, events: list) -> object:
        return (503, b'{"detail":"busy"}') if number % 10 == 0 else None

    with ContractServer(fail) as server:
        result = asyncio.run(ClassroomSimulator(students=5, session_duration_minutes=10, cell_execution_pattern="constant", speed=200,
                                                target=Target(server.url), **WIDE).run_with_monitoring())
    assert result.error_rate == pytest.approx(0.1, abs=0.04) and result.errors.keys() == {"status_503"}


def test_a_late_generator_is_not_valid(target: Target) -> None:
    result = asyncio.run(ClassroomSimulator(students=5, session_duration_minutes=5, speed=100, max_lag_ms=0.0).run_with_monitoring())
    assert not result.valid and result.doubts


def test_a_ledger_is_audited(target: Target, tmp_path: Path) -> None:
    ledger = tmp_path / "class.ndjson"
    result = asyncio.run(ClassroomSimulator(students=5, session_duration_minutes=5, speed=300, ledger=ledger).run_with_monitoring())
    assert result.error_rate == 0 and result.acknowledged_events == result.offered_events > 0
    verdict = audit_ledger(ledger)
    assert verdict["clean"] and verdict["promised"] == result.acknowledged_events
    with ledger.open("a", encoding="utf-8") as file:
        line = next(json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines() if '"type"' in line)
        file.write(json.dumps(line | {"id": str(uuid.uuid4()), "outcome": "acked"}, ensure_ascii=False) + "\n")
    assert not audit_ledger(ledger)["clean"], "a promise that was not kept"


# Sockets, stores and faults without stores.

def test_broadcasts_reach_everybody() -> None:
    with LocalSystem(stores=False, settings={"live.conflation": "1ms"}), BroadcastClients(clients=5, messages=20, seconds=30) as dashboards:
        for number in range(2_000):
            bulk_insert_events([cell_executed(executionCount=number)])
            if dashboards.is_over():
                break
        seen = dashboards.result()
    assert seen["hold"] and seen["alive"] == 5 and seen["messages_each"][0] >= 20


def test_broadcasts_that_do_not_come_do_not_hold(target: Target) -> None:
    with BroadcastClients(clients=3, messages=50, seconds=1.0) as dashboards:
        assert not dashboards.result()["hold"]


def test_stores_that_are_not_there() -> None:
    use_target(Target())
    for ask in (get_postgresql_statistics, cellmon_testing.get_influxdb_statistics):
        with pytest.raises(StoreUnavailable, match="names no"):
            ask()
    with pytest.raises(StoreUnavailable, match="PostgreSQL"):
        get_postgresql_statistics(Target(postgresql=f"postgresql://u:p@127.0.0.1:{free_port()}/x"))
    with pytest.raises(StoreUnavailable, match="InfluxDB"):
        cellmon_testing.get_influxdb_statistics(Target(influxdb=f"http://127.0.0.1:{free_port()}"))


def test_a_url_of_postgresql_as_variables() -> None:
    assert connection_variables("postgresql://us%40er:p%2Fw@h:5/d%20b?options=-csearch_path%3Dx&sslmode=require") == {
        "PGHOST": "h", "PGPORT": "5", "PGUSER": "us@er", "PGPASSWORD": "p/w", "PGDATABASE": "d b", "PGOPTIONS": "-csearch_path=x", "PGSSLMODE": "require"}
    with pytest.raises(ValueError, match="gssencmode"):
        connection_variables("postgresql://h/d?gssencmode=x")


SAME = {"student_count": 3, "total_executions": 5, "all_events": 9, "total_duration": 1000.0}


@pytest.mark.parametrize("change, said", [({}, ""), ({"total_duration": 1999.0}, ""), ({"total_duration": 2001.0}, "1.001 s apart"),
                                          ({"student_count": 2}, "students: 3"), ({"total_executions": 6}, "executions: 5"),
                                          ({"all_events": 8}, "events: 9")])
def test_what_differs_is_named(change: dict[str, float], said: str) -> None:
    differences = compare_statistics(SAME, SAME | change, expected_events=9 if not change else None)
    assert bool(differences) == bool(said) and all(said in one for one in differences)
    assert len(compare_statistics(SAME, SAME, expected_events=10)) == 2, "both hold too little"


def test_only_a_redis_is_broken(target: Target, server: Server) -> None:
    with pytest.raises(NotOurs, match="has started no Redis"):
        inject_redis_failure()
    with pytest.raises(NotOurs, match="names no Redis"):
        inject_redis_failure(server.process.pid, how="pause")
    use_target(Target(target.server, redis="redis://127.0.0.1:1"))
    with pytest.raises(NotOurs, match="cellmon, not a redis-server"):
        inject_redis_failure(server.process.pid, how="pause")
    with pytest.raises(NotOurs, match="restart"):
        inject_redis_failure(server.process.pid)
    with pytest.raises(NotOurs, match="no process"):
        inject_redis_failure(2**22 + 1, how="pause")
    with pytest.raises(ValueError, match="kill or pause"):
        inject_redis_failure(how="drop")
    with pytest.raises(RuntimeError, match="no failure"):
        recover_redis()
    assert server.get("/api/v1/health/ready").status == 200
