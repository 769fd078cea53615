"""Goal: with `auth.mode = required` each route of classes does for each kind of person what docs/reference/classroom.md says, and
nobody learns of what is not theirs; without it whoever sits at this machine needs no token, and one that is sent is honoured.

Method: a table of all their routes, each asked by everybody on both engines; test_access.py holds it against the program's own.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Callable

import pytest

from support.accounts import Accounts, Session
from support.school import API, Lesson, new_assignment, new_class, new_key, new_lesson, new_notebook, new_student, new_submission, stranger

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def lesson(strict_school: Accounts) -> Lesson:
    return new_lesson(strict_school)


PEOPLE = ["nobody", "student", "stranger student", "stranger assistant", "stranger instructor", "assistant", "instructor", "admin"]


def person(lesson: Lesson, who: str) -> Session:
    if who.startswith("stranger "):
        return stranger(lesson.accounts, who.split()[1])
    return lesson.accounts.of(who)


@dataclass
class Route:
    """`path` and `body` are made anew for each who asks, so that a success leaves nothing for the next."""

    method: str
    pattern: str
    answers: list[int]  # In the order of PEOPLE.
    path: Callable[[Lesson], str]
    body: Callable[[Lesson], object] = lambda lesson: None


def teacher(lesson: Lesson) -> Session:
    return lesson.accounts.of("instructor")


def class_of(lesson: Lesson, suffix: str = "") -> str:
    return f"/classes/{lesson.id}{suffix}"


def fresh_class(lesson: Lesson) -> str:
    """Without students or assignments; assisted as the lesson's."""
    row = new_class(teacher(lesson))
    teacher(lesson).put(f"{API}/classes/{row['id']}/staff/{lesson.accounts.of('assistant').id}", {"role": "assistant"})
    return f"/classes/{row['id']}"


def fresh_assignment(lesson: Lesson) -> str:
    return f"/assignments/{new_assignment(teacher(lesson), lesson.id)['id']}"


def fresh_submission(lesson: Lesson) -> str:
    return f"/submissions/{new_submission(teacher(lesson), lesson.assignment['id'], lesson.student['id'])['id']}"


def fresh_student(lesson: Lesson) -> str:
    return f"{class_of(lesson)}/students/{new_student(teacher(lesson), lesson.id)['id']}"


def fresh_notebook(lesson: Lesson) -> str:
    return f"/notebooks/{new_notebook(teacher(lesson))['id']}"


def used_notebook(lesson: Lesson) -> str:
    return f"/notebooks/{lesson.assignment['notebook_id']}"


def fresh_key(lesson: Lesson) -> str:
    return f"{class_of(lesson)}/keys/{new_key(teacher(lesson), lesson.id)['id']}"


def fresh_team(lesson: Lesson) -> str:
    return f"/teams/{teacher(lesson).post(f'{API}/teams/', {'team_name': f'班 {next(numbers)}'}).json['id']}"


def used_team(lesson: Lesson) -> str:
    name = f"班 {next(numbers)}"
    return f"/teams/{new_student(teacher(lesson), lesson.id, team_name=name)['team_id']}"


def some_member(lesson: Lesson) -> str:
    email = f"helper{next(numbers)}@example.com"
    lesson.accounts.make(email, "assistant")
    account = lesson.accounts.login(email)
    teacher(lesson).put(f"{API}{class_of(lesson)}/staff/{account.id}", {"role": "assistant"})
    return f"{class_of(lesson)}/staff/{account.id}"


def always(path: str) -> Callable[[Lesson], str]:
    return lambda lesson: path


# nobody, student of the class, student, assistant and instructor of other classes, assistant, instructor, admin
ROUTES = [
    Route("GET", "/classes", [403, 200, 200, 200, 200, 200, 200, 200], always("/classes/")),
    Route("POST", "/classes", [403, 403, 403, 403, 201, 403, 201, 201], always("/classes/"),
          lambda lesson: {"name": "x", "class_code": f"A-{next(numbers)}"}),
    Route("GET", "/classes/{class_id}", [403, 200, 404, 404, 404, 200, 200, 200], class_of),
    Route("PUT", "/classes/{class_id}", [403, 403, 403, 403, 404, 403, 200, 200], class_of, lambda lesson: {"name": "x"}),
    Route("DELETE", "/classes/{class_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_class),
    Route("POST", "/classes/join", [403, 404, 404, 404, 404, 404, 404, 404], always("/classes/join"), lambda lesson: {"code": "AAAA-AAAA"}),
    Route("GET", "/classes/{class_id}/staff", [403, 403, 403, 404, 404, 200, 200, 200], lambda lesson: class_of(lesson, "/staff")),
    Route("PUT", "/classes/{class_id}/staff/{instructor_id}", [403, 403, 403, 403, 404, 403, 200, 200],
          lambda lesson: class_of(lesson, f"/staff/{lesson.accounts.of('assistant').id}"), lambda lesson: {"role": "assistant"}),
    Route("DELETE", "/classes/{class_id}/staff/{instructor_id}", [403, 403, 403, 403, 404, 403, 200, 200], some_member),
    Route("GET", "/classes/{class_id}/join-code", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: class_of(lesson, "/join-code")),
    Route("POST", "/classes/{class_id}/join-code", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: class_of(lesson, "/join-code")),
    Route("DELETE", "/classes/{class_id}/join-code", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: class_of(lesson, "/join-code")),
    Route("GET", "/classes/{class_id}/keys", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: class_of(lesson, "/keys")),
    Route("POST", "/classes/{class_id}/keys", [403, 403, 403, 403, 404, 403, 201, 201], lambda lesson: class_of(lesson, "/keys"),
          lambda lesson: {}),
    Route("DELETE", "/classes/{class_id}/keys/{key_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_key),
    Route("GET", "/classes/{class_id}/students", [403, 403, 403, 404, 404, 200, 200, 200], lambda lesson: class_of(lesson, "/students")),
    Route("POST", "/classes/{class_id}/students", [403, 403, 403, 403, 404, 403, 201, 201], lambda lesson: class_of(lesson, "/students"),
          lambda lesson: {"email": f"new{next(numbers)}@example.com"}),
    Route("DELETE", "/classes/{class_id}/students/{student_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_student),
    Route("GET", "/classes/{class_id}/roster.csv", [403, 403, 403, 404, 404, 200, 200, 200], lambda lesson: class_of(lesson, "/roster.csv")),
    Route("POST", "/classes/{class_id}/roster.csv", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: class_of(lesson, "/roster.csv"),
          lambda lesson: b"email\nstudent@example.com\n"),
    Route("GET", "/classes/{class_id}/grades.csv", [403, 403, 403, 404, 404, 200, 200, 200], lambda lesson: class_of(lesson, "/grades.csv")),
    Route("GET", "/students", [403, 200, 200, 200, 200, 200, 200, 200], always("/students/")),
    Route("POST", "/students", [403, 403, 403, 403, 403, 403, 403, 201], always("/students/"),
          lambda lesson: {"email": f"made{next(numbers)}@example.com"}),
    Route("GET", "/students/{student_id}", [403, 404, 404, 404, 404, 200, 200, 200], lambda lesson: f"/students/{lesson.student['id']}"),
    Route("PUT", "/students/{student_id}", [403, 403, 403, 403, 404, 403, 200, 200], lambda lesson: f"/students/{lesson.student['id']}",
          lambda lesson: {"name": "新しい"}),
    Route("DELETE", "/students/{student_id}", [403, 403, 403, 403, 403, 403, 403, 409], lambda lesson: f"/students/{lesson.student['id']}"),
    Route("GET", "/teams", [403, 403, 403, 200, 200, 200, 200, 200], always("/teams/")),
    Route("POST", "/teams", [403, 403, 403, 403, 201, 403, 201, 201], always("/teams/"), lambda lesson: {"team_name": f"班 {next(numbers)}"}),
    Route("GET", "/teams/{team_id}", [403, 403, 403, 200, 200, 200, 200, 200], fresh_team),
    Route("PUT", "/teams/{team_id}", [403, 403, 403, 403, 403, 403, 200, 200], used_team, lambda lesson: {"description": "x"}),
    Route("DELETE", "/teams/{team_id}", [403, 403, 403, 403, 200, 403, 200, 200], fresh_team),
    Route("GET", "/notebooks", [403, 403, 403, 200, 200, 200, 200, 200], always("/notebooks/")),
    Route("POST", "/notebooks", [403, 403, 403, 403, 201, 403, 201, 201], always("/notebooks/"), lambda lesson: {"path": f"a/{next(numbers)}"}),
    Route("GET", "/notebooks/{notebook_id}", [403, 403, 403, 200, 200, 200, 200, 200], fresh_notebook),
    Route("PUT", "/notebooks/{notebook_id}", [403, 403, 403, 403, 403, 403, 200, 200], used_notebook, lambda lesson: {"name": "x"}),
    Route("DELETE", "/notebooks/{notebook_id}", [403, 403, 403, 403, 200, 403, 200, 200], fresh_notebook),
    Route("GET", "/assignments", [403, 200, 200, 200, 200, 200, 200, 200], always("/assignments/")),
    Route("POST", "/assignments", [403, 403, 403, 403, 422, 403, 201, 201], always("/assignments/"),
          lambda lesson: {"class_id": lesson.id, "notebook_id": lesson.assignment["notebook_id"], "title": "x"}),
    Route("GET", "/assignments/{assignment_id}", [403, 200, 404, 404, 404, 200, 200, 200], fresh_assignment),
    Route("PUT", "/assignments/{assignment_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_assignment, lambda lesson: {"title": "x"}),
    Route("DELETE", "/assignments/{assignment_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_assignment),
    Route("GET", "/assignments/{assignment_id}/figures", [403, 403, 403, 404, 404, 200, 200, 200],
          lambda lesson: f"/assignments/{lesson.assignment['id']}/figures"),
    Route("GET", "/assignments/{assignment_id}/grades.csv", [403, 403, 403, 404, 404, 200, 200, 200],
          lambda lesson: f"/assignments/{lesson.assignment['id']}/grades.csv"),
    Route("GET", "/submissions", [403, 200, 200, 200, 200, 200, 200, 200], always("/submissions/")),
    Route("POST", "/submissions", [403, 403, 403, 422, 422, 403, 201, 201], always("/submissions/"),
          lambda lesson: {"assignment_id": lesson.assignment["id"], "student_id": lesson.student["id"]}),
    Route("POST", "/submissions/bulk", [403, 403, 403, 403, 200, 403, 200, 200], always("/submissions/bulk"), lambda lesson: {"submissions": []}),
    Route("GET", "/submissions/{submission_id}", [403, 404, 404, 404, 404, 200, 200, 200], lambda lesson: f"/submissions/{lesson.submission['id']}"),
    Route("PUT", "/submissions/{submission_id}", [403, 403, 403, 404, 404, 200, 200, 200], fresh_submission, lambda lesson: {"grade": 5}),
    Route("DELETE", "/submissions/{submission_id}", [403, 403, 403, 403, 404, 403, 200, 200], fresh_submission),
    Route("GET", "/submissions/{submission_id}/grades", [403, 404, 404, 404, 404, 200, 200, 200],
          lambda lesson: f"/submissions/{lesson.submission['id']}/grades"),
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.pattern}")
def test_who_may_what(lesson: Lesson, route: Route) -> None:
    got = []
    for who in PEOPLE:
        path, body = route.path(lesson), route.body(lesson)
        got.append(person(lesson, who).request(route.method, API + path, body).status)
    assert dict(zip(PEOPLE, got)) == dict(zip(PEOPLE, route.answers))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.pattern}")
def test_a_bad_token_is_refused_before_the_body(lesson: Lesson, route: Route) -> None:
    nobody = lesson.accounts.nobody()
    answer = nobody.request(route.method, f"{API}{re.sub('{.*?}', '1', route.pattern)}", b"{", Authorization="Bearer a.b.c")
    assert (answer.status, answer.headers.get("www-authenticate")) == (401, "Bearer")


def test_lists_show_only_what_is_theirs(lesson: Lesson) -> None:
    accounts = lesson.accounts
    theirs = stranger(accounts)
    other = new_class(theirs)
    task = new_assignment(theirs, other["id"])
    pupil = new_student(theirs, other["id"])
    done = new_submission(theirs, task["id"], pupil["id"])
    for who in ("student", "assistant", "instructor"):
        session = accounts.of(who)
        for resource, mine, not_mine in (("classes", lesson.id, other["id"]), ("assignments", lesson.assignment["id"], task["id"]),
                                         ("submissions", lesson.own["id"], done["id"]), ("students", lesson.own["student_id"], pupil["id"])):
            ids = [row["id"] for row in session.get(f"{API}/{resource}/?limit=1000").json]
            assert mine in ids and not_mine not in ids, (who, resource)
        assert session.get(f"{API}/submissions/?student_id={pupil['id']}").json == []
        assert session.get(f"{API}/assignments/?class_id={other['id']}").json == []
    student = accounts.of("student")
    assert {row["student_id"] for row in student.get(f"{API}/submissions/").json} == {lesson.own["student_id"]}
    assert [row["email"] for row in student.get(f"{API}/students/").json] == ["student@example.com"]
    assert stranger(accounts, "student").get(f"{API}/classes/").json == [], "one who is in no class"
    assert len(accounts.of("admin").get(f"{API}/classes/?limit=1000").json) > 1


def test_students_hand_in_for_themselves_and_without_a_grade(lesson: Lesson) -> None:
    student, own = lesson.accounts.of("student"), lesson.own["student_id"]
    task = new_assignment(teacher(lesson), lesson.id)["id"]
    whole = {"assignment_id": task, "student_id": own}
    for refused in ({"student_id": lesson.student["id"]}, {"grade": 100}, {"feedback": "良い"}, {"status": "graded"}):
        assert student.post(f"{API}/submissions/", whole | refused).status == 403, refused
    made = student.post(f"{API}/submissions/", whole)
    assert made.status == 201 and made.json["attempt"] == 1
    assert student.post(f"{API}/submissions/", whole).json["attempt"] == 2
    path = f"{API}/submissions/{made.json['id']}"
    assert student.get(path).json == made.json
    assert student.put(path, {"grade": 100}).status == 403
    lesson.accounts.of("assistant").put(path, {"grade": 55})
    assert [change["new_grade"] for change in student.get(f"{path}/grades").json] == [55]
    theirs = new_assignment(stranger(lesson.accounts), new_class(stranger(lesson.accounts))["id"])["id"]
    assert student.post(f"{API}/submissions/", whole | {"assignment_id": theirs}).status == 422, "of a class they are not in"


def test_assistants_grade_and_move_nothing(lesson: Lesson) -> None:
    assistant, path = lesson.accounts.of("assistant"), API + fresh_submission(lesson)
    assert assistant.put(path, {"grade": 5, "feedback": "x", "status": "graded"}).status == 200
    other = new_assignment(teacher(lesson), lesson.id)["id"]
    assert assistant.put(path, {"assignment_id": other}).status == 403
    assert teacher(lesson).put(path, {"assignment_id": other}).json["assignment_id"] == other


def test_rows_of_others_cannot_be_pulled_over(lesson: Lesson) -> None:
    """Naming what belongs to others in a body is as if it were not there."""
    accounts, theirs = lesson.accounts, stranger(lesson.accounts)
    own_class = new_class(theirs)
    own_task = new_assignment(theirs, own_class["id"])
    for answer in (theirs.put(f"{API}/assignments/{own_task['id']}", {"class_id": lesson.id}),
                   theirs.post(f"{API}/classes/{own_class['id']}/students", {"student_id": lesson.student["id"]}),
                   theirs.post(f"{API}/submissions/", {"assignment_id": own_task["id"], "student_id": lesson.student["id"]}),
                   theirs.post(f"{API}/submissions/", {"assignment_id": lesson.assignment["id"], "student_id": lesson.student["id"]})):
        assert answer.status == 422 and "not found" in answer.json["detail"][0]["msg"]
    bulk = theirs.post(f"{API}/submissions/bulk", {"submissions": [
        {"assignment_id": lesson.assignment["id"], "student_id": lesson.student["id"]},
        {"assignment_id": own_task["id"], "student_id": lesson.student["id"]}]}).json
    assert [result["field"] for result in bulk["results"]] == ["assignment_id", "student_id"]
    assert accounts.of("instructor").get(f"{API}/assignments/?class_id={lesson.id}").status == 200


def test_nobody_renames_the_students_of_others(lesson: Lesson) -> None:
    accounts, theirs = lesson.accounts, stranger(lesson.accounts)
    shared = new_student(teacher(lesson), lesson.id, name="本名")
    own_class = new_class(theirs)
    assert theirs.post(f"{API}/classes/{own_class['id']}/students", {"email": shared["email"], "name": "偽名"}).json["name"] == "本名"
    path = f"{API}/students/{shared['id']}"
    assert theirs.put(path, {"name": "偽名"}).status == 403
    assert teacher(lesson).put(path, {"name": "偽名"}).status == 403, "nor does the first"
    assert accounts.of("admin").put(path, {"name": "新しい"}).json["name"] == "新しい"
    alone = new_student(teacher(lesson), lesson.id)
    path = f"{API}/students/{alone['id']}"
    assert teacher(lesson).put(path, {"name": "新しい"}).status == 200
    assert teacher(lesson).put(path, {"email": "instructor@example.com"}).status == 403, "the address says whose account is whose"


def test_the_owner_stays_and_roles_reach(lesson: Lesson) -> None:
    accounts, instructor = lesson.accounts, teacher(lesson)
    path = API + fresh_class(lesson)
    base = f"{path}/staff"
    assert [member["role"] for member in instructor.get(base).json] == ["instructor", "assistant"]
    assert instructor.delete(f"{base}/{instructor.id}").status == 409
    assert instructor.put(f"{base}/{instructor.id}", {"role": "assistant"}).status == 409
    assert instructor.put(f"{base}/{accounts.of('assistant').id}", {"role": "instructor"}).status == 409
    assert instructor.put(f"{base}/{accounts.of('student').id}", {"role": "assistant"}).status == 409
    assert instructor.put(f"{base}/999999", {"role": "assistant"}).status == 404
    assert instructor.put(f"{base}/{accounts.of('assistant').id}", {"role": "king"}).status == 422
    second = stranger(accounts)
    assert second.get(path).status == 404
    assert instructor.put(f"{base}/{second.id}", {"role": "instructor"}).status == 200
    assert second.put(path, {"description": "x"}).status == 200
    assert instructor.put(f"{base}/{second.id}", {"role": "assistant"}).status == 200
    assert second.put(path, {"description": "x"}).status == 403
    assert instructor.delete(f"{base}/{second.id}").status == 200
    assert second.get(path).status == 404, "out at once"


def test_who_did_it_is_written_down(lesson: Lesson) -> None:
    assistant = lesson.accounts.of("assistant")
    path = API + fresh_submission(lesson)
    assistant.put(path, {"grade": 61})
    (change,) = assistant.get(f"{path}/grades").json
    assert (change["instructor_id"], change["instructor"]) == (assistant.id, "assistant@example.com")
    subject = path.rsplit("/", 2)[-2].rstrip("s") + " " + path.rsplit("/", 1)[-1]
    lines = lesson.accounts.rows.query(f"SELECT action, actor_id, detail FROM audit_log WHERE subject = '{subject}' ORDER BY id")
    assert ["submission.grade", str(assistant.id), "none to 61"] in lines


def test_open_honours_a_token_that_is_sent(school: Accounts) -> None:
    instructor = school.of("instructor")
    row = new_class(instructor)
    assert row["owner_id"] == instructor.id
    assert new_class(school.nobody())["owner_id"] is None
    assert school.nobody().get(f"{API}/classes/{row['id']}").status == 200
    assert stranger(school).get(f"{API}/classes/{row['id']}").status == 404
    assert school.nobody().get(f"{API}/classes/", Authorization="Bearer a.b.c").status == 401
    assert school.of("student").post(f"{API}/classes/", {"name": "x", "class_code": "y"}).status == 403
