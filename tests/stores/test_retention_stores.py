"""Goal: InfluxDB keeps points for as long as it is told, by the events' own time, and as many of them as it is told: older ones go,
come back from nowhere, and are not called missing; points that could not be made again are not thrown away.

Method: InfluxDB for real; events of some weeks, or of five days of which two are too much; the points as any program reads them, the
audit, a database that is wiped.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import pytest

from support.backups import back_up
from support.events import cell_executed
from support.influxdb import InfluxDB
from support.later import later
from support.options import segment_bytes
from support.points import Points, microseconds
from support.retention import metric, removed_through
from support.server import Server, run_command, wait_until

THIRTY_DAYS = ("--retention-timeseries-days", "30")
OLD, YOUNG = 1_400, 300
# Of five days of so many points three fit.
PER_DAY = 240
THREE_DAYS = ("--retention-timeseries-points", "900")


def days_ago(days: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()


def post(server: Server, events: list[dict]) -> None:
    for begin in range(0, len(events), 200):
        assert server.post(events[begin:begin + 200]).status == 202
    server.wait_until_projected(60.0, "timeseries")


def activity(points: Points) -> int:
    rows = points.query("SELECT sum(events) FROM class_activity")
    return rows[0]["sum"] if rows else 0


def audited(server: Server, *options: str) -> dict:
    wait_until((server.data / "timeseries.state").exists, "it is noted what is in InfluxDB")
    done = run_command("audit", "--data", server.data, "--json", *options, check=False, environment=server.environment)
    return next(report for report in json.loads(done.stdout)["stores"] if report["store"] == "timeseries")


def mark(server: Server, points: Points, time: str) -> int:
    """So that the next server writes again what is newest and nothing else: it believes the older of two marks, and begins with a range
    of a thousand. Gives how many events of that time were needed."""
    for _ in range(2):
        post(server, [cell_executed(eventTime=time)])
        newest = points.query("SELECT max(sequence) FROM student_progress")[0]["max"]
        wait_until(lambda: points.query("SELECT max(through) FROM cellmon_cursor")[0]["max"] >= newest, "it is marked")
    return 2


@pytest.fixture
def stored(new_server: Callable[..., Server], influxdb: InfluxDB) -> tuple[Server, Points]:
    """A running server with points of seven weeks, that keeps them all."""
    points = Points(influxdb)
    server = new_server(*segment_bytes(1 << 20), "--checkpoint-interval", "200ms", environment=points.environment).start()
    post(server, [cell_executed(eventTime=days_ago(35 + n % 15), classCode="1-A", executionCount=n) for n in range(OLD)])
    post(server, [cell_executed(eventTime=days_ago(n % 20), classCode="1-A", executionCount=n) for n in range(YOUNG)])
    wait_until(lambda: points.count() == OLD + YOUNG, "all points are there")
    return server, points


def test_points_go_with_their_time(stored: tuple[Server, Points]) -> None:
    server, points = stored
    assert activity(points) == OLD + YOUNG
    server.stop()
    server.options += THIRTY_DAYS
    server.start()
    wait_until(lambda: points.count() == YOUNG, "the old ones are gone")
    wait_until(lambda: activity(points) == YOUNG, "with what they add up to")
    wait_until(lambda: "points older than" in server.log(), "the log says so")
    assert "cellmon_retention_points_timestamp_seconds" in server.get("/metrics").body.decode()
    for depth in ((), ("--deep",)):
        assert audited(server, *depth)["clean"]

    # One that comes late gets none.
    post(server, [cell_executed(eventTime=days_ago(40)), cell_executed(eventTime=days_ago(1))])
    wait_until(lambda: points.count() == YOUNG + 1, "the young one is there")
    # A database that is wiped is filled with what is kept.
    done = run_command("rebuild", "timeseries", "--data", server.data, environment=server.environment)
    assert done.returncode == 0
    wait_until(lambda: points.count() == YOUNG + 1, "they are written again", 60.0)
    wait_until(lambda: server.projection("timeseries")["lagEvents"] == 0, "all of them", 60.0)
    assert points.count() == YOUNG + 1
    assert audited(server, "--deep")["clean"]
    # A server that keeps them for ever from now on expects none of those back.
    server.stop()
    server.options = [option for option in server.options if option not in THIRTY_DAYS]
    server.start()
    post(server, [cell_executed()])
    wait_until(lambda: points.count() == YOUNG + 2, "it goes on")
    assert audited(server)["clean"]


def test_points_go_when_there_are_too_many(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    points = Points(influxdb)
    server = new_server(environment=points.environment).start()
    # Each day once and for all, also when midnight passes meanwhile.
    days = [days_ago(days) for days in range(4, -1, -1)]
    post(server, [cell_executed(eventTime=day, classCode="1-A", executionCount=n) for day in days for n in range(PER_DAY)])
    today = PER_DAY + mark(server, points, days[4])
    assert points.count() == activity(points) == 4 * PER_DAY + today
    server.stop()
    server.options += THREE_DAYS
    server.start()
    wait_until(lambda: points.count() == 2 * PER_DAY + today, "those of two days are gone")
    wait_until(lambda: activity(points) == 2 * PER_DAY + today, "with what they add up to")
    wait_until(lambda: "points older than" in server.log(), "the log says so")
    kept_from = int(metric(server, "points_timestamp_seconds"))
    assert kept_from % 86_400 == 0 and kept_from - 86_400 <= microseconds(days[1]) / 1e6 < kept_from <= microseconds(days[2]) / 1e6
    assert metric(server, "ok") == 1
    for depth in ((), ("--deep",)):
        assert audited(server, *depth)["clean"]

    # One that comes late gets none, from the same server.
    post(server, [cell_executed(eventTime=days[0]), cell_executed(eventTime=days[4])])
    today += 1
    wait_until(lambda: points.count() == 2 * PER_DAY + today, "the young one is there")
    # A database that is wiped is filled with what is kept.
    assert run_command("rebuild", "timeseries", "--data", server.data, environment=server.environment).returncode == 0
    wait_until(lambda: points.count() == 2 * PER_DAY + today, "they are written again", 60.0)
    wait_until(lambda: server.projection("timeseries")["lagEvents"] == 0, "all of them", 60.0)
    assert points.count() == 2 * PER_DAY + today
    assert audited(server, "--deep")["clean"]

    # The newest day stays, whatever it holds.
    today += mark(server, points, days[4])
    server.stop()
    server.options = [option for option in server.options if option not in THREE_DAYS] + ["--retention-timeseries-points", "1"]
    server.start()
    wait_until(lambda: points.count() == today, "those of other days are gone")
    assert audited(server)["clean"]
    # A server without a limit from now on expects none of the others back.
    server.stop()
    server.options = server.options[:-2]
    server.start()
    post(server, [cell_executed(eventTime=days[4])])
    wait_until(lambda: points.count() == today + 1, "it goes on")
    assert audited(server)["clean"]


def test_points_that_could_not_be_made_again_stay(new_server: Callable[..., Server], influxdb: InfluxDB, tmp_path: Path) -> None:
    points = Points(influxdb)
    server = new_server(*segment_bytes(1 << 20), "--checkpoint-interval", "200ms", "--retention-payload-days", "30",
                        environment=points.environment).start()
    count = 6_000
    post(server, [cell_executed(classCode="1-A", executionCount=n, code="x" * 200) for n in range(count)])
    wait_until(lambda: points.count() == count, "all points are there")
    server.wait_until_projected()
    back_up(server, tmp_path / "backups")
    server.stop()
    server.environment.update(later(40))
    server.start()
    wait_until(lambda: metric(server, "segments_total") >= 2, "contents are removed")
    assert points.count() == count
    refused = run_command("rebuild", "timeseries", "--data", server.data, environment=points.environment, check=False)
    assert refused.returncode == 3 and b"needs snapshot" in refused.stderr
    assert points.count() == count
    report = audited(server)
    assert report["clean"] and f"through sequence {removed_through(server)} was removed" in report["notes"][0]

    # Wiped by somebody else: it says what it needs, and everything else goes on.
    server.stop()
    points.query("DROP MEASUREMENT student_progress")
    points.query("DROP MEASUREMENT cellmon_cursor")
    (server.data / "timeseries.state").unlink()
    server.start(ready=False)
    stopped = wait_until(lambda: (entry := server.projection("timeseries"))["state"] == "stopped" and entry, "the projection has stopped")
    assert "needs snapshot" in stopped["lastError"]
    assert server.post([cell_executed()]).status == 202
    server.wait_until_projected()
