"""Goal: with `--influx` each accepted event has one point in InfluxDB, with the tags and fields of docs/reference/timeseries-schema.md,
whatever its texts hold; what InfluxDB does not take is put aside by name; what goes wrong is said, and no secret is.

Method: InfluxDB for real; the judge is the exported journal and the points as any program reads them.
"""

from __future__ import annotations

import random
import time
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import pytest

from support.events import cell_executed
from support.influxdb import PASSWORD, InfluxDB
from support.points import Points
from support.server import Server, run_command, wait_until

HURTFUL = ["a,b", "a=b", "a b", "a\\", "\\", "\\\\", "a\\,b", 'a"b"', "'", "日本語 の 名前", "😀", "line\nbreak", "\r\n\t", "#", "=,\"\\ \n\\",
           "x\x01\x7f", "\u3000", "ends in a blank ", " begins", "null", "1i", "t"]


@pytest.fixture
def stored(new_server: Callable[..., Server], influxdb: InfluxDB) -> tuple[Server, Points]:
    """A server whose points lie in InfluxDB, not started yet, and these points."""
    points = Points(influxdb)
    return new_server(environment=points.environment), points


def post(server: Server, events: list[dict]) -> None:
    answer = server.post(events)
    assert answer.status == 202, answer


def wait_until_written(server: Server, timeout_s: float = 60.0) -> None:
    server.wait_until_projected(timeout_s, "timeseries")


def days_ago(days: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()


def test_the_points_are_the_journal(stored: tuple[Server, Points]) -> None:
    server, points = stored
    server.start()
    source = random.Random(1)
    for _ in range(5):
        post(server, [cell_executed(source, classCode=source.choice(["1-A", "2-B"]), executionCount=n, hasError=source.random() < 0.3)
                      for n in range(700)])
    post(server, [{"eventType": kind, "emailAddress": "a@example.com", "eventTime": days_ago(3)} for kind in ("help", "help_stop")])
    wait_until_written(server)
    points.check(server.export())
    wait_until((server.data / "timeseries.state").exists, "the cursor is written")
    server.restart()
    post(server, [cell_executed(source, classCode="1-A") for _ in range(20)])
    wait_until_written(server)
    points.check(server.export())
    assert server.get("/api/v1/health").json["services"]["influxdb"]["status"] == "healthy"
    assert server.get("/api/v1/health").json["status"] == "healthy"


def test_how_a_run_ended(stored: tuple[Server, Points]) -> None:
    server, points = stored
    server.start()
    post(server, [cell_executed(hasError=False, executionDurationMs=12.5, executionCount=1),
                  cell_executed(hasError=True, executionDurationMs=3, executionCount=2),
                  {"eventType": "cell_executed", "emailAddress": "a@example.com", "cellType": "code", "code": "x = 1"}])
    wait_until_written(server)
    found = points.progress()
    assert [(found[n].get("status"), found[n].get("success"), found[n].get("duration")) for n in (1, 2, 3)] == [
        ("success", True, 12.5), ("error", False, 3), ("aborted", None, None)]
    (sums,) = points.query("SELECT sum(executions) AS runs, sum(errors) AS errors, sum(durationUs) AS took FROM class_activity")
    assert (sums["runs"], sums["errors"], sums["took"]) == (2, 1, 15_500)


def test_whatever_a_text_holds(stored: tuple[Server, Points]) -> None:
    server, points = stored
    server.start()
    post(server, [cell_executed(eventId=f"id {n} {text}", emailAddress=f"{n}{text}@example.com", userName=text, teamName=text, classCode=text,
                                notebookPath=f"folder {text}/{text}", cellId=text, cellType=text, sessionId=text, eventType=text)
                  for n, text in enumerate(HURTFUL)])
    source = random.Random(2)
    alphabet = ' ,=\\"\n\'#aあ😀\t'
    texts = ["x" + "".join(source.choices(alphabet, k=source.randrange(1, 12))) for _ in range(300)]
    post(server, [cell_executed(userName=text, teamName=text, cellId=text, notebookPath=text, classCode=text) for text in texts])
    wait_until_written(server)
    points.check(server.export())
    assert server.projection("timeseries")["deadLetters"] == 0


def test_no_two_points_merge(stored: tuple[Server, Points]) -> None:
    """All that a point's place is made of is equal, but for the sequence."""
    server, points = stored
    server.start()
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    post(server, [{**cell_executed(), "eventId": str(uuid.uuid4()), "emailAddress": "a@example.com", "eventTime": now, "cellId": "c"}
                  for _ in range(500)])
    wait_until_written(server)
    assert points.count() == 500
    points.check(server.export())


def test_what_the_store_refuses_is_put_aside(stored: tuple[Server, Points]) -> None:
    """Another program has written a field as a text, in the week of three events: these are found in the batch, and named."""
    server, points = stored
    points.query(f"CREATE DATABASE {points.database}")
    past = days_ago(100)
    at_ns = int(datetime.fromisoformat(past).timestamp() * 1e9)
    status, body = points.influxdb.write(f'student_progress duration="None" {at_ns}'.encode(), points.database)
    assert status == 204, body
    server.start()
    events = [cell_executed(executionDurationMs=5, executionCount=n) for n in range(60)]
    for n in (7, 8, 40):
        events[n]["eventTime"] = past
    post(server, events)
    wait_until_written(server)
    entry = server.projection("timeseries")
    assert entry["deadLetters"] == 3 and not entry["alarm"]
    assert sorted(point["sequence"] for point in points.query("SELECT sequence FROM student_progress")) == [
        n + 1 for n in range(60) if n not in (7, 8, 40)]
    state = wait_until(lambda: (path := server.data / "timeseries.state").exists() and path.read_text(), "the file is there")
    assert [line.split()[:3] for line in state.splitlines() if line.startswith("dead ")] == [
        ["dead", str(n + 1), "student_progress"] for n in (7, 8, 40)]
    assert "field type conflict" in state and server.log().count("is a dead letter") == 3
    server.restart()
    wait_until_written(server)
    assert server.projection("timeseries")["deadLetters"] == 3
    # Without the file all is written again, and they are found again.
    post(server, [cell_executed() for _ in range(1_000)])

    def cursor_is_behind_them() -> bool:
        post(server, [cell_executed()])
        return all(row["max"] > 60 for row in points.query("SELECT max(resume) FROM cellmon_cursor GROUP BY slot"))

    wait_until(cursor_is_behind_them, "the cursor is behind them, at both places")
    server.stop()
    (server.data / "timeseries.state").unlink()
    server.start()
    wait_until_written(server)
    assert server.projection("timeseries")["deadLetters"] == 3


def test_much_that_is_refused_stops_it(stored: tuple[Server, Points]) -> None:
    server, points = stored
    points.query(f"CREATE DATABASE {points.database}")
    points.influxdb.write(f'student_progress duration="None" {time.time_ns()}'.encode(), points.database)
    server.start()
    post(server, [cell_executed(executionDurationMs=5) for _ in range(60)])
    entry = wait_until(lambda: (one := server.projection("timeseries"))["alarm"] and one, "the projection gives up")
    assert entry["state"] == "stopped" and entry["deadLetters"] == 0
    assert "field type conflict" in entry["lastError"] and "the fault is probably not theirs" in entry["lastError"]
    assert server.get("/api/v1/health").json["services"]["influxdb"]["status"] == "unhealthy"
    post(server, [cell_executed()])
    assert server.log().count("stops until somebody looks at it") == 1


def test_what_the_database_does_not_keep_is_counted(stored: tuple[Server, Points]) -> None:
    server, points = stored
    points.query(f"CREATE DATABASE {points.database} WITH DURATION 52w NAME year")
    points.query(f"CREATE RETENTION POLICY month ON {points.database} DURATION 30d REPLICATION 1 DEFAULT")
    server.start()
    post(server, [cell_executed(), cell_executed(eventTime=days_ago(60)), cell_executed(eventTime=days_ago(5))])
    wait_until_written(server)
    assert points.count() == 2 and server.projection("timeseries")["deadLetters"] == 0
    # The event's, and that of the activity in its minute.
    assert "cellmon_influxdb_expired_points_total 2" in server.get("/metrics").body.decode()
    server.stop()
    # Another policy is another place.
    server.environment["CELLMON_INFLUX_RETENTION_POLICY"] = "year"
    server.start()
    wait_until_written(server)
    assert points.query("SELECT count(sequence) FROM year.student_progress")[0]["count"] == 3


def test_not_configured(server: Server) -> None:
    post(server, [cell_executed()])
    assert server.get("/api/v1/health").json["services"]["influxdb"] == {"status": "disabled", "message": "not configured"}
    assert [entry["name"] for entry in server.get("/api/v1/projections").json["projections"]] == ["relational"]
    assert "cellmon_influxdb" not in server.get("/metrics").body.decode()
    assert not (server.data / "timeseries.state").exists()


@pytest.mark.parametrize("environment, said", [
    ({"CELLMON_INFLUX_URL": "localhost:8086"}, b"is not http://HOST:PORT"),
    ({"CELLMON_INFLUX_URL": "http://me:geheim@localhost:8086"}, b"belong into influx.user and influx.password"),
    ({"CELLMON_INFLUX_URL": "http://localhost:8086/?db=x"}, b"belongs into influx.database"),
    ({"CELLMON_INFLUX_URL": "http://localhost:8086", "CELLMON_INFLUX_USER": "me", "CELLMON_INFLUX_TOKEN": "geheim"}, b"are both given"),
])
def test_settings_that_cannot_be_used(tmp_path, environment: dict, said: bytes) -> None:
    done = run_command("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", environment=environment, check=False)
    assert done.returncode != 0 and said in done.stderr
    assert b"geheim" not in done.stdout + done.stderr


def test_a_wrong_password_is_said_once_and_mended_without_a_restart(stored: tuple[Server, Points]) -> None:
    server, points = stored
    secret = "another p@ss/word"
    user = f"late_{points.database}"
    server.environment |= {"CELLMON_INFLUX_USER": user, "CELLMON_INFLUX_PASSWORD": secret, "CELLMON_PROJECTION_RETRY_MOST": "200ms"}
    server.start()
    post(server, [cell_executed() for _ in range(10)])
    wait_until(lambda: server.projection("timeseries")["failures"] > 5, "it tries again and again")
    entry = server.projection("timeseries")
    assert "refuses influx.user and influx.password" in entry["lastError"] and not entry["alarm"]
    assert server.get("/api/v1/health").json["services"]["influxdb"]["status"] == "unhealthy"
    points.query(f"CREATE DATABASE {points.database}")
    points.query(f"CREATE USER {user} WITH PASSWORD '{secret}'")
    points.query(f"GRANT ALL ON {points.database} TO {user}")
    wait_until_written(server)
    points.check(server.export())
    log = server.log()
    assert log.count("waits for its store") == 1 and log.count("the projection timeseries goes on") == 1
    everything = log + str(server.get("/api/v1/projections").json) + str(server.get("/api/v1/health").json)
    assert secret not in everything and PASSWORD not in everything


def test_the_database_of_another_journal_is_refused(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    points = Points(influxdb)
    first = new_server(name="first", environment=points.environment).start()
    post(first, [cell_executed() for _ in range(5)])
    wait_until_written(first)
    second = new_server(name="second", environment=points.environment).start()
    post(second, [cell_executed() for _ in range(3)])
    entry = wait_until(lambda: (one := second.projection("timeseries"))["alarm"] and one, "the projection gives up")
    assert "were made from journal" in entry["lastError"] and "cellmon rebuild timeseries" in entry["lastError"]
    points.check(first.export())


def test_points_made_anew(stored: tuple[Server, Points]) -> None:
    """Beside a server, and for one that takes over the database of another journal."""
    server, points = stored
    server.start()
    for _ in range(2):
        post(server, [cell_executed() for _ in range(600)])
    wait_until_written(server)
    wait_until((server.data / "timeseries.state").exists, "the cursor is written")
    points.query("DELETE FROM student_progress WHERE event = 'cell_executed'")
    points.influxdb.write(b"student_progress,event=other sequence=7i 1", points.database)
    points.influxdb.write(b"of_others n=1 1", points.database)
    done = run_command("rebuild", "timeseries", "--data", server.data, environment=points.environment)
    assert f"database {points.database} are gone".encode() in done.stdout
    wait_until(lambda: points.count() == 1_200, "they are written again")
    points.check(server.export())
    assert points.query("SELECT n FROM of_others")
    server.stop()
    other = Server(server.data.parent / "other", environment=server.environment)
    try:
        run_command("rebuild", "timeseries", "--data", server.data, environment=points.environment)
        other.start()
        post(other, [cell_executed() for _ in range(5)])
        wait_until_written(other)
        points.check(other.export())
    finally:
        other.kill()


def test_points_that_cannot_be_dropped(influxdb: InfluxDB, tmp_path: Path) -> None:
    points = Points(influxdb)
    unknown = run_command("rebuild", "timeseries", "--data", tmp_path, environment=points.environment, check=False)
    assert unknown.returncode == 3 and b"holds no journal: --data" in unknown.stderr
    Server(tmp_path / "data").start().stop()
    command = ("rebuild", "timeseries", "--data", tmp_path / "data")
    refused = run_command(*command, environment={**points.environment, "CELLMON_INFLUX_PASSWORD": "wr0ng"}, check=False)
    assert refused.returncode == 3 and b"authorization failed" in refused.stderr and b"wr0ng" not in refused.stderr
    assert run_command(*command, environment=points.environment).returncode == 0, "what is not there is gone"
