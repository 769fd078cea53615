"""Goal: with `auth.mode = required` everybody has notebook versions of their own, who teaches a student reads theirs, and nobody learns of
others'; what staff read of them stands in the audit log.

Method: a table of all their routes, each asked by everybody on both engines; test_access.py holds it against the program's own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Callable
from urllib.parse import quote

import pytest

import test_class_access
from support.accounts import Accounts, Session
from support.notebooks import API, AUTHOR, branched, committed, sources
from support.school import Lesson, new_lesson
from support.server import wait_until

PEOPLE = test_class_access.PEOPLE
OWNER = "student@example.com"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def lesson(strict_school: Accounts) -> Lesson:
    return new_lesson(strict_school)


class Work:
    """A notebook of the lesson's student with two branches, for each who asks a new one."""

    def __init__(self, lesson: Lesson) -> None:
        self.student = lesson.accounts.of("student")
        self.path = f"own/{next(numbers)}.ipynb"
        self.version = committed(self.student, self.path, sources(a="1"))
        self.branch = branched(self.student, self.path, self.version, "side")
        self.side = committed(self.student, self.path, sources(a="2"), branch_name="side")


@dataclass
class Route:
    method: str
    pattern: str
    answers: list[int]  # In the order of PEOPLE.
    path: Callable[[Work], str]
    body: Callable[[Work], object] = lambda work: None


# nobody, the student, student, assistant and instructor of other classes, assistant, instructor, admin
READ = [403, 200, 404, 404, 404, 200, 200, 200]
LIST = [403, 200, 200, 200, 200, 200, 200, 200]


def written(status: int) -> list[int]:
    return [403, status, 404, 404, 404, 403, 403, status]


def common(work: Work) -> dict:
    return {"notebook_path": work.path, "commit_message": "", **AUTHOR}


def own(name: str) -> Callable[[Work], str]:
    return lambda work: f"{name}?owner={OWNER}"


def of_path(name: str) -> Callable[[Work], str]:
    return lambda work: f"{name}/{quote(work.path)}?owner={OWNER}"


VERSIONS = [
    Route("POST", "snapshot", written(201), lambda work: f"snapshot?owner={OWNER}&notebook_path={quote(work.path)}",
          lambda work: {"notebook_content": {}, **AUTHOR}),
    Route("POST", "commit", written(201), own("commit"), lambda work: common(work) | {"snapshot_id": work.version["snapshot"]["snapshot_id"]}),
    Route("POST", "commit-direct", written(201), own("commit-direct"), lambda work: common(work) | {"notebook_content": {}}),
    Route("POST", "simulate-commit", written(201), own("simulate-commit")),
    Route("POST", "branch", written(201), own("branch"),
          lambda work: {"notebook_path": work.path, "branch_name": "new", "from_version_id": work.version["version_id"], "author_id": "x"}),
    Route("POST", "merge", written(201), own("merge"), lambda work: common(work) | {"source_branch": "side"}),
    Route("GET", "history/{notebook_path...}", READ, of_path("history")),
    Route("GET", "version/{version_id}", READ, lambda work: f"version/{work.version['version_id']}"),
    Route("GET", "latest/{notebook_path...}", READ, of_path("latest")),
    Route("GET", "snapshot/{snapshot_id}", READ, lambda work: f"snapshot/{work.version['snapshot']['snapshot_id']}"),
    Route("GET", "compare/{from_version_id}/{to_version_id}", READ,
          lambda work: f"compare/{work.version['version_id']}/{work.side['version_id']}"),
    Route("GET", "branch/{branch_id}", READ, lambda work: f"branch/{work.branch['branch_id']}"),
    Route("GET", "branches/{notebook_path...}", READ, of_path("branches")),
    Route("GET", "tags/{notebook_path...}", READ, of_path("tags")),
    Route("POST", "version/{version_id}/tags", written(201), lambda work: f"version/{work.version['version_id']}/tags",
          lambda work: {"tag": f"t{next(numbers)}"}),
    # Which is not there: only whoever may learns of that.
    Route("DELETE", "version/{version_id}/tags/{tag}", written(404), lambda work: f"version/{work.version['version_id']}/tags/x"),
    Route("DELETE", "reset/{notebook_path...}", written(200), of_path("reset")),
    Route("GET", "notebooks", LIST, lambda work: "notebooks"),
    Route("GET", "stats", LIST, lambda work: "stats"),
]
ROUTES = [(route.method, f"/api/v1/notebook-version/{route.pattern}") for route in VERSIONS]


@pytest.mark.parametrize("route", VERSIONS, ids=lambda route: f"{route.method} {route.pattern}")
def test_who_may_what(lesson: Lesson, route: Route) -> None:
    got = {}
    for who in PEOPLE:
        work = Work(lesson)
        got[who] = test_class_access.person(lesson, who).request(route.method, f"{API}/{route.path(work)}", route.body(work)).status
    assert got == dict(zip(PEOPLE, route.answers))


def notebooks(who: Session) -> set[tuple[str, str]]:
    return {(one["owner"], one["notebook_path"]) for one in who.get(f"{API}/notebooks?limit=1000").json}


def test_everybody_has_notebooks_of_their_own(lesson: Lesson) -> None:
    """The same path is another notebook for each who logged in; lists and sums show what each may see."""
    path = f"shared/{next(numbers)}.ipynb"
    people = {who: test_class_access.person(lesson, who) for who in PEOPLE[1:]}
    for who, session in people.items():
        assert committed(session, path, sources(a=who))["version_number"] == "v1.0.0"
    for who, session in people.items():
        told = session.get(f"{API}/latest/{quote(path)}").json["version"]
        assert "".join(told["snapshot"]["cells"][0]["source"]) == who
    owners = {who: {owner for owner, one in notebooks(session) if one == path} for who, session in people.items()}
    mail = {who: f"other-{who.split()[1]}@example.com" if who.startswith("stranger ") else f"{who}@example.com" for who in people}
    for who in ("student", "stranger student", "stranger assistant", "stranger instructor"):
        assert owners[who] == {mail[who]}
    for who in ("assistant", "instructor"):
        assert owners[who] == {mail[who], OWNER}
    assert owners["admin"] == set(mail.values())
    for who in ("student", "instructor", "admin"):
        stats = people[who].get(f"{API}/stats").json["stats"]
        assert stats["total_notebooks"] == len(notebooks(people[who]))


def test_what_staff_read_stands_in_the_audit_log(lesson: Lesson) -> None:
    work, teacher = Work(lesson), lesson.accounts.of("instructor")
    assert teacher.get(f"{API}/history/{quote(work.path)}?owner={OWNER}").status == 200
    rows = lesson.accounts.rows
    wait_until(lambda: rows.query(f"SELECT 1 FROM audit_log WHERE action = 'notebook.read' AND subject = 'notebook {work.path} {OWNER}' "
                                  f"AND actor_id = {teacher.id}"), "the look is noted")
    lines = rows.query(f"SELECT action FROM audit_log WHERE subject = 'notebook {work.path} {OWNER}' AND action <> 'notebook.read' ORDER BY id")
    assert [line[0] for line in lines] == ["notebook.commit", "notebook.branch", "notebook.commit"]


def test_open_mode_asks_for_nothing(school: Accounts) -> None:
    """Whoever sits at the machine uses notebooks of all; an owner can be named."""
    nobody, path = school.nobody(), f"open/{next(numbers)}.ipynb"
    shared = committed(nobody, path, sources(a="1"))
    named = committed(nobody, path, sources(a="2"), f"?owner={OWNER}")
    assert (shared["owner"], named["owner"]) == ("", OWNER)
    assert school.of("instructor").get(f"{API}/version/{shared['version_id']}").status == 404, "a token that is sent counts"
    assert school.of("student").get(f"{API}/version/{named['version_id']}").status == 200
    assert nobody.get(f"{API}/history/{quote(path)}?owner=%01").status == 422
