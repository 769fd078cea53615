"""Goal: what `cellmon_testing` says of PostgreSQL and InfluxDB is what lies in them, it sees each difference, and a Redis that it took away
comes back.

Method: a system that the package starts itself; numbers that follow from the events alone; rows and points changed by hand.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
from cellmon_testing import (ClassroomSimulator, LocalRedis, LocalSystem, PerformanceMonitor, StudentDataGenerator, Target, audit_ledger,
                             audit_stores, bulk_insert_events, get_influxdb_statistics, get_postgresql_statistics, inject_redis_failure,
                             recover_redis, use_target, verify_database_consistency)
from cellmon_testing import statistics
from cellmon_testing.local.redis import redis_answers

from support.events import cell_executed
from support.ports import free_port
from support.server import BINARY


@pytest.fixture(scope="module")
def system() -> Iterator[LocalSystem]:
    os.environ["CELLMON_BINARY"] = str(BINARY)
    with LocalSystem() as one:
        yield one


@pytest.fixture(scope="module")
def stored(system: LocalSystem) -> list[dict]:
    """A class that both stores hold."""
    events = StudentDataGenerator(seed=3).generate_classroom_session(num_students=20, session_duration_minutes=20)
    bulk_insert_events(events)
    report = verify_database_consistency(expected_events=len(events))
    assert report, report.differences
    return events


def wait_until_clean() -> None:
    """verify_database_consistency() does not look at Redis, which may come after the two others."""
    deadline = time.monotonic() + 60
    while not (verdict := audit_stores())["clean"]:
        assert time.monotonic() < deadline, verdict
        time.sleep(0.2)


def test_the_figures_follow_from_the_events(stored: list[dict]) -> None:
    runs = [event for event in stored if event["eventType"] == "cell_executed" and event["cellType"] == "code"]
    rows, points = get_postgresql_statistics(), get_influxdb_statistics()
    for figures in (rows, points):
        assert figures["student_count"] == figures["unique_students"] == len({event["emailAddress"] for event in stored}) == 20
        assert figures["total_executions"] == figures["total_events"] == len(runs)
        assert figures["all_events"] == len(stored)
    assert rows["total_duration"] == pytest.approx(points["total_duration"], abs=1) and rows["total_duration"] > 0


def test_each_form_of_call(stored: list[dict]) -> None:
    async def play() -> None:
        assert await get_postgresql_statistics() == get_postgresql_statistics()
        assert await get_influxdb_statistics() == get_influxdb_statistics()
        report = await verify_database_consistency(expected_events=len(stored))
        assert report.consistent and report and report.postgresql == report.influxdb | {"total_duration": report.postgresql["total_duration"]}

    asyncio.run(play())


def test_both_stores_hold_too_little(stored: list[dict]) -> None:
    report = verify_database_consistency(expected_events=len(stored) + 1, timeout_seconds=0.5)
    assert not report and len(report.differences) == 2 and report.waited_seconds >= 0.5


def test_a_store_that_is_away_is_waited_for_and_named(system: LocalSystem, stored: list[dict]) -> None:
    away = verify_database_consistency(timeout_seconds=0.5, target=replace(system.target, influxdb=f"http://127.0.0.1:{free_port()}"))
    assert not away and away.differences[0].startswith("InfluxDB: ") and away.waited_seconds >= 0.5
    assert verify_database_consistency(expected_events=len(stored))


def test_a_row_that_is_gone_is_seen(system: LocalSystem, stored: list[dict]) -> None:
    """Last but one of what changes the stores: the row is put back."""
    url = system.postgresql.url
    statistics._query(url, "UPDATE relational.cell_executions SET duration_us = duration_us + 1500000 WHERE sequence = "
                           "(SELECT max(sequence) FROM relational.cell_executions WHERE duration_us IS NOT NULL)")
    apart = verify_database_consistency(timeout_seconds=0.5)
    assert not apart and "apart" in apart.differences[0]
    assert not audit_stores()["clean"]
    statistics._query(url, "CREATE TABLE kept AS SELECT * FROM relational.cell_executions WHERE sequence = "
                           "(SELECT max(sequence) FROM relational.cell_executions); "
                           "DELETE FROM relational.cell_executions WHERE sequence IN (SELECT sequence FROM kept)")
    gone = verify_database_consistency(timeout_seconds=0.5)
    assert not gone and any(one.startswith("executions: ") for one in gone.differences)
    statistics._query(url, "INSERT INTO relational.cell_executions SELECT * FROM kept; "
                           "UPDATE relational.cell_executions SET duration_us = duration_us - 1500000 WHERE sequence IN (SELECT sequence FROM kept); "
                           "DROP TABLE kept")


def test_a_point_too_many_is_seen(system: LocalSystem) -> None:
    """A system of its own."""
    before = use_target(None)
    try:
        with LocalSystem() as own:
            bulk_insert_events([cell_executed() for _ in range(50)])
            assert verify_database_consistency(expected_events=50)
            wait_until_clean()
            site = statistics.Site(own.target.influxdb, statistics.influxdb_login(own.target.influxdb_user, own.target.influxdb_password))
            line = b"student_progress,emailAddress=nobody@example.com,event=cell_executed sequence=51i 1"
            assert site.request("POST", "/write?db=cellmon", line).status == 204
            report = verify_database_consistency(timeout_seconds=0.5)
            assert [one.split(":")[0] for one in report.differences] == ["students", "events"]
    finally:
        use_target(before)


def test_the_monitor_sees_all_stores(system: LocalSystem) -> None:
    async def play() -> None:
        monitor = PerformanceMonitor()
        assert await monitor.initialize_connections() == {"server": True, "postgresql": True, "redis": True, "influxdb": True}
        metrics = await monitor.collect_current_metrics()
        assert metrics.redis_connected_clients >= 2 and metrics.influxdb_point_count >= 0 and metrics.postgresql_active_sessions >= 0
        assert {process["name"] for process in metrics["processes"]} == {"server", "postgresql", "influxdb", "redis"}

    asyncio.run(play())


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_redis_goes_and_comes_back_under_load(system: LocalSystem, how: str, tmp_path: Path) -> None:
    async def play() -> None:
        ledger = tmp_path / "class.ndjson"
        load = asyncio.create_task(ClassroomSimulator(students=20, session_duration_minutes=20, ledger=ledger).run_with_monitoring())
        await asyncio.sleep(1)
        failure = await inject_redis_failure(how=how)
        assert failure.kind == how and failure.seconds is None
        await asyncio.sleep(1)
        assert (await PerformanceMonitor().collect_current_metrics()).redis_connected_clients is None
        assert (await recover_redis()).seconds >= 1
        result = await load
        assert result.error_rate == 0 and audit_ledger(ledger)["clean"]
        wait_until_clean()

    asyncio.run(play())


def test_a_redis_that_is_named() -> None:
    """By its process id: as if somebody else had started it."""
    with LocalRedis() as redis:
        before = use_target(Target(redis=redis.url))
        try:
            inject_redis_failure(redis.pid, how="pause")
            assert not redis_answers_soon(redis.url)
            assert recover_redis().of_others and redis.is_ready()
            inject_redis_failure(redis.pid, restart=["true"])
            assert not redis.is_running()
            with pytest.raises(TimeoutError, match="does not answer"):
                recover_redis(timeout_seconds=0.5)
        finally:
            use_target(before)


def redis_answers_soon(url: str) -> bool:
    """It would hold the connection for seconds."""
    return redis_answers(url, timeout_s=0.5)


def test_nothing_stays(system: LocalSystem) -> None:
    with LocalRedis() as redis:
        pid, folder = redis.pid, redis.folder
    assert not folder.exists() and not Path(f"/proc/{pid}").exists()
