"""Goal: a roster comes in from a spreadsheet and goes out as it came, in Japanese, whatever is in it; what is wrong is named by its line;
students join by a code that nobody guesses.

Method: on both engines; tables as Excel writes them; codes that are tried one after the other.
"""

from __future__ import annotations

import csv
import io
from typing import Callable

import pytest

from support.accounts import CHEAP, Accounts, Session
from support.client import Answer
from support.school import API, new_class, new_student
from support.server import Server

MARK = b"\xef\xbb\xbf"


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


@pytest.fixture
def roster(nobody: Session) -> str:
    return f"{API}/classes/{new_class(nobody)['id']}/roster.csv"


def send(who: Session, path: str, table: str | bytes) -> Answer:
    return who.post(path, table.encode() if isinstance(table, str) else table, Content_Type="text/csv")


def read(who: Session, path: str) -> list[list[str]]:
    answer = who.get(path)
    assert answer.status == 200 and answer.body.startswith(MARK)
    return list(csv.reader(io.StringIO(answer.body[3:].decode(), newline="")))


def test_a_roster_comes_in_and_goes_out(nobody: Session, roster: str) -> None:
    table = "email,name,team\r\nA1@example.com,山田 太郎,赤\r\na2@example.com,\"鈴木, 花子\",\r\n"
    answer = send(nobody, roster, table)
    assert (answer.status, answer.json) == (200, {"students_added": 2, "students_changed": 0, "enrolled": 2, "total": 2})
    assert nobody.get(roster).body == MARK + table.encode()
    assert send(nobody, roster, nobody.get(roster).body).json == {"students_added": 0, "students_changed": 0, "enrolled": 0, "total": 2}
    changed = send(nobody, roster, "email,team\na1@EXAMPLE.com,青\n")
    assert changed.json["students_changed"] == 1
    assert read(nobody, roster)[1] == ["A1@example.com", "山田 太郎", "青"]
    listed = nobody.get(roster.replace("roster.csv", "students")).json
    assert [row["name"] for row in listed] == ["山田 太郎", "鈴木, 花子"] and all(row["joined_at"] for row in listed)


@pytest.mark.parametrize("table", [
    MARK + "メールアドレス,氏名,班\r\nx1@example.com,佐藤,赤\r\n".encode(),
    b"Name,unused,E-Mail\r\nx,y,x1@example.com\r\n",
    b"email\nx1@example.com",
    b"\"email\"\r\n\"x1@example.com\"\r\n\r\n,\r\n",
    b" EMAIL , Name\n x1@example.com , x \n",
    "email,name\nx1@example.com,\u3000全角\u3000\n".encode(),
])
def test_tables_as_people_write_them(nobody: Session, roster: str, table: bytes) -> None:
    assert send(nobody, roster, table).json["total"] == 1
    assert read(nobody, roster)[1][0] == "x1@example.com"


BAD_TABLES = {
    "nothing": (b"", [["body"]], "the table is empty"),
    "no email": (b"name\nx\n", [["body", 1, "email"]], "one of them is email"),
    "twice the column": (b"email,email\na@b,a@b\n", [["body", 1, "email"]], "two columns"),
    "twice the student": (b"email\na@example.com\nA@Example.com\n", [["body", 3, "email"]], "the same as in line 2"),
    "no address": (b"email,name\na@b,\nxyz,\n,y\n", [["body", 3, "email"], ["body", 4, "email"]], "exactly one @-sign"),
    "long name": (b"email,name\na@b," + b"x" * 513 + b"\n", [["body", 2, "name"]], "at most 512 characters"),
    "long team": (b"email,team\na@b," + b"x" * 257 + b"\n", [["body", 2, "team"]], "at most 256 characters"),
    "control characters": (b"email,name\na@b,\"x\x1b[2J\"\n", [["body", 2, "name"]], "control characters"),
    "open quote": (b"email,name\na@b,\"x\n", [["body"]], "line 2: a quote that is not closed"),
    "NUL": (b"email\na@b\0\n", [["body"]], "NUL"),
    "Shift_JIS": ("email,name\na@b,山田 表\n".encode("shift_jis"), [["body"]], "CSV UTF-8"),
    "UTF-16": ("email\na@b\n".encode("utf-16"), [["body"]], "not UTF-8"),
    "many rows": (b"email\n" + b"".join(b"%d@b\n" % number for number in range(10_001)), [["body"]], "more than 10001 rows"),
    "many columns": (b"email" + b",x" * 64 + b"\n", [["body"]], "more than 64 columns"),
    "a program": (b"\x7fELF\x02\x01\x01", [["body", 1, "email"]], "one of them is email"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables(nobody: Session, roster: str, name: str) -> None:
    table, places, reason = BAD_TABLES[name]
    answer = send(nobody, roster, table)
    assert answer.status == 422, answer
    assert [fault["loc"] for fault in answer.json["detail"]] == places
    assert reason in answer.json["detail"][0]["msg"]
    assert read(nobody, roster) == [["email", "name", "team"]], "nothing came in"


def test_a_table_that_is_too_large(nobody: Session, roster: str) -> None:
    assert send(nobody, roster, b"email\n" + b"x" * (17 << 20)).status == 413


def test_no_cell_is_a_formula_and_each_comes_back(nobody: Session, roster: str) -> None:
    names = ["=HYPERLINK(\"http://evil.example\",\"x\")", "+1", "-1", "@SUM(A1)", "＝1", "'=1", "a=1", "''"]
    class_id = int(roster.split("/")[4])
    for number, name in enumerate(names):
        new_student(nobody, class_id, f"f{class_id}-{number}@example.com", name=name)
    assert [line[1] for line in read(nobody, roster)[1:]] == [f"'{name}" for name in names[:6]] + names[6:]
    assert send(nobody, roster, nobody.get(roster).body).json["students_changed"] == 0
    assert [row["name"] for row in nobody.get(f"{API}/classes/{class_id}/students").json] == names


def test_ten_thousand_rows(nobody: Session, roster: str) -> None:
    number = roster.split("/")[4]
    table = "email,name,team\n" + "".join(f"t{number}-{row}@example.com,学生{row},班{row % 40}-{number}\n" for row in range(10_000))
    assert send(nobody, roster, table).json == {"students_added": 10_000, "students_changed": 0, "enrolled": 10_000, "total": 10_000}
    assert len(read(nobody, roster)) == 10_001


def test_a_roster_survives_a_kill(accounts: Accounts) -> None:
    nobody = accounts.nobody()
    class_id = new_class(nobody)["id"]
    path = f"{API}/classes/{class_id}/roster.csv"
    send(nobody, path, "email,name,team\na@example.com,山田,赤\n")
    code = nobody.post(f"{API}/classes/{class_id}/join-code").json["join_code"]
    assert nobody.post(f"{API}/classes/join", {"code": code, "email": "b@example.com"}).status == 201
    before = nobody.get(path).body
    accounts.server.kill()
    accounts.server.start()
    nobody = accounts.nobody()
    assert nobody.get(path).body == before and before.count(b"\r\n") == 3
    assert nobody.get(f"{API}/classes/{class_id}/join-code").json == {"class_id": class_id, "join_code": code}


def test_join_by_a_code(strict_school: Accounts) -> None:
    instructor, student = strict_school.of("instructor"), strict_school.of("student")
    row = new_class(instructor)
    path = f"{API}/classes/{row['id']}"
    assert instructor.get(f"{path}/join-code").json["join_code"] is None
    code = instructor.post(f"{path}/join-code").json["join_code"]
    assert student.get(path).status == 404
    typed = f"{code[:4]}-{code[4:]}".lower()
    joined = student.post(f"{API}/classes/join", {"code": typed, "email": "somebody-else@example.com"})
    assert (joined.status, joined.json["id"]) == (201, row["id"])
    assert "join_code" not in joined.json
    assert student.post(f"{API}/classes/join", {"code": code}).status == 200, "once is enough"
    assert student.get(path).status == 200
    assert [member["email"] for member in instructor.get(f"{path}/students").json] == ["student@example.com"]
    other = instructor.post(f"{path}/join-code").json["join_code"]
    assert other != code
    assert student.post(f"{API}/classes/join", {"code": code}).status == 404, "the old one is worth nothing"
    instructor.put(path, {"is_active": False})
    assert student.post(f"{API}/classes/join", {"code": other}).status == 404, "a class that is over"
    instructor.put(path, {"is_active": True})
    instructor.delete(f"{path}/join-code")
    assert student.post(f"{API}/classes/join", {"code": other}).status == 404


def test_codes_cannot_be_tried_one_after_the_other(accounts: Accounts) -> None:
    nobody, student = accounts.nobody(), accounts.of("student")
    class_id = new_class(nobody)["id"]
    code = nobody.post(f"{API}/classes/{class_id}/join-code").json["join_code"]
    tries = [student.post(f"{API}/classes/join", {"code": f"AAAA{number:04}"}) for number in range(11)]
    assert [answer.status for answer in tries] == [404] * 10 + [429]
    assert 1 <= int(tries[-1].headers["retry-after"]) <= 60
    assert student.post(f"{API}/classes/join", {"code": code}).status == 429, "the right one, too"
    # A whole class that has the right code joins from one address.
    for number in range(30):
        assert nobody.post(f"{API}/classes/join", {"code": code, "email": f"j{number}@example.com", "name": "学生"}).status == 201
    again = [nobody.post(f"{API}/classes/join", {"code": code, "email": "j1@example.com"}).status for _ in range(30)]
    assert set(again) == {200}


def test_bad_joins(nobody: Session) -> None:
    for body, places in (({}, ["code", "email"]), ({"code": 7, "email": "a@b"}, ["code"]), ({"code": "", "email": "a@b"}, ["code"]),
                         ({"code": "x" * 65, "email": "x"}, ["code", "email"]), ({"code": "x", "email": "a@b", "name": 7}, ["name"])):
        answer = nobody.post(f"{API}/classes/join", body)
        assert answer.status == 422 and [fault["loc"][1] for fault in answer.json["detail"]] == places
    assert nobody.post(f"{API}/classes/join", {"code": "' OR 1=1 --", "email": "a@b"}).status == 404


def test_limits_are_settings(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={**CHEAP, "CELLMON_CLASSROOM_ROSTER_ROWS": "2", "CELLMON_CLASSROOM_BULK_ITEMS": "1",
                                     "CELLMON_CLASSROOM_BODY_BYTES": "1MiB"}).start()
    nobody = Session(server.client)
    path = f"{API}/classes/{new_class(nobody)['id']}/roster.csv"
    assert send(nobody, path, b"email\na@b\nc@d\ne@f\n").status == 422
    assert send(nobody, path, b"email\na@b\nc@d\n").json["total"] == 2
    assert send(nobody, path, b"x" * (1 << 20) + b"x").status == 413
    assert nobody.post(f"{API}/submissions/bulk", {"submissions": [{}, {}]}).status == 422
