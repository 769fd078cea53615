"""Phase 1: offline work comes in, an LMS keeps its rules, everybody who looks is told.

フェーズ1：オフライン同期、LMS、WebSocket。
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest
from cellmon_testing import (BroadcastClients, LocalSystem, StudentDataGenerator, bulk_create_submissions, bulk_sync_offline_events,
                             verify_database_consistency)
from school import School, post_one_by_one

STUDENTS, CLASSES, ASSIGNMENTS = 100, 5, 10


def test_1_1_offline_sync(system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """100 students × 30 minutes offline: each event is synchronised exactly once, however often it is sent."""
    events = StudentDataGenerator().generate_classroom_session(num_students=STUDENTS, session_duration_minutes=30)
    began = time.monotonic()
    results = bulk_sync_offline_events(events)
    seconds = time.monotonic() - began
    assert len(results) == len(events)
    assert Counter(result["outcome"] for result in results) == {"stored": len(events)}
    assert [result["event_id"] for result in results] == [event["eventId"] for event in events]
    # A client that has lost the answer sends everything again.
    again = bulk_sync_offline_events(events)
    assert Counter(result["outcome"] for result in again) == {"duplicate": len(events)}
    report = verify_database_consistency(expected_events=len(events))
    assert report, report.differences
    record_property("synchronised", f"{len(events)} events in {seconds:.1f} s")


def test_1_2_lms(system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """5 classes × 10 assignments × 100 students: 5,000 submissions are stored; what breaks a rule is refused, and is no error of the server."""
    school = School(system.server.url)
    pupils = [school.make("/students/", {"email": f"pupil{number:03}@example.com", "name": f"受講生 {number}"})["id"] for number in range(STUDENTS)]
    tasks = []
    for number in range(CLASSES):
        row = school.make("/classes/", {"name": f"情報 {number}", "class_code": f"LMS-{number}"})
        for assignment in range(ASSIGNMENTS):
            notebook = school.make("/notebooks/", {"path": f"教材/{number}-{assignment}.ipynb"})
            tasks.append(school.make("/assignments/", {"class_id": row["id"], "notebook_id": notebook["id"], "title": "課題"})["id"])
    submissions = [{"assignment_id": task, "student_id": pupil, "attempt": 1} for task in tasks for pupil in pupils]
    began = time.monotonic()
    results = bulk_create_submissions(submissions)
    seconds = time.monotonic() - began
    assert len(results) == len(submissions) == 5_000
    assert all(result["success"] for result in results)
    stored = {(row["assignment_id"], row["student_id"]) for row in school.all_rows("/submissions/")}
    assert stored == {(task, pupil) for task in tasks for pupil in pupils}
    # The unique constraint: the same attempt a second time. Foreign keys: an assignment, a student that are not there.
    assert not any(result["success"] for result in bulk_create_submissions(submissions[:100]))
    for broken in ({"assignment_id": 999_999_999}, {"student_id": 999_999_999}, {"attempt": 1}):
        status, answer = school.request("POST", "/submissions/", submissions[0] | broken)
        assert status in (404, 409, 422), (status, answer)
    # Nothing goes that others name.
    assert school.request("DELETE", f"/assignments/{tasks[0]}")[0] == 409
    assert len(school.all_rows("/submissions/")) == 5_000
    record_property("handed in", f"5000 submissions in {seconds:.1f} s")


@pytest.fixture
def live_system() -> LocalSystem:
    """A server of its own, which shows nearly each event in a message of its own."""
    return LocalSystem(stores=False, settings={"live.conflation": "1ms"})


def test_1_3_websocket(live_system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """100 connections, 1,000 broadcasts: within 10 s everybody has got every one, in order, and is still there."""
    with live_system:
        session = StudentDataGenerator().generate_classroom_session(num_students=100, session_duration_minutes=30)
        # Each of these changes what a dashboard shows. One is durable before the next is posted: the disk's syncs are in the time, too.
        events = [event for event in session if event["eventType"] == "cell_executed" and event.get("executionCount")]
        with BroadcastClients(clients=100, messages=1_000) as dashboards:
            began = time.monotonic()
            for _ in post_one_by_one(live_system.server.url, events):
                if dashboards.is_over():
                    break
            seen = dashboards.result()
            seconds = time.monotonic() - began
    assert seen["hold"], "a connection is gone, or a message was out of order"
    assert seen["connected"] == seen["alive"] == 100 and seen["violations"] == 0
    assert seen["messages_each"][0] >= 1_000
    assert seconds < 10
    record_property("broadcast", f"1000 messages to 100 dashboards in {seconds:.1f} s")
