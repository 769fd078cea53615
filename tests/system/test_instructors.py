"""Goal: accounts are made, read, changed and deactivated as contract §3.6 has it, by whom it is allowed; what is wrong is named; what
was acknowledged survives a kill.

Method: every route on both engines; a table of roles, one of bad inputs.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support.accounts import CHEAP, PASSWORD, PATIENT, ROLES, Accounts, Session
from support.classroom import Rows
from support.client import Answer
from support.postgres import Postgres
from support.server import Server, wait_until

BASE = "/api/v1/instructors"
KEYS = ["email", "name", "role", "id", "is_active", "status", "current_session_id", "status_updated_at", "last_login_at",
        "created_at", "updated_at"]
PYDANTIC = "https://errors.pydantic.dev/2.6/v/"


@pytest.fixture
def admin(accounts: Accounts) -> Session:
    return accounts.of("admin")


def make(admin: Session, email: str = "new@example.com", **fields: object) -> Answer:
    return admin.post(f"{BASE}/", {"email": email, "name": "新しい先生", "password": PASSWORD, **fields})


def test_make_read_change_deactivate(accounts: Accounts, admin: Session) -> None:
    made = make(admin, "New@Example.com")
    assert made.status == 201
    assert list(made.json) == KEYS
    assert made.json | {"email": "New@example.com", "name": "新しい先生", "role": "instructor", "is_active": True, "status": "offline",
                        "current_session_id": None, "last_login_at": None, "updated_at": None} == made.json
    path = f"{BASE}/{made.json['id']}"
    assert admin.get(path).json == made.json
    changed = admin.put(path, {"name": "別の名前"})
    assert changed.status == 200
    assert changed.json["name"] == "別の名前" and changed.json["role"] == "instructor" and changed.json["updated_at"]
    assert admin.put(path, {"role": "assistant", "is_active": "yes"}).json["role"] == "assistant"
    assert admin.put(path, {}).status == 200
    session = accounts.login("new@example.com")
    gone = admin.delete(path)
    assert (gone.status, gone.json) == (200, {"message": "Instructor successfully deleted"})
    assert admin.get(path).json["is_active"] is False
    assert session.get("/api/v1/auth/me").status == 401, "out at once"
    assert admin.put(path, {"is_active": True}).json["is_active"] is True
    assert session.get("/api/v1/auth/me").status == 401, "old tokens do not come back"


def test_lists_are_pages(accounts: Accounts, admin: Session) -> None:
    ids = [make(admin, f"n{number}@example.com").json["id"] for number in range(4)]
    admin.delete(f"{BASE}/{ids[1]}")
    everybody = admin.get(f"{BASE}/").json
    assert [one["id"] for one in everybody][-4:] == ids
    assert all(list(one) == KEYS for one in everybody)
    assert [one["id"] for one in admin.get(f"{BASE}/?skip=2&limit=2").json] == ids[1:3]
    assert [one["id"] for one in admin.get(f"{BASE}/?is_active=false").json] == [ids[1]]
    assert ids[1] not in [one["id"] for one in admin.get(f"{BASE}/?is_active=1").json]
    assert admin.get(f"{BASE}/?skip=99").json == []


def test_an_address_is_taken_once(admin: Session) -> None:
    assert make(admin).status == 201
    for email in ("new@example.com", "NEW@EXAMPLE.COM"):
        again = make(admin, email)
        assert (again.status, again.json) == (409, {"detail": "Email already registered"})


def test_what_is_not_there(admin: Session) -> None:
    for path in (f"{BASE}/999999", f"{BASE}/0", f"{BASE}/-1", f"{BASE}/99999999999999999999"):
        for answer in (admin.get(path), admin.put(path, {"name": "x"}), admin.delete(path)):
            assert (answer.status, answer.json) == (404, {"detail": "Instructor not found"})
    assert admin.request("PATCH", f"{BASE}/1").status == 405
    assert admin.request("PATCH", f"{BASE}/1").json == {"detail": "Method Not Allowed"}
    assert admin.get("/api/v1/instructor").json == {"detail": "Not Found"}


def test_nobody_shuts_the_last_admin_out(accounts: Accounts, admin: Session) -> None:
    self = f"{BASE}/{admin.id}"
    assert (admin.delete(self).status, admin.delete(self).json) == (400, {"detail": "Cannot delete yourself"})
    for change in ({"role": "instructor"}, {"is_active": False}):
        refused = admin.put(self, change)
        assert refused.status == 409 and "last active admin" in refused.json["detail"]
    make(admin, role="admin")
    assert admin.put(self, {"role": "instructor"}).status == 200
    assert make(admin, "other@example.com").status == 403, "a role is asked anew each time"


def test_etags(admin: Session) -> None:
    path = f"{BASE}/{make(admin).json['id']}"
    first = admin.get(path)
    tag = first.headers["etag"]
    assert admin.get(path, If_None_Match=tag).status == 304
    stale = '"999"'
    for answer in (admin.put(path, {"name": "x"}, If_Match=stale), admin.delete(path, If_Match=stale)):
        assert answer.status == 412 and answer.headers["etag"] == tag
    assert admin.get(path).json == first.json
    assert admin.put(path, {"name": "x"}, If_Match=f"W/{tag}").status == 412, "a weak tag does not do for a change"
    changed = admin.put(path, {"name": "x"}, If_Match=tag)
    assert changed.status == 200 and changed.headers["etag"] != tag
    assert admin.put(path, {"name": "y"}, If_Match=tag).status == 412
    assert admin.get(path).headers["etag"] == changed.headers["etag"]
    assert admin.put(path, {"name": "y"}, If_Match="*").status == 200
    whole = admin.get(f"{BASE}/")
    assert admin.get(f"{BASE}/", If_None_Match=whole.headers["etag"]).status == 304
    make(admin, "another@example.com")
    assert admin.get(f"{BASE}/", If_None_Match=whole.headers["etag"]).status == 200
    me = admin.get("/api/v1/auth/me")
    assert admin.get("/api/v1/auth/me", If_None_Match=me.headers["etag"]).status == 304


def test_paths_have_one_form(school: Accounts) -> None:
    admin = school.of("admin")
    for path in (BASE, f"{BASE}/", "/api/v1/v1/instructors/", "/api/v1/v1/instructors"):
        assert admin.get(path).status == 200, path


BAD_ACCOUNTS = {
    "nothing": ({}, ["missing", "missing", "missing"], ["email", "name", "password"]),
    "no email": ({"email": "x"}, ["value_error"], ["email"]),
    "two ats": ({"email": "a@b@example.com"}, ["value_error"], ["email"]),
    "reserved domain": ({"email": "a@school.local"}, ["value_error"], ["email"]),
    "number for email": ({"email": 7}, ["string_type"], ["email"]),
    "null": ({"name": None}, ["string_type"], ["name"]),
    "empty name": ({"name": ""}, ["string_too_short"], ["name"]),
    "long name": ({"name": "名" * 256}, ["string_too_long"], ["name"]),
    "NUL in the name": ({"name": "a\0b"}, ["value_error"], ["name"]),
    "list for name": ({"name": ["x"]}, ["string_type"], ["name"]),
    "unknown role": ({"role": "king"}, ["enum"], ["role"]),
    "role in capitals": ({"role": "ADMIN"}, ["enum"], ["role"]),
    "short password": ({"password": "seven77"}, ["value_error"], ["password"]),
    "long password": ({"password": "x" * 5000}, ["string_too_long"], ["password"]),
    "number for password": ({"password": 12345678}, ["string_type"], ["password"]),
}


@pytest.mark.parametrize("name", BAD_ACCOUNTS)
def test_bad_accounts(school: Accounts, name: str) -> None:
    fields, types, places = BAD_ACCOUNTS[name]
    whole = {"email": "bad@example.com", "name": "x", "password": PASSWORD}
    answer = school.of("admin").post(f"{BASE}/", whole | fields if fields else {})
    assert answer.status == 422
    assert [issue["type"] for issue in answer.json["detail"]] == types
    assert [issue["loc"] for issue in answer.json["detail"]] == [["body", place] for place in places]
    for issue in answer.json["detail"]:
        assert {"type", "loc", "msg", "input"} <= set(issue) and issue["msg"]
        assert issue.get("url") == (None if issue["type"] in ("enum", "value_error") else PYDANTIC + issue["type"])
    if "password" in fields:
        assert str(fields["password"]) not in answer.body.decode(), "no answer repeats a password"


@pytest.mark.parametrize(("body", "content_type", "kind"), [
    (b"", "application/json", "missing"), (b"{", "application/json", "json_invalid"), (b"[]", "application/json", "model_attributes_type"),
    (b"null", "application/json", "model_attributes_type"), (b"\xff", "application/json", "json_invalid"),
    (b'{"name": "\\ud800"}', "application/json", "json_invalid"), (b"[" * 5000, "application/json", "json_invalid"),
    (b"email=a", "application/x-www-form-urlencoded", "model_attributes_type"), (b"{}", "text/plain", "model_attributes_type"),
], ids=["none", "broken", "list", "null", "no UTF-8", "surrogate", "deep", "form", "plain"])
def test_bodies_that_are_none(school: Accounts, body: bytes, content_type: str, kind: str) -> None:
    admin, nobody = school.of("admin"), school.nobody()
    for session, method, path in ((admin, "POST", f"{BASE}/"), (admin, "PUT", f"{BASE}/{admin.id}"), (nobody, "POST", "/api/v1/auth/login"),
                                  (nobody, "POST", "/api/v1/auth/refresh"), (admin, "PUT", "/api/v1/auth/password"),
                                  (admin, "PUT", f"/api/v1/instructor_status/{admin.id}"), (admin, "POST", "/api/v1/instructor_status/bulk")):
        answer = session.request(method, path, body, Content_Type=content_type)
        assert answer.status == 422, path
        assert answer.json["detail"][0]["type"] == kind, path
        assert answer.json["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize(("query", "kind"), [
    ("skip=-1", "int_parsing"), ("skip=x", "int_parsing"), ("skip=99999999999999999999", "int_parsing"), ("limit=0", "greater_than_equal"),
    ("limit=1001", "less_than_equal"), ("is_active=perhaps", "bool_parsing")])
def test_bad_queries(school: Accounts, query: str, kind: str) -> None:
    answer = school.of("admin").get(f"{BASE}/?{query}")
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == kind
    assert answer.json["detail"][0]["loc"] == ["query", query.partition("=")[0]]


@pytest.mark.parametrize("identity", ["x", "1.5", "%20", "1%00", "%E5%85%88", "1;DROP%20TABLE%20instructors"])
def test_bad_ids(school: Accounts, identity: str) -> None:
    admin = school.of("admin")
    for answer in (admin.get(f"{BASE}/{identity}"), admin.delete(f"{BASE}/{identity}"), admin.put(f"{BASE}/{identity}", {"name": "x"}),
                   admin.get(f"/api/v1/instructor_status/{identity}"), admin.get(f"/api/v1/instructor_status/{identity}/history")):
        if "%00" in identity:
            assert answer.status == 400
        else:
            assert answer.status == 422
            assert answer.json["detail"][0] | {"type": "int_parsing", "loc": ["path", "instructor_id"]} == answer.json["detail"][0]


# What each role gets: nobody, student, assistant, instructor, admin. `own` is the id of whoever asks, `other` that of an account
# that is nobody's.
MATRIX = [
    ("GET", "/api/v1/auth/me", None, (403, 200, 200, 200, 200)),
    ("PUT", "/api/v1/auth/password", {"current_password": "wrong horse", "new_password": PASSWORD}, (403, 400, 400, 400, 400)),
    ("GET", BASE + "/", None, (403, 403, 200, 200, 200)),
    ("GET", BASE + "/{other}", None, (403, 403, 200, 200, 200)),
    ("POST", BASE + "/", {"email": "taken@example.com", "name": "x", "password": PASSWORD}, (403, 403, 403, 403, 409)),
    ("PUT", BASE + "/{own}", {"name": "mine"}, (403, 200, 200, 200, 200)),
    ("PUT", BASE + "/{own}", {"role": "admin"}, (403, 403, 403, 403, 200)),
    ("PUT", BASE + "/{own}", {"is_active": True}, (403, 403, 403, 403, 200)),
    ("PUT", BASE + "/{other}", {"name": "x"}, (403, 403, 403, 403, 200)),
    ("PUT", BASE + "/{other}", b"", (403, 403, 403, 403, 422)),
    ("DELETE", BASE + "/{other}", None, (403, 403, 403, 403, 200)),
    ("GET", "/api/v1/instructor_status/{other}", None, (403, 403, 200, 200, 200)),
    ("PUT", "/api/v1/instructor_status/{own}", {"status": "break"}, (403, 403, 200, 200, 200)),
    ("PUT", "/api/v1/instructor_status/{other}", {"status": "break"}, (403, 403, 403, 403, 200)),
    ("GET", "/api/v1/instructor_status/{own}/history", None, (403, 403, 200, 200, 200)),
    ("GET", "/api/v1/instructor_status/{other}/history", None, (403, 403, 403, 403, 200)),
    ("POST", "/api/v1/instructor_status/bulk", {"updates": []}, (403, 403, 400, 400, 400)),
]


@pytest.mark.parametrize("role", ("nobody", *ROLES))
@pytest.mark.parametrize("route", MATRIX, ids=lambda route: f"{route[0]} {route[1]} {route[2]}")
def test_who_may_do_what(school: Accounts, role: str, route: tuple) -> None:
    method, path, body, statuses = route
    session = school.of(role)
    if "taken" not in school.sessions:
        school.make("taken@example.com", "student")
        school.sessions["taken"] = school.login("taken@example.com")
    answer = session.request(method, path.format(own=session.id or 1, other=school.sessions["taken"].id), body)
    assert answer.status == statuses[("nobody", *ROLES).index(role)], answer


def test_what_was_acknowledged_survives_a_kill(accounts: Accounts, admin: Session) -> None:
    """Each kind of write, then kill -9 at once."""
    server = accounts.server

    def after_a_kill(path: str) -> object:
        server.kill()
        server.start()
        accounts.reconnect()
        return admin.get(path).json

    made = make(admin).json
    path = f"{BASE}/{made['id']}"
    assert after_a_kill(path) == made
    changed = admin.put(path, {"name": "changed"}).json
    assert after_a_kill(path) == changed
    status = admin.put(f"/api/v1/instructor_status/{made['id']}", {"status": "in_session"}).json
    assert after_a_kill(f"/api/v1/instructor_status/{made['id']}") == status
    assert len(after_a_kill(f"/api/v1/instructor_status/{made['id']}/history")) == 1
    assert admin.delete(path).status == 200
    assert after_a_kill(path)["is_active"] is False
    assert admin.put("/api/v1/auth/password", {"current_password": PASSWORD, "new_password": "battery staple"}).status == 200
    after_a_kill(path)
    accounts.login("admin@example.com", "battery staple")


def test_a_database_that_is_away_is_503(new_server: Callable[..., Server]) -> None:
    fragile = Postgres().start()
    try:
        url = fragile.new_database()
        server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_POSTGRES_URL": url}).start()
        accounts = Accounts(server, Rows(server.data, fragile, url))
        admin = accounts.of("admin")
        fragile.stop()
        for answer in (admin.get(f"{BASE}/"), make(admin), accounts.nobody().post("/api/v1/auth/login", {
                "email": "admin@example.com", "password": PASSWORD})):
            assert answer.status == 503 and answer.headers["retry-after"] and answer.json["detail"]
        fragile.start()
        wait_until(lambda: admin.get(f"{BASE}/").status == 200, "it is used again")
    finally:
        fragile.remove()
