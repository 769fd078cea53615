"""Phase 3: PostgreSQL and InfluxDB hold the same, also when everybody writes at once.

フェーズ3：データ整合性。
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cellmon_testing import (LocalSystem, StudentDataGenerator, bulk_insert_events, get_influxdb_statistics, get_postgresql_statistics,
                             verify_database_consistency)

STUDENTS = 100


def test_3_1_cross_store(system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """100 students × 90 minutes, at least 3 notebooks of 25 cells: equal students, equal totals, durations within a second."""
    events = StudentDataGenerator().generate_classroom_session(num_students=STUDENTS, session_duration_minutes=90)
    cells = {(event["notebookPath"], event["cellId"]) for event in events if event["eventType"] == "cell_executed"}
    notebooks = {notebook for notebook, _ in cells}
    assert len(notebooks) >= 3 and len(cells) >= 3 * 25
    inserted = bulk_insert_events(events)
    assert sum(result["stored"] for result in inserted) == len(events)
    assert verify_database_consistency(expected_events=len(events))
    rows, points = get_postgresql_statistics(), get_influxdb_statistics()
    assert rows["student_count"] == points["unique_students"] == STUDENTS
    assert rows["total_executions"] == points["total_events"] > 3 * 25 * STUDENTS
    assert abs(rows["total_duration"] - points["total_duration"]) <= 1_000
    record_property("both stores", f"{rows['all_events']} events, {rows['total_executions']} executions of {rows['student_count']} students")


async def test_3_2_transactions(system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """100 students at once, each with all that they did: at least 95 % succeed, and the stores agree behind it."""
    before = get_postgresql_statistics()["all_events"]
    events = StudentDataGenerator().generate_classroom_session(num_students=STUDENTS, session_duration_minutes=10)
    of_student: dict[str, list[dict[str, object]]] = {}
    for event in events:
        of_student.setdefault(event["emailAddress"], []).append(event)
    outcomes = await asyncio.gather(*(bulk_insert_events(own) for own in of_student.values()), return_exceptions=True)
    succeeded = [outcome for outcome in outcomes if isinstance(outcome, list) and all(part["failed"] == 0 for part in outcome)]
    stored = sum(part["stored"] for outcome in succeeded for part in outcome)
    record_property("transactions", f"{len(succeeded)} of {len(outcomes)} succeeded, {stored} events")
    assert len(outcomes) == STUDENTS and len(succeeded) >= 0.95 * STUDENTS
    report = await verify_database_consistency(expected_events=before + stored if len(succeeded) == STUDENTS else None)
    assert report, report.differences
