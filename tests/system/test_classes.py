"""Goal: classes, assignments, submissions and what belongs to them are made, read, changed and deleted as contract §3.8 has it; what
others name does not go; what was acknowledged survives a kill.

Method: every resource on both engines, without a token as the contract's clients; a table of bad inputs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.accounts import Accounts, Session
from support.client import Client
from support.school import API, new_assignment, new_class, new_notebook, new_student, new_submission

KEYS = {
    "classes": ["name", "class_code", "description", "id", "is_active", "created_at", "updated_at", "owner_id", "version", "consent"],
    "assignments": ["class_id", "notebook_id", "title", "description", "due_date", "points", "id", "created_at", "updated_at", "version"],
    "submissions": ["assignment_id", "student_id", "status", "grade", "feedback", "id", "submitted_at", "attempt", "late", "version"],
    "students": ["email", "name", "team_id", "team_name", "id", "created_at", "updated_at", "version"],
    "teams": ["team_name", "description", "id", "created_at", "updated_at", "version"],
    "notebooks": ["path", "name", "id", "created_at", "updated_at", "version"],
}
NOUNS = {"classes": "Class", "assignments": "Assignment", "submissions": "Submission", "students": "Student", "teams": "Team",
         "notebooks": "Notebook"}


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


class Ids:
    """Of rows that others may name."""

    def __init__(self, who: Session) -> None:
        self.class_id = new_class(who)["id"]
        self.notebook_id = new_notebook(who)["id"]
        self.student_id = new_student(who, self.class_id)["id"]
        self.assignment_id = new_assignment(who, self.class_id)["id"]

    def body(self, resource: str, unique: str = "一") -> dict:
        return {
            "classes": {"name": "プログラミング", "class_code": unique, "description": "月曜\n2限"},
            "assignments": {"class_id": self.class_id, "notebook_id": self.notebook_id, "title": "課題 🎓", "description": None,
                            "due_date": "2026-12-01T09:00:00+09:00", "points": 12},
            "submissions": {"assignment_id": self.assignment_id, "student_id": self.student_id, "grade": 7.5, "feedback": "良い"},
            "students": {"email": f"{unique}@example.com", "name": "山田 太郎"},
            "teams": {"team_name": unique, "description": "赤い班"},
            "notebooks": {"path": f"教材/{unique}.ipynb"},
        }[resource]


@pytest.mark.parametrize("resource", KEYS)
def test_make_read_change_delete(nobody: Session, resource: str) -> None:
    body = Ids(nobody).body(resource)
    made = nobody.post(f"{API}/{resource}/", body)
    assert made.status == 201, made
    row = made.json
    assert list(row) == KEYS[resource]
    path = f"{API}/{resource}/{row['id']}"
    expected = dict(body)
    if "due_date" in body:
        expected["due_date"] = "2026-12-01T00:00:00.000000Z"
    assert {name: row[name] for name in body} == expected
    read = nobody.get(path)
    assert (read.status, read.json, read.headers["etag"]) == (200, row, made.headers["etag"])
    assert row in nobody.get(f"{API}/{resource}/?limit=1000").json
    field = {"classes": "description", "assignments": "title", "submissions": "feedback", "students": "name", "teams": "description",
             "notebooks": "name"}[resource]
    changed = nobody.put(path, {field: "変更"})
    assert changed.status == 200, changed
    assert changed.json[field] == "変更" and changed.json["version"] == 2
    untouched = set(row) - {field, "version", "updated_at"}
    assert {name: changed.json[name] for name in untouched} == {name: row[name] for name in untouched}, "only the named fields change"
    gone = nobody.delete(path)
    assert (gone.status, gone.json) == (200, changed.json)
    for answer in (nobody.get(path), nobody.put(path, {}), nobody.delete(path)):
        assert (answer.status, answer.json) == (404, {"detail": f"{NOUNS[resource]} with id {row['id']} not found"})


@pytest.mark.parametrize("resource", KEYS)
def test_paths_that_lead_nowhere(nobody: Session, resource: str) -> None:
    for bad in ("999999999", "0", "-1", "99999999999999999999"):
        answer = nobody.get(f"{API}/{resource}/{bad}")
        assert (answer.status, answer.json) == (404, {"detail": f"{NOUNS[resource]} with id {bad} not found"})
    for bad in ("x", "1.5", "1%20OR%201=1", "%27%3B--", "..%2f..%2fetc%2fpasswd", "%EF%BC%91", "1e3"):
        answer = nobody.get(f"{API}/{resource}/{bad}")
        assert answer.status == 422 and answer.json["detail"][0]["type"] == "int_parsing", bad
    for path in (f"{API}/{resource}", f"{API}/{resource}/", f"{API}/v1/{resource}/"):
        assert nobody.get(path).status == 200, path


@pytest.mark.parametrize("resource", KEYS)
def test_lists_are_pages(nobody: Session, resource: str) -> None:
    ids = Ids(nobody)
    made = [nobody.post(f"{API}/{resource}/", ids.body(resource, f"頁{number}")).json["id"] for number in range(3)]
    whole = [row["id"] for row in nobody.get(f"{API}/{resource}/?limit=1000").json]
    assert whole == sorted(whole) and whole[-3:] == made
    skip = len(whole) - 2
    assert [row["id"] for row in nobody.get(f"{API}/{resource}/?skip={skip}&limit=1").json] == [made[1]]
    assert nobody.get(f"{API}/{resource}/?skip=100000").json == []
    for bad in ("skip=-1", "limit=0", "limit=1001", "skip=x", "limit=1%3BDROP", "skip=99999999999999999999"):
        answer = nobody.get(f"{API}/{resource}/?{bad}")
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["query", bad.split("=")[0]], bad
    tag = nobody.get(f"{API}/{resource}/").headers["etag"]
    assert nobody.get(f"{API}/{resource}/", If_None_Match=tag).status == 304


def test_a_code_is_taken_once(nobody: Session) -> None:
    first = new_class(nobody)
    again = nobody.post(f"{API}/classes/", {"name": "x", "class_code": first["class_code"]})
    assert (again.status, again.json) == (400, {"detail": f"Class with code '{first['class_code']}' already exists"})
    second = new_class(nobody)
    taken = nobody.put(f"{API}/classes/{second['id']}", {"class_code": first["class_code"]})
    assert (taken.status, taken.json) == (409, again.json)
    assert nobody.get(f"{API}/classes/{second['id']}").json == second


@pytest.mark.parametrize(("resource", "field"), [("students", "email"), ("teams", "team_name"), ("notebooks", "path")])
def test_names_are_taken_once(nobody: Session, resource: str, field: str) -> None:
    ids = Ids(nobody)
    first = nobody.post(f"{API}/{resource}/", ids.body(resource, f"唯一{resource}")).json
    second = nobody.post(f"{API}/{resource}/", ids.body(resource, f"他{resource}")).json
    for answer in (nobody.post(f"{API}/{resource}/", ids.body(resource, f"唯一{resource}")),
                   nobody.put(f"{API}/{resource}/{second['id']}", {field: first[field]})):
        assert answer.status == 409 and "already exists" in answer.json["detail"]


def test_unknown_ids_in_a_body(nobody: Session) -> None:
    ids = Ids(nobody)
    for resource, field, noun in (("assignments", "class_id", "Class"), ("assignments", "notebook_id", "Notebook"),
                                  ("submissions", "assignment_id", "Assignment"), ("submissions", "student_id", "Student")):
        row = nobody.post(f"{API}/{resource}/", ids.body(resource)).json
        for number in (999_999_999, 0, -1, 2**53):
            for answer in (nobody.post(f"{API}/{resource}/", ids.body(resource) | {field: number}),
                           nobody.put(f"{API}/{resource}/{row['id']}", {field: number})):
                assert answer.status == 422, answer
                assert answer.json["detail"] == [{"type": "value_error", "loc": ["body", field], "input": number,
                                                  "msg": f"Value error, {noun} with id {number} not found"}]
        assert nobody.get(f"{API}/{resource}/{row['id']}").json == row
    student = nobody.post(f"{API}/students/", {"email": "team@example.com", "team_id": 999_999})
    assert student.status == 422 and student.json["detail"][0]["loc"] == ["body", "team_id"]


def test_what_others_name_does_not_go(nobody: Session) -> None:
    ids = Ids(nobody)
    team = nobody.post(f"{API}/teams/", {"team_name": "動かない"}).json
    assert nobody.put(f"{API}/students/{ids.student_id}", {"team_id": team["id"]}).json["team_name"] == "動かない"
    notebook = nobody.get(f"{API}/assignments/{ids.assignment_id}").json["notebook_id"]
    submission = new_submission(nobody, ids.assignment_id, ids.student_id)
    held = [f"classes/{ids.class_id}", f"assignments/{ids.assignment_id}", f"students/{ids.student_id}", f"teams/{team['id']}",
            f"notebooks/{notebook}"]
    for path in held:
        answer = nobody.delete(f"{API}/{path}")
        assert answer.status == 409 and answer.json["detail"], path
        assert nobody.get(f"{API}/{path}").status == 200
    order = [f"submissions/{submission['id']}", f"assignments/{ids.assignment_id}", f"classes/{ids.class_id}/students/{ids.student_id}",
             f"classes/{ids.class_id}", f"students/{ids.student_id}", f"teams/{team['id']}", f"notebooks/{notebook}"]
    for path in order:
        assert nobody.delete(f"{API}/{path}").status == 200, path


def test_filters(nobody: Session) -> None:
    first, second = Ids(nobody), Ids(nobody)
    for ids in (first, second):
        new_submission(nobody, ids.assignment_id, ids.student_id)
    assert [row["id"] for row in nobody.get(f"{API}/assignments/?class_id={second.class_id}").json] == [second.assignment_id]
    assert [row["student_id"] for row in nobody.get(f"{API}/submissions/?assignment_id={first.assignment_id}").json] == [first.student_id]
    assert [row["assignment_id"] for row in nobody.get(f"{API}/submissions/?student_id={second.student_id}").json] == [second.assignment_id]
    assert nobody.get(f"{API}/submissions/?student_id={second.student_id}&assignment_id={first.assignment_id}").json == []
    assert nobody.get(f"{API}/assignments/?class_id=999999").json == []
    for bad in ("x", "-1", "1'--", "99999999999999999999"):
        assert nobody.get(f"{API}/assignments/?class_id={bad}").status == 422


@pytest.mark.parametrize("resource", KEYS)
def test_versions(nobody: Session, resource: str) -> None:
    row = nobody.post(f"{API}/{resource}/", Ids(nobody).body(resource, f"版{resource}"))
    path, tag = f"{API}/{resource}/{row.json['id']}", row.headers["etag"]
    assert nobody.get(path, If_None_Match=tag).status == 304
    changed = nobody.put(path, {}, If_Match=tag)
    assert changed.status == 200 and changed.headers["etag"] != tag
    for answer in (nobody.put(path, {}, If_Match=tag), nobody.delete(path, If_Match=tag), nobody.put(path, {}, If_Match=f"W/{tag}")):
        assert answer.status == 412 and answer.headers["etag"] == changed.headers["etag"]
    assert nobody.get(path).json == changed.json
    assert nobody.delete(path, If_Match=changed.headers["etag"]).status == 200


# resource, field, value, type of the fault
BAD = [
    ("classes", "name", None, "string_type"), ("classes", "name", 7, "string_type"), ("classes", "name", "", "string_too_short"),
    ("classes", "name", "名" * 201, "string_too_long"), ("classes", "name", "a\0b", "value_error"), ("classes", "name", "a\nb", "value_error"),
    ("classes", "class_code", "x" * 129, "string_too_long"), ("classes", "class_code", ["x"], "string_type"),
    ("classes", "description", "x" * 10_001, "string_too_long"), ("classes", "description", {}, "string_type"),
    ("classes", "description", "\x1b[2J", "value_error"), ("classes", "is_active", "perhaps", "bool_parsing"),
    ("classes", "is_active", None, "bool_type"),
    ("assignments", "class_id", "x", "int_parsing"), ("assignments", "class_id", 1.5, "int_from_float"), ("assignments", "class_id", None, "int_type"),
    ("assignments", "notebook_id", [], "int_type"), ("assignments", "title", "題" * 201, "string_too_long"),
    ("assignments", "due_date", "tomorrow", "datetime_from_date_parsing"), ("assignments", "due_date", "2026-02-30", "datetime_from_date_parsing"),
    ("assignments", "due_date", 5, "datetime_type"), ("assignments", "points", -1, "greater_than_equal"),
    ("assignments", "points", "many", "float_parsing"), ("assignments", "points", "NaN", "float_parsing"), ("assignments", "points", 1e300, "less_than_equal"),
    ("assignments", "points", "inf", "less_than_equal"), ("assignments", "points", [1], "float_type"),
    ("submissions", "grade", -0.1, "greater_than_equal"), ("submissions", "grade", "A", "float_parsing"), ("submissions", "grade", 1e9, "less_than_equal"),
    ("submissions", "feedback", "x" * 20_001, "string_too_long"), ("submissions", "status", "x" * 51, "string_too_long"),
    ("submissions", "status", "", "string_too_short"), ("submissions", "student_id", "1 OR 1=1", "int_parsing"),
    ("submissions", "student_id", 10**19, "int_parsing_size"), ("submissions", "student_id", 2**53 + 1, "int_parsing_size"),
    ("submissions", "attempt", "x", "int_parsing"),
    ("students", "email", "no at", "value_error"), ("students", "email", "a@b@c", "value_error"), ("students", "email", "x" * 320 + "@b", "string_too_long"),
    ("students", "email", 7, "string_type"), ("students", "name", "x" * 513, "string_too_long"), ("students", "team_id", "x", "int_parsing"),
    ("teams", "team_name", "x" * 257, "string_too_long"), ("teams", "team_name", "", "string_too_short"),
    ("notebooks", "path", "x" * 601, "string_too_long"), ("notebooks", "path", None, "string_type"), ("notebooks", "name", "", "string_too_short"),
]


@pytest.mark.parametrize(("resource", "field", "value", "kind"), BAD)
def test_bad_fields(nobody: Session, bad_ids: Ids, resource: str, field: str, value: object, kind: str) -> None:
    answer = nobody.post(f"{API}/{resource}/", bad_ids.body(resource, f"悪{resource}") | {field: value})
    assert answer.status == 422, answer
    (fault,) = answer.json["detail"]
    assert (fault["type"], fault["loc"]) == (kind, ["body", field]) and fault["msg"]


@pytest.fixture(scope="module")
def bad_ids(school: Accounts) -> Ids:
    return Ids(school.nobody())


@pytest.mark.parametrize("resource", KEYS)
def test_bad_bodies(nobody: Session, resource: str) -> None:
    bodies = {b"": "missing", b"{": "json_invalid", b"[]": "model_attributes_type", b"7": "model_attributes_type", b"null": "model_attributes_type",
              b'{"name":"\xff"}': "json_invalid", b"[" * 3000: "json_invalid", b"name=x": "json_invalid"}
    for body, kind in bodies.items():
        answer = nobody.post(f"{API}/{resource}/", body)
        assert answer.status == 422 and answer.json["detail"][0]["type"] == kind, (body[:20], answer)
    assert nobody.post(f"{API}/{resource}/", b'{"name":"x"}', Content_Type="text/plain").status == 422
    assert nobody.post(f"{API}/{resource}/", {"name": "x" * 300_000}).status == 413
    everything = nobody.post(f"{API}/{resource}/", {})
    assert everything.status == 422 and {fault["type"] for fault in everything.json["detail"]} == {"missing"}


def test_texts_are_kept_whatever_they_hold(nobody: Session) -> None:
    for text in ("'; DROP TABLE classes; --", "$1 $2 %s {id}", "<script>alert(1)</script>", "\\u0000 \\", "👩‍👩‍👧 \u202e evil", "../../etc/passwd",
                 "\t tab\r\n line", '"quotes"'):
        row = new_class(nobody, description=text)
        assert nobody.get(f"{API}/classes/{row['id']}").json["description"] == text
    path = "../../../etc/passwd"
    row = new_notebook(nobody, path=path)
    assert (row["path"], row["name"]) == (path, "passwd"), "names, which open nothing"
    moved = nobody.put(f"{API}/notebooks/{row['id']}", {"path": "elsewhere.ipynb"}).json
    assert (moved["path"], moved["name"]) == ("elsewhere.ipynb", "passwd"), "only the named fields change"


def test_numbers_as_the_contract_coerces_them(nobody: Session) -> None:
    ids = Ids(nobody)
    row = new_assignment(nobody, str(ids.class_id), points="12.5", due_date="2026-12-01")
    assert (row["class_id"], row["points"], row["due_date"]) == (ids.class_id, 12.5, "2026-12-01T00:00:00.000000Z")
    assert new_class(nobody, is_active="no", nonsense=1)["is_active"] is False
    cleared = nobody.put(f"{API}/assignments/{row['id']}", {"points": None, "due_date": None}).json
    assert cleared["points"] is None and cleared["due_date"] is None


def test_what_was_acknowledged_survives_a_kill(accounts: Accounts) -> None:
    nobody = accounts.nobody()
    ids = Ids(nobody)
    rows = {resource: nobody.post(f"{API}/{resource}/", ids.body(resource, "残る")).json for resource in KEYS}
    changed = nobody.put(f"{API}/submissions/{rows['submissions']['id']}", {"grade": 9}).json
    rows["submissions"] = changed
    deleted = new_class(nobody)
    assert nobody.delete(f"{API}/classes/{deleted['id']}").status == 200
    accounts.server.kill()
    accounts.server.start()
    nobody = accounts.nobody()
    for resource, row in rows.items():
        assert nobody.get(f"{API}/{resource}/{row['id']}").json == row
    assert nobody.get(f"{API}/classes/{deleted['id']}").status == 404
    history = nobody.get(f"{API}/submissions/{changed['id']}/grades").json
    assert [(change["old_grade"], change["new_grade"]) for change in history] == [(None, 7.5), (7.5, 9)]
    lines = accounts.rows.query("SELECT count(*) FROM audit_log WHERE action = 'submission.grade'")
    assert lines == [["1"]]


def test_two_who_change_different_fields_lose_nothing(school: Accounts) -> None:
    nobody = school.nobody()
    row = new_class(nobody)
    path = f"{API}/classes/{row['id']}"

    def write(field: str) -> list[int]:
        who = Session(Client(school.server.port))
        return [who.put(path, {field: f"{field} {number}"}).status for number in range(20)]

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(write, ["name", "description"]))
    assert statuses == [[200] * 20, [200] * 20]
    after = nobody.get(path).json
    assert (after["name"], after["description"], after["version"]) == ("name 19", "description 19", 41)


def test_each_change_leaves_a_line(school: Accounts) -> None:
    nobody = school.nobody()
    before = school.rows.count("audit_log")
    row = new_class(nobody)
    nobody.put(f"{API}/classes/{row['id']}", {"name": "x"})
    nobody.put(f"{API}/classes/{row['id']}", {"name": ""})
    nobody.put(f"{API}/classes/{row['id']}", {"name": "y"}, If_Match='"9"')
    nobody.delete(f"{API}/classes/{row['id']}")
    assert school.rows.count("audit_log") == before + 3, "what was refused leaves none"
    actions = school.rows.query(f"SELECT action FROM audit_log WHERE subject = 'class {row['id']}' ORDER BY id")
    assert actions == [["class.create"], ["class.update"], ["class.delete"]]
