"""Classes of a server through its API: what each test of them needs before it begins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from support.accounts import Accounts, Session
from support.client import Answer

API = "/api/v1"
_numbers = itertools.count(1)


def made(answer: Answer) -> dict:
    assert answer.status == 201, answer
    return answer.json


def new_class(who: Session, **fields: object) -> dict:
    number = next(_numbers)
    return made(who.post(f"{API}/classes/", {"name": f"情報 {number}", "class_code": f"CS-{number}", **fields}))


def new_notebook(who: Session, **fields: object) -> dict:
    return made(who.post(f"{API}/notebooks/", {"path": f"教材/{next(_numbers)}.ipynb", **fields}))


def new_assignment(who: Session, class_id: int, **fields: object) -> dict:
    return made(who.post(f"{API}/assignments/", {"class_id": class_id, "notebook_id": new_notebook(who)["id"], "title": "課題", **fields}))


def new_student(who: Session, class_id: int, email: str | None = None, **fields: object) -> dict:
    """A student who is on the roster of the class."""
    return made(who.post(f"{API}/classes/{class_id}/students", {"email": email or f"s{next(_numbers)}@example.com", "name": "学生", **fields}))


def new_submission(who: Session, assignment_id: int, student_id: int, **fields: object) -> dict:
    return made(who.post(f"{API}/submissions/", {"assignment_id": assignment_id, "student_id": student_id, **fields}))


def new_key(who: Session, class_id: int, **fields: object) -> dict:
    """A key of the class, with the key itself as `key`."""
    return made(who.post(f"{API}/classes/{class_id}/keys", fields))


@dataclass
class Lesson:
    """A class with one of everything, and people of every kind around it."""

    accounts: Accounts
    row: dict
    assignment: dict
    submission: dict
    student: dict  # Who handed in; has no account.
    own: dict  # The submission of the account of the role student.

    @property
    def id(self) -> int:
        return self.row["id"]


def new_lesson(accounts: Accounts) -> Lesson:
    """Taught by the account of the role instructor, assisted by that of the role assistant."""
    teacher, assistant = accounts.of("instructor"), accounts.of("assistant")
    row = new_class(teacher)
    answer = teacher.put(f"{API}/classes/{row['id']}/staff/{assistant.id}", {"role": "assistant"})
    assert answer.status == 200, answer
    assignment = new_assignment(teacher, row["id"])
    student = new_student(teacher, row["id"])
    accounts.of("student")
    pupil = new_student(teacher, row["id"], "student@example.com")
    return Lesson(accounts, row, assignment, new_submission(teacher, assignment["id"], student["id"]), student,
                  new_submission(teacher, assignment["id"], pupil["id"]))


def stranger(accounts: Accounts, role: str = "instructor") -> Session:
    """An account that teaches another class."""
    name = f"other-{role}"
    if name not in accounts.sessions:
        accounts.make(f"{name}@example.com", role)
        accounts.sessions[name] = accounts.login(f"{name}@example.com")
        if role == "instructor":
            new_class(accounts.sessions[name])
    return accounts.sessions[name]
