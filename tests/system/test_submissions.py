"""Goal: a submission handed in again is a new attempt; late follows from the due date; of many sent at once the good ones are stored and
each other is named; two who grade at once lose nothing; figures and tables are right.

Method: on both engines; thousands of submissions in one request; graders that run against each other; a kill in the middle of bulks.
"""

from __future__ import annotations

import csv
import io
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.accounts import Accounts, Session
from support.client import Client
from support.school import API, new_assignment, new_class, new_student, new_submission
from support.server import wait_until

BULK = f"{API}/submissions/bulk"
MARK = b"\xef\xbb\xbf"


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def roster(who: Session, class_id: int, count: int, prefix: str = "s") -> list[int]:
    """Students of a class, by id."""
    table = "email,name\n" + "".join(f"{prefix}{class_id}-{number}@example.com,学生{number}\n" for number in range(count))
    answer = who.post(f"{API}/classes/{class_id}/roster.csv", table.encode(), Content_Type="text/csv")
    assert answer.status == 200, answer
    return [row["id"] for row in who.get(f"{API}/classes/{class_id}/students?limit=1000").json]


def test_handed_in_again_is_a_new_attempt(nobody: Session) -> None:
    row = new_class(nobody)
    task = new_assignment(nobody, row["id"])["id"]
    pupil = new_student(nobody, row["id"])["id"]
    assert [new_submission(nobody, task, pupil)["attempt"] for _ in range(3)] == [1, 2, 3]
    again = nobody.post(f"{API}/submissions/", {"assignment_id": task, "student_id": pupil, "attempt": 3})
    assert (again.status, again.json) == (409, {"detail": "The next attempt is 4"})
    assert nobody.post(f"{API}/submissions/", {"assignment_id": task, "student_id": pupil, "attempt": 4}).status == 201


def test_late_follows_from_the_due_date(nobody: Session) -> None:
    row = new_class(nobody)
    task = new_assignment(nobody, row["id"], due_date="2020-01-01T00:00:00Z")["id"]
    made = new_submission(nobody, task, new_student(nobody, row["id"])["id"])
    path = f"{API}/submissions/{made['id']}"
    late = nobody.get(path)
    assert late.json["late"] is True
    nobody.put(f"{API}/assignments/{task}", {"due_date": "2090-01-01T00:00:00Z"})
    forgiven = nobody.get(path, If_None_Match=late.headers["etag"])
    assert forgiven.status == 200 and forgiven.json["late"] is False
    nobody.put(f"{API}/assignments/{task}", {"due_date": None})
    assert nobody.get(path).json["late"] is False


def test_five_thousand_at_once(school: Accounts, nobody: Session) -> None:
    """5 classes × 10 assignments × 100 students."""
    items = []
    for _ in range(5):
        class_id = new_class(nobody)["id"]
        students = roster(nobody, class_id, 100)
        tasks = [new_assignment(nobody, class_id)["id"] for _ in range(10)]
        items += [{"assignment_id": task, "student_id": student, "attempt": 1} for task in tasks for student in students]
    before = school.rows.count("assignment_submissions")
    answer = nobody.post(BULK, {"submissions": items})
    assert answer.status == 200
    assert (answer.json["created"], answer.json["failed"]) == (5000, 0)
    assert [result["index"] for result in answer.json["results"]] == list(range(5000))
    assert len({result["id"] for result in answer.json["results"]}) == 5000
    assert school.rows.count("assignment_submissions") == before + 5000
    # The answer was lost and the client asks again: each is refused as the attempt that it is.
    again = nobody.post(BULK, {"submissions": items}).json
    assert (again["created"], again["failed"]) == (0, 5000)
    assert again["results"][7] == {"index": 7, "success": False, "field": "attempt", "reason": "attempt 1 exists already"}
    assert school.rows.count("assignment_submissions") == before + 5000


def test_each_bad_item_is_named_and_the_others_are_stored(nobody: Session) -> None:
    row = new_class(nobody)
    task = new_assignment(nobody, row["id"])["id"]
    pupil = new_student(nobody, row["id"])["id"]
    good = {"assignment_id": task, "student_id": pupil}
    bad = [({"assignment_id": 999_999_999}, "assignment_id", "Assignment with id 999999999 not found"),
           ({"student_id": 999_999_999}, "student_id", "Student with id 999999999 not found"),
           ({"student_id": -1}, "student_id", "Student with id -1 not found"),
           ({"student_id": None}, "student_id", "Input should be a valid integer"),
           ({"assignment_id": "x'; --"}, "assignment_id", "Input should be a valid integer, unable to parse string as an integer"),
           ({"grade": -1}, "grade", "Input should be greater than or equal to 0"),
           ({"grade": "A"}, "grade", "Input should be a valid number, unable to parse string as a number"),
           ({"status": 7}, "status", "Input should be a valid string"),
           ({"feedback": "x" * 20_001}, "feedback", "String should have at most 20000 characters"),
           ({"feedback": "\0"}, "feedback", "Value error, control characters are no part of it"),
           ({"attempt": 9}, "attempt", "the next attempt is 5")]
    items = [good, *[good | change for change, _, _ in bad[:6]], good, *[good | change for change, _, _ in bad[6:10]], good | {"grade": "7.5"},
             good, good | bad[10][0], "no object", {}]
    answer = nobody.post(BULK, {"submissions": items})
    assert answer.status == 200
    results = answer.json["results"]
    assert [result["index"] for result in results] == list(range(len(items)))
    stored = [result for result in results if result["success"]]
    assert [(result["index"], result["attempt"]) for result in stored] == [(0, 1), (7, 2), (12, 3), (13, 4)]
    assert (answer.json["created"], answer.json["failed"]) == (4, len(items) - 4)
    faults = {result["index"]: (result["field"], result["reason"]) for result in results if not result["success"]}
    for index, (_, field, reason) in zip([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 14], bad):
        assert faults[index] == (field, reason)
    assert "valid dictionary" in faults[15][1] and faults[16] == ("assignment_id", "Field required")
    assert nobody.get(f"{API}/submissions/{stored[2]['id']}").json["grade"] == 7.5
    assert [row["new_grade"] for row in nobody.get(f"{API}/submissions/{stored[2]['id']}/grades").json] == [7.5]


def test_bad_bulks(nobody: Session) -> None:
    for body, kind in (({}, "missing"), ({"submissions": 7}, "list_type"), ({"submissions": None}, "list_type"), ([], "model_attributes_type"),
                       (b"{", "json_invalid"), ({"submissions": [{}] * 10_001}, "too_long")):
        answer = nobody.post(BULK, body)
        assert answer.status == 422 and answer.json["detail"][0]["type"] == kind, (kind, answer)
    assert nobody.post(BULK, {"submissions": []}).json == {"created": 0, "failed": 0, "results": []}
    assert nobody.post(BULK, b'{"submissions":["' + b"x" * (17 << 20) + b'"]}').status == 413


def test_a_kill_in_the_middle_of_bulks(accounts: Accounts) -> None:
    """What was acknowledged is there; of what was not nobody ever sees a part."""
    nobody = accounts.nobody()
    class_id = new_class(nobody)["id"]
    students = roster(nobody, class_id, 500)
    tasks = [new_assignment(nobody, class_id)["id"] for _ in range(60)]
    acknowledged: list[int] = []

    def send() -> None:
        who = accounts.nobody()
        for task in tasks:
            try:
                answer = who.post(BULK, {"submissions": [{"assignment_id": task, "student_id": student, "attempt": 1} for student in students]})
            except OSError:
                return
            if answer.status == 200 and answer.json["created"] == len(students):
                acknowledged.append(task)

    def whole_tasks() -> int:
        counts = accounts.rows.query("SELECT assignment_id, count(*) FROM assignment_submissions GROUP BY assignment_id")
        assert {int(count) for _, count in counts} <= {len(students)}
        return len(counts)

    sender = threading.Thread(target=send)
    sender.start()
    wait_until(lambda: whole_tasks() >= 20, "some bulks are stored")
    accounts.server.kill()
    sender.join(30)
    accounts.server.start()
    stored = {int(task) for task, in accounts.rows.query("SELECT DISTINCT assignment_id FROM assignment_submissions")}
    assert stored.issuperset(acknowledged) and whole_tasks() <= len(acknowledged) + 1
    lines = accounts.rows.query("SELECT count(*) FROM audit_log WHERE action = 'submission.bulk'")
    assert lines == [[str(len(stored))]]


def test_two_graders_at_once_lose_nothing(school: Accounts, nobody: Session) -> None:
    row = new_class(nobody)
    made = new_submission(nobody, new_assignment(nobody, row["id"])["id"], new_student(nobody, row["id"])["id"])
    path = f"{API}/submissions/{made['id']}"

    def grade(first: int) -> list[float]:
        who = Session(Client(school.server.port))
        given = []
        for number in range(25):
            answer = who.put(path, {"grade": first + number})
            assert answer.status == 200, answer
            given.append(first + number)
        return given

    with ThreadPoolExecutor(2) as pool:
        given = [grade for grades in pool.map(grade, [100, 200]) for grade in grades]
    history = nobody.get(f"{path}/grades?limit=1000").json
    assert sorted(change["new_grade"] for change in history) == sorted(given), "each grade is in the history"
    for before, after in zip(history, history[1:]):
        assert after["old_grade"] == before["new_grade"], "each says what it replaced"
    assert nobody.get(path).json["grade"] == history[-1]["new_grade"]


def test_one_of_two_graders_who_name_the_version_is_told(school: Accounts, nobody: Session) -> None:
    row = new_class(nobody)
    made = new_submission(nobody, new_assignment(nobody, row["id"])["id"], new_student(nobody, row["id"])["id"])
    path = f"{API}/submissions/{made['id']}"
    tag = nobody.get(path).headers["etag"]
    start = threading.Barrier(4)

    def grade(number: int) -> int:
        who = Session(Client(school.server.port))
        start.wait(10)
        return who.put(path, {"grade": number}, If_Match=tag).status

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(grade, range(4)))
    assert statuses == [200, 412, 412, 412]
    assert len(nobody.get(f"{path}/grades").json) == 1


def test_attempts_made_at_once_are_all_there(school: Accounts, nobody: Session) -> None:
    row = new_class(nobody)
    task, pupil = new_assignment(nobody, row["id"])["id"], new_student(nobody, row["id"])["id"]

    def hand_in(_: int) -> int:
        return new_submission(Session(Client(school.server.port)), task, pupil)["attempt"]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(hand_in, range(20))) == list(range(1, 21))


def test_figures_and_tables(nobody: Session) -> None:
    class_id = new_class(nobody)["id"]
    students = roster(nobody, class_id, 4)
    first = new_assignment(nobody, class_id, title="=1+1", due_date="2020-01-01")["id"]
    second = new_assignment(nobody, class_id, title="第2回, まとめ")["id"]
    for grade in (10, 80):
        new_submission(nobody, first, students[0], grade=grade)
    new_submission(nobody, first, students[1], grade=60, feedback="@良い")
    new_submission(nobody, first, students[2])
    new_submission(nobody, second, students[3], grade=72.5)
    grades = [80, 60]
    assert nobody.get(f"{API}/assignments/{first}/figures").json == {
        "students": 4, "submitted": 3, "late": 3, "attempts": 4, "graded": 2, "min": 60.0, "max": 80.0, "mean": statistics.mean(grades),
        "median": statistics.median(grades)}
    tag = nobody.get(f"{API}/assignments/{first}/figures").headers["etag"]
    assert nobody.get(f"{API}/assignments/{first}/figures", If_None_Match=tag).status == 304
    none = nobody.get(f"{API}/assignments/{new_assignment(nobody, class_id)['id']}/figures").json
    assert none["graded"] == 0 and none["mean"] is None

    answer = nobody.get(f"{API}/classes/{class_id}/grades.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and "attachment" in answer.headers["content-disposition"]
    assert answer.body.startswith(MARK) and b"\r\n" in answer.body
    table = list(csv.reader(io.StringIO(answer.body[3:].decode(), newline="")))
    assert table[0][:5] == ["email", "name", "team", "'=1+1", "第2回, まとめ"]
    assert [line[3:5] for line in table[1:]] == [["80", ""], ["60", ""], ["", ""], ["", "72.5"]]
    attempts = nobody.get(f"{API}/assignments/{first}/grades.csv").body
    table = list(csv.reader(io.StringIO(attempts[3:].decode(), newline="")))
    assert table[0] == ["email", "name", "team", "attempt", "status", "submitted_at", "late", "grade", "feedback"]
    assert [(line[3], line[6], line[7], line[8]) for line in table[1:]] == [("1", "late", "10", ""), ("2", "late", "80", ""),
                                                                          ("1", "late", "60", "'@良い"), ("1", "late", "", "")]


def test_who_left_the_class_stays_in_its_table(nobody: Session) -> None:
    class_id = new_class(nobody)["id"]
    pupil = new_student(nobody, class_id)
    new_submission(nobody, new_assignment(nobody, class_id)["id"], pupil["id"], grade=5)
    assert nobody.delete(f"{API}/classes/{class_id}/students/{pupil['id']}").status == 200
    assert pupil["email"].encode() in nobody.get(f"{API}/classes/{class_id}/grades.csv").body
