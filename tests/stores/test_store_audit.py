"""Goal: whatever a store says otherwise than the journal, `cellmon audit` finds, names by its id, and mends beside the running server;
the server looks by itself and says so.

Method: the stores for real, written as any program could; every kind of difference in each of them.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Callable, Iterator

import pytest

from support.database import PostgresRows, event_ids
from support.events import cell_executed
from support.influxdb import InfluxDB
from support.points import Points
from support.postgres import Postgres
from support.redis_server import QUOTED_PASSWORD, RedisServer
from support.redis_stream import Stream, wait_until_streamed
from support.server import Server, run_command, wait_until

EVENTS = 60
OFTEN = ("--audit-interval", "200ms", "--audit-deep-interval", "200ms")


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    one = RedisServer().start()
    yield one
    one.remove()


def post(server: Server, count: int = EVENTS) -> None:
    events = [cell_executed(emailAddress=f"s{n % 7}@example.com", classCode="1-A", executionCount=n + 1) for n in range(count)]
    assert server.post(events).status == 202


def audit(server: Server, *options: str, store: str) -> dict:
    """The verdict on one store."""
    done = run_command("audit", "--data", server.data, "--json", *options, check=False, environment=server.environment)
    assert done.returncode in (0, 1), done.stderr
    (report,) = [one for one in json.loads(done.stdout)["stores"] if one["store"] == store]
    assert "error" not in report, report
    return report


def found(report: dict) -> list[tuple[str, int]]:
    return [(one["kind"], one["sequence"]) for one in report["differences"]]


def find_and_mend(server: Server, store: str, expected: list[tuple[str, int]], quick: bool = True) -> None:
    """`quick`: whether a quick audit sees it, too."""
    assert audit(server, store=store)["clean"] is not quick
    report = audit(server, "--deep", store=store)
    # InfluxDB adds totals up from the points themselves: they differ, too.
    rows = [one for one in found(report) if store != "timeseries" or one[0] != "totals"]
    assert rows == expected, report
    ids = {event["sequence"]: event["eventId"] for event in server.export()}
    assert all(one["id"] == ids[one["sequence"]] for one in report["differences"] if one["kind"] in ("missing",))
    repaired = audit(server, "--repair", store=store)
    assert repaired["clean"] and repaired["repaired"], repaired
    assert audit(server, store=store)["clean"]


def goes_on(server: Server, store: str, name: str) -> None:
    """The projection writes on behind a repair."""
    post(server, 5)
    server.wait_until_projected(name=name)
    assert audit(server, "--deep", store=store)["clean"]


SQL = [
    ("DELETE FROM events WHERE sequence = 7", [("missing", 7)], True),
    ("DELETE FROM cell_executions WHERE sequence = 7", [("changed", 7)], True),
    ("UPDATE cell_executions SET duration_us = duration_us + 2000000 WHERE sequence = 8", [("changed", 8)], True),
    ("UPDATE cell_executions SET code_content = 'x' WHERE sequence = 8", [("changed", 8)], False),
    ("UPDATE events SET content_hash = 1 WHERE sequence = 9", [("changed", 9)], True),
    ("UPDATE events SET sequence = -9 WHERE sequence = 9; UPDATE events SET sequence = 9 WHERE sequence = 10; "
     "UPDATE events SET sequence = 10 WHERE sequence = -9", [("order", 9), ("order", 10)], True),
    ("INSERT INTO quarantine (sequence, item_id, received_us, content_hash, payload) SELECT sequence, event_id, received_us, content_hash, "
     "'x' FROM events WHERE sequence = 5", [("doubled", 5)], True),
    ("DELETE FROM daily_totals WHERE student_id = (SELECT id FROM students WHERE email = 's3@example.com')", [("totals", 0)], True),
]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_rows(new_server: Callable[..., Server], request: pytest.FixtureRequest, engine: str) -> None:
    if engine == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        rows = PostgresRows(postgres, postgres.new_database())
        server = new_server(environment=rows.environment).start()
    else:
        server = new_server().start()
    post(server)
    server.wait_until_projected()
    assert audit(server, "--deep", store="relational")["rows"] == EVENTS
    for sql, expected, quick in SQL:
        if engine == "postgres":
            rows.query(f"SET search_path = {rows.schema}; {sql}")
        else:
            with closing(sqlite3.connect(server.database, timeout=20)) as database:
                database.executescript(sql)
        find_and_mend(server, "relational", expected, quick)
    goes_on(server, "relational", "relational")
    rebuilt = run_command("rebuild", "relational", "--data", server.data, environment=server.environment)
    assert b"digests equal" in rebuilt.stdout


def test_the_server_looks_by_itself(new_server: Callable[..., Server]) -> None:
    server = new_server(*OFTEN).start()
    post(server)
    server.wait_until_projected()

    def verdict() -> dict:
        (one,) = server.get("/api/v1/projections").json["audits"]
        return one

    wait_until(lambda: verdict()["clean"] is True and verdict()["throughSequence"] == EVENTS, "it was compared")
    with closing(sqlite3.connect(server.database, timeout=20)) as database:
        database.executescript("UPDATE events SET class_code = 'x' WHERE sequence = 7")
    wait_until(lambda: verdict()["clean"] is False, "it was seen")
    assert 'cellmon_audit_clean{store="relational"} 0' in server.get("/metrics").body.decode()
    assert 'cellmon_audit_differences{store="relational"} 1' in server.get("/metrics").body.decode()
    wait_until(lambda: server.log().count("differs from the journal") == 1, "it was said")
    assert audit(server, "--repair", store="relational")["clean"]
    wait_until(lambda: verdict()["clean"] is True, "it is well again")
    assert 'cellmon_audit_clean{store="relational"} 1' in server.get("/metrics").body.decode()
    assert server.log().count("differs from the journal") == 1 and server.log().count("says again what the journal says") == 1
    assert event_ids(server.database) == [event["eventId"] for event in server.export()]


def test_without_a_server(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    post(server)
    server.wait_until_projected()
    server.stop()
    assert audit(server, "--deep", store="relational")["throughSequence"] == EVENTS
    with closing(sqlite3.connect(server.database, timeout=20)) as database:
        database.executescript("DELETE FROM events WHERE sequence IN (1, 60)")
    done = run_command("audit", "--data", server.data, check=False)
    assert done.returncode == 1 and b"missing sequence 1 event" in done.stdout and b"missing sequence 60 event" in done.stdout
    assert run_command("audit", "--data", server.data, "--repair").returncode == 0
    assert run_command("audit", "--data", server.data, "--deep").returncode == 0


@pytest.fixture
def written(new_server: Callable[..., Server], influxdb: InfluxDB) -> tuple[Server, Points]:
    """A server with its points, and what it is to be held against."""
    points = Points(influxdb)
    server = new_server(environment=points.environment).start()
    post(server, 3 * EVENTS)
    server.wait_until_projected()
    server.wait_until_projected(name="timeseries")
    wait_until_marked(server, 3 * EVENTS)
    return server, points


def wait_until_marked(server: Server, through: int) -> None:
    """The server has noted how far its points go."""
    state = server.data / "timeseries.state"

    def noted() -> int:
        lines = state.read_text().splitlines() if state.exists() else []
        return next((int(line.split()[3]) for line in lines if line.startswith("cursor ")), 0)

    wait_until(lambda: noted() == through, "the cursor is written")


def line_of(point: dict, **changes: object) -> bytes:
    """The point as a line, with other values: what another program would write."""
    point = {**point, **changes}
    tags = [key for key in ("block", "cellType", "emailAddress", "event", "notebook", "teamName") if point.get(key)]

    def escaped(text: str) -> str:
        return "".join("\\" + one if one in ", =" else one for one in text)

    def said(value: object) -> str:
        if isinstance(value, bool):
            return "t" if value else "f"
        if isinstance(value, str):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return str(value)

    integers = {"sequence", "contentHash", "cellIndex", "executionCount"}
    fields = {key: value for key, value in point.items() if key not in (*tags, "time") and value is not None}
    head = ",".join(["student_progress", *(f"{key}={escaped(point[key])}" for key in tags)])
    body = ",".join(f"{key}={said(value)}{'i' if key in integers else ''}" for key, value in fields.items())
    return f"{head} {body} {point['time']}".encode()


def drop(points: Points, point: dict) -> None:
    points.query(f"DELETE FROM student_progress WHERE time = {point['time']} AND block = '{point['block']}'")


def test_points(written: tuple[Server, Points]) -> None:
    server, points = written
    assert audit(server, "--deep", store="timeseries")["rows"] == 3 * EVENTS

    def write(line: bytes) -> None:
        status, body = points.influxdb.write(line, points.database)
        assert status == 204, body

    point = points.progress()
    drop(points, point[7])
    find_and_mend(server, "timeseries", [("missing", 7)])
    write(line_of(point[8], contentHash=1))
    find_and_mend(server, "timeseries", [("changed", 8)])
    write(line_of(point[8], userName="somebody else"))
    find_and_mend(server, "timeseries", [("changed", 8)], quick=False)
    write(line_of(point[9], duration=point[9]["duration"] + 2_000.0))
    find_and_mend(server, "timeseries", [("changed", 9)])
    # Of another team: another series, so a second point.
    write(line_of(point[10], teamName="another one"))
    find_and_mend(server, "timeseries", [("doubled", 10)])
    # In another block, where nobody looks for it.
    write(line_of(point[11], block="5"))
    find_and_mend(server, "timeseries", [("extra", 11)])
    write(line_of(point[12], sequence=1_000, eventId="nobody's", time=point[12]["time"] + 988))
    find_and_mend(server, "timeseries", [("extra", 1_000)])
    # Two that have changed places, and two that were merged into one.
    for one, other in ((20, 21), (21, 20)):
        drop(points, point[one])
        write(line_of(point[other], sequence=one, time=point[one]["time"]))
    find_and_mend(server, "timeseries", [("order", 20), ("order", 21)])
    drop(points, point[30])
    drop(points, point[31])
    write(line_of(point[31], time=point[30]["time"]))
    find_and_mend(server, "timeseries", [("missing", 30), ("changed", 31)])
    points.check(server.export())
    goes_on(server, "timeseries", "timeseries")
    points.check(server.export())


def test_activity_of_classes(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    """The points of ranges that are over; what is open the projection writes again."""
    points = Points(influxdb)
    server = new_server(environment=points.environment).start()
    for _ in range(11):
        post(server, 200)
    server.wait_until_projected()
    server.wait_until_projected(name="timeseries")
    wait_until_marked(server, 2200)
    assert audit(server, store="timeseries")["clean"]
    (first, *_) = points.query("SELECT * FROM class_activity WHERE \"events\" > 0 LIMIT 1")
    points.query(f"DELETE FROM class_activity WHERE time = {first['time']}")
    assert {one["kind"] for one in audit(server, store="timeseries")["differences"]} == {"totals"}
    assert audit(server, "--repair", store="timeseries")["clean"]
    points.check(server.export())
    status, body = points.influxdb.write(
        f"class_activity,block=0,classCode=nobody,event=none events=3i,executions=0i,errors=0i,durationUs=0i {first['time']}".encode(),
        points.database)
    assert status == 204, body
    assert {one["kind"] for one in audit(server, store="timeseries")["differences"]} == {"totals"}
    assert audit(server, "--repair", store="timeseries")["clean"]
    points.check(server.export())


def filled(server: Server, stream: Stream, change: Callable[[list], list]) -> None:
    """Writes the stream anew as `change` makes it of its entries, while the server is stopped."""
    entries = stream.entries()
    key = stream.leader()["stream"]
    with stream.client() as client:
        # What the server said last goes by itself, a while later.
        client.delete(key, key.replace("events", "alive"))
        for name, fields in change([(f"{sequence}-0", fields) for sequence, fields in entries]):
            client.xadd(key, fields, id=name)


def without(entries: list, at: int) -> list:
    return entries[:at] + entries[at + 1:]


def swapped(entries: list, at: int) -> list:
    (one, first), (other, second) = entries[at:at + 2]
    return [*entries[:at], (one, second), (other, first), *entries[at + 2:]]


def with_field(entries: list, at: int, **fields: str) -> list:
    return [*entries[:at], (entries[at][0], {**entries[at][1], **fields}), *entries[at + 1:]]


STREAM = [
    (lambda entries: without(entries, 6), [("missing", 7)]),
    (lambda entries: with_field(entries, 6, payload="{}"), [("changed", 7)]),
    (lambda entries: with_field(entries, 6, hash="0" * 16), [("changed", 7)]),
    (lambda entries: swapped(entries, 6), [("order", 7), ("order", 8)]),
    (lambda entries: [*entries[:7], ("7-1", entries[6][1]), *entries[7:]], [("doubled", 7)]),
    (lambda entries: [*entries[:6], (entries[6][0], entries[5][1]), *entries[7:]], [("doubled", 7), ("missing", 7)]),
    (lambda entries: [*entries, ("1000-0", entries[6][1])], [("extra", 1000)]),
]


def test_a_stream(new_server: Callable[..., Server], redis: RedisServer) -> None:
    for change, expected in STREAM:
        stream = Stream(redis, redis.new_database())
        server = new_server(environment=stream.environment, name=f"data-{stream.database}").start()
        post(server)
        server.wait_until_projected()
        wait_until_streamed(server)
        assert audit(server, "--deep", store="redis")["clean"]
        server.stop()
        filled(server, stream, change)
        assert found(audit(server, store="redis")) == expected
        repaired = audit(server, "--repair", store="redis")
        assert repaired["repaired"]["rebuilt"] and repaired["clean"]
        server.start()
        stream.check(server)
        assert audit(server, "--deep", store="redis")["clean"]
        server.stop()


def test_a_stream_beside_its_server(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server(environment=stream.environment).start()
    post(server)
    server.wait_until_projected()
    wait_until_streamed(server)
    with stream.client() as client:
        client.xdel(stream.leader()["stream"], "7-0")
    assert found(audit(server, store="redis")) == [("missing", 7)]
    assert audit(server, "--repair", store="redis")["clean"]
    stream.check(server)
    post(server)
    stream.check(server)
    rebuilt = run_command("rebuild", "bus", "--data", server.data, environment=stream.environment)
    assert b"sequences 1 to 120, 120 entries, digests equal" in rebuilt.stdout
    stream.check(server)
    post(server)
    stream.check(server)
    assert QUOTED_PASSWORD.encode() not in rebuilt.stdout + rebuilt.stderr


def test_the_old_end_of_a_stream(new_server: Callable[..., Server], redis: RedisServer) -> None:
    """What the bound took is not missing, also when it is another one later; what anybody else took is."""
    stream = Stream(redis, redis.new_database())
    server = new_server(environment={**stream.environment, "CELLMON_REDIS_STREAM_EVENTS": "40"}).start()

    def trim(kept: int) -> None:
        with stream.client() as client:
            client.xtrim(stream.leader()["stream"], maxlen=kept, approximate=False)

    def clean(first: int, last: int) -> None:
        server.wait_until_projected()
        wait_until_streamed(server)
        assert [sequence for sequence, _ in stream.entries()] == list(range(first, last + 1))
        report = audit(server, "--deep", store="redis")
        assert report["clean"] and report["rows"] == last - first + 1, report

    post(server)
    clean(21, 60)
    trim(38)
    assert found(audit(server, store="redis")) == [("missing", 21), ("missing", 22)]
    assert audit(server, "--repair", store="redis")["clean"]
    clean(21, 60)
    post(server, 30)
    clean(51, 90)
    server.stop()
    server.environment["CELLMON_REDIS_STREAM_EVENTS"] = "100"
    server.start()
    clean(51, 90)
    post(server)
    clean(51, 150)
    trim(99)
    assert found(audit(server, store="redis")) == [("missing", 51)]
    server.stop()
    server.environment["CELLMON_REDIS_STREAM_EVENTS"] = "30"
    server.start()
    post(server, 1)
    clean(122, 151)
    assert stream.leader()["events"] == 30 and stream.leader()["from"] <= 122
