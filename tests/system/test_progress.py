"""Goal: progress is what contract §10.5 makes of the events that name an assignment: those of process-event and simulate-event, and those that a
client sends; each counts once; a kill -9, a lost checkpoint and a rebuild change nothing, and both engines say the same.

Method: through a running server on both engines; the formulas against a count by hand.
"""

from __future__ import annotations

import itertools
import json
import uuid
from urllib.parse import quote

import pytest

from support.accounts import Accounts, Session
from support.classroom import Rows
from support.events import cell_executed, now_text
from support.school import Lesson, new_lesson, stranger
from support.server import Server, run_command, wait_until

API = "/api/v1/v1/progress"
numbers = itertools.count(1)

SUM_KEYS = ["user_id", "user_name", "session_id", "total_assignments", "completed_assignments", "in_progress_assignments", "overall_progress_percentage",
            "assignments_progress", "total_execution_count", "total_execution_time_ms", "average_execution_time_ms", "error_rate", "first_activity_at",
            "last_activity_at", "active_time_minutes", "learning_velocity", "focus_score", "consistency_score"]
ASSIGNMENT_KEYS = ["assignment_id", "assignment_name", "notebook_path", "overall_status", "progress_percentage", "total_cells", "completed_cells",
                   "error_cells", "cells_progress", "started_at", "last_updated_at", "estimated_completion_time", "total_execution_time_ms", "submission_id",
                   "submitted_at", "is_submitted", "difficulty_score", "engagement_score"]
CELL_KEYS = ["cell_id", "cell_index", "cell_type", "execution_status", "execution_count", "last_executed_at", "execution_duration_ms", "has_error",
             "error_message", "error_type", "is_completed", "completion_score", "code_length", "output_length", "memory_usage_mb"]
NOTE_KEYS = ["notification_id", "recipient_id", "recipient_type", "title", "message", "level", "assignment_id", "user_id", "is_read", "created_at",
             "expires_at", "action_url", "action_label"]


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def mail() -> str:
    return f"progress{next(numbers)}@example.com"


def process(who: Session, student: str, cell: str, kind: str = "complete", assignment: str = "lesson 1", status: int = 202, **fields: object) -> dict:
    event = {"eventType": f"cell_execution_{kind}", **fields}
    answer = who.post(f"{API}/process-event?user_id={quote(student)}&assignment_id={quote(assignment)}&cell_id={quote(cell)}", event)
    assert answer.status == status, answer
    return answer.json


def progress(who: Session, student: str) -> dict:
    answer = who.get(f"{API}/student/{quote(student)}")
    assert answer.status == 200, answer
    return answer.json["progress"]


def notes(who: Session, recipient: str, query: str = "unread_only=false&limit=100") -> list[dict]:
    answer = who.get(f"{API}/notifications/{quote(recipient)}?{query}")
    assert answer.status == 200, answer
    return answer.json["notifications"]


def exported(server: Server, student: str) -> list[dict]:
    return [line for line in server.export() if line.get("emailAddress") == student]


def exported_by(who: Session, student: str) -> list[dict]:
    lines = who.get("/api/v1/events/export?limit=10000").lines()
    return [line for line in lines if line.get("emailAddress") == student]


def test_each_value_follows_its_formula(nobody: Session) -> None:
    student = mail()
    for cell in ("a", "b", "c", "d"):
        process(nobody, student, cell, "start", cellIndex=ord(cell) - ord("a"), cellType="code", userName="学生", sessionId="s1", notebookPath="n/1.ipynb")
    told = process(nobody, student, "a", code="x = 1\nprint(x)\n", result="ええ", executionDurationMs=200, metadata={"memory_usage_mb": 12.5})
    assert list(told) == ["message", "user_id", "assignment_id", "cell_id", "processed_at"]
    assert (told["user_id"], told["assignment_id"], told["cell_id"]) == (student, "lesson 1", "a")
    process(nobody, student, "b", "error", errorMessage="ValueError: no", executionDurationMs=100)
    process(nobody, student, "a", assignment="lesson 2")
    answer = nobody.get(f"{API}/student/{student}").json
    assert list(answer) == ["message", "user_id", "progress", "retrieved_at"] and answer["user_id"] == student
    summed = answer["progress"]
    assert list(summed) == SUM_KEYS
    first, second = summed["assignments_progress"]
    assert list(first) == ASSIGNMENT_KEYS
    assert (first["assignment_id"], first["assignment_name"], first["notebook_path"]) == ("lesson 1", "Assignment lesson 1", "n/1.ipynb")
    assert (first["total_cells"], first["completed_cells"], first["error_cells"]) == (4, 1, 1)
    assert (first["progress_percentage"], first["overall_status"], first["total_execution_time_ms"]) == (25.0, "in_progress", 300.0)
    assert first["estimated_completion_time"] > answer["retrieved_at"], "3 cells of 150 ms, times 1.5"
    assert second["overall_status"] == "completed" and second["estimated_completion_time"] is None
    cells = {cell["cell_id"]: cell for cell in first["cells_progress"]}
    assert list(cells["a"]) == CELL_KEYS
    assert {name: cells["a"][name] for name in CELL_KEYS if name != "last_executed_at"} == {
        "cell_id": "a", "cell_index": 0, "cell_type": "code", "execution_status": "completed", "execution_count": 1, "execution_duration_ms": 200.0,
        "has_error": False, "error_message": None, "error_type": None, "is_completed": True, "completion_score": 1.0, "code_length": 2, "output_length": 2,
        "memory_usage_mb": 12.5}
    assert (cells["b"]["execution_status"], cells["b"]["error_message"], cells["b"]["error_type"], cells["b"]["completion_score"]) == \
        ("error", "ValueError: no", "ValueError", 0.0)
    assert (cells["c"]["execution_status"], cells["c"]["last_executed_at"]) == ("running", None)
    assert (summed["user_name"], summed["session_id"]) == ("学生", "s1")
    assert (summed["total_assignments"], summed["completed_assignments"], summed["in_progress_assignments"]) == (2, 1, 1)
    assert (summed["overall_progress_percentage"], summed["total_execution_count"], summed["average_execution_time_ms"]) == (62.5, 3, 100.0)
    assert (summed["error_rate"], summed["focus_score"], summed["consistency_score"]) == (0.2, 0.8, 0.5)
    one = nobody.get(f"{API}/assignment/{student}/lesson%201").json
    assert list(one) == ["message", "user_id", "assignment_id", "progress", "retrieved_at"]
    assert {**one["progress"], "estimated_completion_time": 0} == {**first, "estimated_completion_time": 0}
    # A failure behind a success: the completion stays, the score goes.
    process(nobody, student, "a", "error")
    cell = progress(nobody, student)["assignments_progress"][0]["cells_progress"][0]
    assert (cell["execution_status"], cell["has_error"], cell["is_completed"], cell["completion_score"]) == ("error", True, True, 0.0)


def test_an_event_counts_once(school: Accounts, nobody: Session) -> None:
    student, event_id = mail(), str(uuid.uuid4())
    for _ in range(3):
        process(nobody, student, "a", eventId=event_id, eventTime="2026-11-23T10:00:00.000Z")
    assert progress(nobody, student)["assignments_progress"][0]["cells_progress"][0]["execution_count"] == 1
    process(nobody, student, "a", "error", eventId=event_id, status=409)
    assert [line["eventId"] for line in exported(school.server, student)] == [event_id]
    process(nobody, student, "a")
    process(nobody, student, "a")
    assert progress(nobody, student)["assignments_progress"][0]["cells_progress"][0]["execution_count"] == 3, "without an id each is another one"
    line = exported(school.server, student)[-1]
    assert (line["emailAddress"], line["cellId"], line["extra"]["assignmentId"]) == (student, "a", "lesson 1")


def test_what_the_query_names_holds(nobody: Session) -> None:
    student = mail()
    process(nobody, student, "a", emailAddress="other@example.com", assignmentId="other", cellId="other")
    found = progress(nobody, student)["assignments_progress"]
    assert [(one["assignment_id"], [cell["cell_id"] for cell in one["cells_progress"]]) for one in found] == [("lesson 1", ["a"])]
    assert nobody.get(f"{API}/student/other@example.com").status == 404


def test_any_json_is_taken_as_of_events(school: Accounts, nobody: Session) -> None:
    student = mail()
    body = b'{"eventType":"cell_execution_complete","big":123456789012345678901234567890,"lone":"\\ud800","big":1e400,"code":"a\\u0000"}'
    answer = nobody.post(f"{API}/process-event?user_id={student}&assignment_id=a&cell_id=c", body)
    assert answer.status == 202, answer
    line = exported(school.server, student)[0]
    assert (line["extra"]["lone"], line["code"]) == ("\ufffd", "a\u2400") and "big" in line["extra"]
    assert progress(nobody, student)["assignments_progress"][0]["completed_cells"] == 1


def test_events_of_clients_count_where_they_name_an_assignment(nobody: Session) -> None:
    student = mail()
    events = [cell_executed(emailAddress=student, cellId="ok", assignmentId="A", code="1", executionCount=1, hasError=False),
              cell_executed(emailAddress=student, cellId="bad", assignment_id=7, code="1", executionCount=2, hasError=True, errorMessage="E: x"),
              cell_executed(emailAddress=student, cellId="meta", metadata={"assignmentId": "A"}, code="1", executionCount=3, hasError=False),
              cell_executed(emailAddress=student, cellId="aborted", assignmentId="A", code="1", executionCount=None, hasError=False),
              cell_executed(emailAddress=student, cellId="none", code="1", executionCount=4, hasError=False),
              {"eventType": "notebook_opened", "emailAddress": student, "assignmentId": "B", "assignmentName": "第二課"}]
    assert nobody.post("/api/v1/events", events).status == 202
    found = {one["assignment_id"]: one for one in progress(nobody, student)["assignments_progress"]}
    assert {name: [(cell["cell_id"], cell["execution_status"]) for cell in one["cells_progress"]] for name, one in found.items()} == {
        "A": [("meta", "completed"), ("ok", "completed")], "7": [("bad", "error")], "B": []}
    assert (found["B"]["overall_status"], found["B"]["assignment_name"]) == ("not_started", "第二課")


def test_notifications(nobody: Session) -> None:
    student = mail()
    for cell in "abcd":
        process(nobody, student, cell, "start")
    process(nobody, student, "a", "error", errorMessage="NameError: name 'x' is not defined")
    process(nobody, student, "a", "error")
    for cell in "abcd":
        process(nobody, student, cell)
    process(nobody, student, "e", "start")
    process(nobody, student, "e")
    listed = notes(nobody, student)
    assert all(list(one) == NOTE_KEYS for one in listed)
    assert [(one["level"], one["title"].split(" / ")[1]) for one in reversed(listed)] == [
        ("error", "A cell failed"), ("info", "25% done"), ("info", "50% done"), ("info", "75% done"), ("success", "Assignment completed"),
        ("success", "Assignment completed")]
    assert "NameError" in listed[-1]["message"] and listed[0]["recipient_id"] == student and listed[0]["recipient_type"] == "student"
    told = [one for one in notes(nobody, "instructor") if one["user_id"] == student]
    assert len(told) == 2 and {one["recipient_type"] for one in told} == {"instructor"} and {one["recipient_id"] for one in told} == {"instructor"}
    answer = nobody.get(f"{API}/notifications/{student}?limit=2").json
    assert list(answer) == ["message", "user_id", "total_notifications", "returned_notifications", "unread_count", "notifications", "retrieved_at"]
    assert (answer["total_notifications"], answer["returned_notifications"], answer["unread_count"]) == (6, 2, 6)
    read = nobody.post(f"{API}/notifications/{listed[-1]['notification_id']}/read")
    assert read.status == 200 and list(read.json) == ["message", "notification_id", "marked_at"]
    answer = nobody.get(f"{API}/notifications/{student}").json
    assert (answer["total_notifications"], answer["returned_notifications"], answer["unread_count"]) == (6, 5, 5), "unread ones, unless told otherwise"
    assert [one["is_read"] for one in notes(nobody, student)] == [False] * 5 + [True]
    assert nobody.post(f"{API}/notifications/unknown/read").status == 404
    assert nobody.post(f"{API}/notifications/{told[0]['notification_id']}/read").status == 200
    assert [one["is_read"] for one in notes(nobody, "instructor") if one["user_id"] == student] == [True, False]


def test_all_students(nobody: Session) -> None:
    names = [f"page{number}-{mail()}" for number in range(5)]
    for name in names:
        process(nobody, name, "a")
    answer = nobody.get(f"{API}/all-students?limit=200").json
    assert list(answer) == ["message", "stats", "students_progress", "retrieved_at"]
    listed = {one["user_id"]: one for one in answer["students_progress"]}
    assert list(listed) == sorted(listed) and set(names) <= set(listed)
    assert all(not assignment["cells_progress"] for one in listed.values() for assignment in one["assignments_progress"])
    assert progress(nobody, names[0])["assignments_progress"][0]["cells_progress"], "emptied in the answer alone"
    stats = answer["stats"]
    assert stats["total_students"] == stats["returned_students"] == len(listed) and 5 <= stats["active_students"] <= len(listed)
    assert stats["average_progress"] == pytest.approx(sum(one["overall_progress_percentage"] for one in listed.values()) / len(listed))
    detailed = nobody.get(f"{API}/all-students?limit=200&include_details=true").json["students_progress"]
    assert all(assignment["cells_progress"] for one in detailed if one["user_id"] in names for assignment in one["assignments_progress"])
    page = nobody.get(f"{API}/all-students?limit=2&skip=1").json
    assert [one["user_id"] for one in page["students_progress"]] == list(listed)[1:3] and page["stats"]["returned_students"] == 2
    sums = nobody.get(f"{API}/stats").json["stats"]
    assert sums["total_students"] == len(listed) and sums["system_health"] == "healthy" and sums["last_cleanup"] is None
    assert sums["total_assignments"] == sum(one["total_assignments"] for one in listed.values())
    assert sums["total_events_processed"] >= len(listed)
    for query, field in (("limit=0", "limit"), ("limit=201", "limit"), ("include_details=maybe", "include_details"), ("skip=-1", "skip")):
        refused = nobody.get(f"{API}/all-students?{query}")
        assert refused.status == 422 and refused.json["detail"][0]["loc"] == ["query", field]


def test_simulated_events(nobody: Session) -> None:
    student = mail()
    for kind, status in (("start", "running"), ("error", "error"), ("complete", "completed")):
        answer = nobody.post(f"{API}/simulate-event?user_id={student}&assignment_id=x&cell_id=c&event_type=cell_execution_{kind}")
        assert answer.status == 202 and list(answer.json) == ["message", "simulated_event", "simulated_at"], answer
        cell = progress(nobody, student)["assignments_progress"][0]["cells_progress"][0]
        assert cell["execution_status"] == status
    assert nobody.post(f"{API}/simulate-event").status == 202
    assert nobody.get(f"{API}/assignment/test_user/test_assignment").json["progress"]["completed_cells"] == 1
    assert nobody.post(f"{API}/simulate-event?event_type=x").status == 422


def test_reset(nobody: Session) -> None:
    student, other = mail(), mail()
    for one in (student, other):
        process(nobody, one, "a")
    answer = nobody.delete(f"{API}/reset/{student}")
    assert answer.status == 200 and list(answer.json) == ["message", "user_id", "reset_at", "warning"], answer
    assert nobody.get(f"{API}/student/{student}").status == 404
    assert nobody.delete(f"{API}/reset/{student}").status == 404
    wait_until(lambda: nobody.get(f"{API}/notifications/{student}").status == 200, "the class shows the student, who is known all the same")
    assert notes(nobody, student) == [] and not [one for one in notes(nobody, "instructor") if one["user_id"] == student]
    assert progress(nobody, other)["total_assignments"] == 1
    process(nobody, student, "b", "start")
    process(nobody, student, "c")
    assert progress(nobody, student)["assignments_progress"][0]["progress_percentage"] == 50.0
    assert [one["title"].split(" / ")[1] for one in notes(nobody, student)] == ["50% done", "25% done"], "milestones begin anew"


def test_what_is_not_there_and_what_is_wrong(nobody: Session) -> None:
    student = mail()
    for path in (f"student/{student}", f"assignment/{student}/x", f"notifications/{student}", f"student/{'x' * 2_000}", "student/%20", "assignment/a/b%2Fc"):
        assert nobody.get(f"{API}/{path}").status == 404, path
    process(nobody, student, "a")
    assert nobody.get(f"{API}/assignment/{student}/unknown").status == 404
    query = f"user_id={student}&assignment_id=a&cell_id=c"
    for body in (b"", b"[]", b"{", b"7", b'{"eventType":7}', b'{"hasError":"what"}'):
        assert nobody.post(f"{API}/process-event?{query}", body).status == 422, body
    assert nobody.post(f"{API}/process-event?{query}", {"code": "x" * (1 << 20)}).status == 413
    for missing in ("user_id", "assignment_id", "cell_id"):
        parts = "&".join(part for part in query.split("&") if not part.startswith(missing))
        answer = nobody.post(f"{API}/process-event?{parts}", {})
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["query", missing], answer
    assert nobody.post(f"{API}/process-event?user_id=%20&assignment_id=a&cell_id=c", {}).status == 422
    assert nobody.get(f"{API}/notifications/{student}?limit=101").status == 422
    assert len(progress(nobody, student)["assignments_progress"]) == 1


def everything(who: Session, students: list[str]) -> str:
    found = [progress(who, one) for one in students] + [notes(who, one) for one in [*students, "instructor"]]
    found.append(who.get(f"{API}/stats").json["stats"])
    for one in found[:len(students)]:
        for assignment in one["assignments_progress"]:
            assignment["estimated_completion_time"] = None
    return json.dumps(found)


def test_it_survives_a_kill_and_a_rebuild(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    who = Accounts(server.start(), rows).nobody()
    students = [mail() for _ in range(3)]
    for number, student in enumerate(students):
        for cell in "abcd":
            process(who, student, cell, "start", eventTime=now_text())
        process(who, student, "a", "error", errorMessage="E: x", executionDurationMs=10)
        for cell in "abcd"[:number + 1]:
            process(who, student, cell, executionDurationMs=number)
    gone = mail()
    process(who, gone, "a")
    assert who.delete(f"{API}/reset/{gone}").status == 200
    assert who.post(f"{API}/notifications/{notes(who, students[0])[0]['notification_id']}/read").status == 200
    before = everything(who, students)

    def after() -> str:
        session = Accounts(server, rows).nobody()
        assert session.get(f"{API}/student/{gone}").status == 404
        return everything(session, students)

    server.kill()
    server.start()
    assert after() == before
    process(Accounts(server, rows).nobody(), students[0], "z", "start")
    before = everything(Accounts(server, rows).nobody(), students)
    server.stop()
    checkpoint = server.data / "progress.checkpoint"
    assert checkpoint.exists()
    server.start()
    assert after() == before, "from the checkpoint"
    server.stop()
    checkpoint.unlink()
    server.start()
    assert after() == before, "folded anew"
    server.kill()
    checkpoint.write_bytes(checkpoint.read_bytes()[:-3] if checkpoint.exists() else b"CMONPRG1 damaged")
    server.start()
    assert after() == before, "a damaged checkpoint is none"
    server.wait_until_projected()
    server.stop()
    run_command("rebuild", "relational", "--data", server.data, environment=rows.options)
    server.start()
    assert after() == before
    server.stop()


@pytest.fixture(scope="module")
def lesson(strict_school: Accounts) -> Lesson:
    return new_lesson(strict_school)


def test_who_sees_and_does_what(lesson: Lesson) -> None:
    pupil, teacher, admin = (lesson.accounts.of(role) for role in ("student", "instructor", "admin"))
    own = "student@example.com"
    process(pupil, own, "a", classCode=lesson.row["class_code"])
    process(pupil, own.upper(), "b", classCode="somebody's")
    assert ["classCode" in line for line in exported_by(admin, own)] == [False, False], "a token is no key of a class"
    assert [cell["cell_id"] for cell in progress(pupil, own)["assignments_progress"][0]["cells_progress"]] == ["a", "b"], "a student is who they are"
    process(pupil, "admin@example.com", "a", status=404)
    process(teacher, own, "a", status=403)
    other = mail()
    process(admin, other, "a")
    assert pupil.get(f"{API}/student/{other}").status == 404
    assert pupil.get(f"{API}/notifications/instructor").status == 404
    assert len(notes(pupil, own)) == 1
    for who in (teacher, lesson.accounts.of("assistant"), admin):
        assert progress(who, own)["total_assignments"] == 1
        assert own in [one["user_id"] for one in who.get(f"{API}/all-students?limit=200").json["students_progress"]]
        assert own in [one["user_id"] for one in notes(who, "instructor")]
    assert teacher.get(f"{API}/student/{other}").status == 404 and teacher.get(f"{API}/stats").json["stats"]["total_students"] == 1
    foreign = stranger(lesson.accounts, "instructor")
    assert foreign.get(f"{API}/student/{own}").status == 404 and foreign.delete(f"{API}/reset/{own}").status == 404
    assert foreign.get(f"{API}/all-students").json["students_progress"] == [] and notes(foreign, "instructor") == []
    mine = notes(pupil, own)[0]["notification_id"]
    theirs = [one for one in notes(teacher, "instructor") if one["user_id"] == own][0]["notification_id"]
    assert teacher.post(f"{API}/notifications/{mine}/read").status == 403
    assert pupil.post(f"{API}/notifications/{theirs}/read").status == 404
    assert foreign.post(f"{API}/notifications/{theirs}/read").status == 404
    assert pupil.post(f"{API}/notifications/{mine}/read").status == 200
    assert teacher.post(f"{API}/notifications/{theirs}/read").status == 200
    assert pupil.delete(f"{API}/reset/{own}").status == 403 and teacher.delete(f"{API}/reset/{own}").status == 200
    assert pupil.get(f"{API}/student/{own}").status == 404
