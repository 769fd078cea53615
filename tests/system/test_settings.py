"""Goal: settings are listed, read, changed and made as contract §3.11 has it, mended where the origin's were wrong; those that mean
something hold at once, on all servers of a database, and behind a kill; a database that is away leaves what the server was started with.

Method: through the API on both engines; what holds is seen in what the class is shown as, not in the settings themselves.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support.accounts import Accounts, Session
from support.classroom import Rows
from support.client import Client
from support.events import cell_executed
from support.postgres import Postgres
from support.server import Server, wait_until

SETTINGS = "/api/v1/admin/settings"
STATUS = "/api/v1/admin/consecutive-error-status"
SEEDED = {
    "active_window_seconds": ("120", "int"), "cache_ttl_seconds": ("1", "int"), "consecutive_error_threshold": ("3", "int"),
    "dismiss_silence_seconds": ("60", "int"), "error_detection_enabled": ("true", "bool"), "error_window_seconds": ("300", "int"), "help_expiry_seconds": ("300", "int"),
}


def row_of(who: Session, key: str) -> dict:
    return next(row for row in who.get(f"{SETTINGS}").json["settings"] if row["setting_key"] == key)


def choose(who: Session, key: str, value: object) -> dict:
    answer = who.put(f"{SETTINGS}/{key}", {"new_value": value})
    assert answer.status == 200, answer
    return answer.json["setting"]


def fail_runs(server: Server, email: str, count: int) -> None:
    for _ in range(count):
        assert server.post([cell_executed(emailAddress=email, cellId="c1", hasError=True)]).status == 202


def shown(server: Server, email: str) -> dict:
    """A student as existing dashboards see them."""
    students = server.get("/api/v1/dashboard/overview").json["students"]
    return next((student for student in students if student["emailAddress"] == email), {})


def wait_for_status(server: Server, email: str, status: str) -> dict:
    wait_until(lambda: shown(server, email).get("status") == status, f"{email} is {status}; {shown(server, email)}")
    return shown(server, email)


def test_the_seeded_settings(school: Accounts) -> None:
    who = school.nobody()
    answer = who.get(f"{SETTINGS}/")
    assert answer.status == 200 and list(answer.json) == ["settings"]
    rows = [row for row in answer.json["settings"] if row["setting_key"] in SEEDED]
    assert [row["setting_key"] for row in rows] == sorted(SEEDED)
    for row in rows:
        assert list(row) == ["setting_key", "setting_value", "setting_type", "description", "is_active", "updated_at"]
        assert row["setting_type"] == SEEDED[row["setting_key"]][1] and row["is_active"] is True
        assert " / " in row["description"], "Japanese and English"
    assert who.get(f"{SETTINGS}", If_None_Match=answer.headers["etag"]).status == 304


@pytest.mark.parametrize("kind, value, text, typed, name", [
    ("int", 5, "5", 5, "int"), ("int", "-7", "-7", -7, "int"), ("int", 4.0, "4", 4, "int"),
    ("bool", True, "true", True, "bool"), ("bool", "off", "false", False, "bool"), ("bool", 1, "true", True, "bool"),
    ("json", {"a": [1, None, "教"]}, '{"a":[1,null,"教"]}', {"a": [1, None, "教"]}, "dict"), ("json", [1.5], "[1.5]", [1.5], "list"),
    ("json", 2.5, "2.5", 2.5, "float"), ("json", "x", '"x"', "x", "str"), ("json", None, "null", None, "NoneType"),
    ("json", True, "true", True, "bool"),
    ("str", "設定\n'; DROP TABLE system_settings; --", "設定\n'; DROP TABLE system_settings; --",
     "設定\n'; DROP TABLE system_settings; --", "str"),
    ("str", True, "true", "true", "str"), ("str", {"a": 1}, '{"a":1}', '{"a":1}', "str"), ("text", 12, "12", "12", "str"),
    ("str", "", "", "", "str"),
])
def test_values_are_typed(school: Accounts, kind: str, value: object, text: str, typed: object, name: str) -> None:
    who = school.nobody()
    key = f"own_{kind}"
    first = {"int": "1", "bool": "yes", "json": "{}", "str": "x", "text": "x"}[kind]
    made = who.post(f"{SETTINGS}", {"setting_key": key, "setting_value": first, "setting_type": kind, "description": "試し"})
    assert made.status in (200, 400), made
    changed = who.put(f"{SETTINGS}/{key}", {"new_value": value})
    assert changed.status == 200, changed
    assert list(changed.json) == ["message", "setting"]
    setting = changed.json["setting"]
    assert list(setting) == ["setting_key", "setting_value", "setting_type", "updated_at"]
    assert (setting["setting_key"], setting["setting_value"], setting["setting_type"]) == (key, text, kind)
    assert setting["updated_at"].endswith("+00:00") and len(setting["updated_at"]) == 32
    assert who.get(f"{SETTINGS}/{key}").json == {"setting_key": key, "value": typed, "type": name}
    row = row_of(who, key)
    assert (row["setting_value"], row["updated_at"], row["description"]) == (text, setting["updated_at"], "試し")


def test_making_one(school: Accounts) -> None:
    who = school.nobody()
    made = who.post(f"{SETTINGS}/", {"setting_key": "color", "setting_value": "ON", "setting_type": "bool"})
    assert made.status == 200
    assert list(made.json["setting"]) == ["setting_key", "setting_value", "setting_type", "description"]
    assert made.json["setting"] == {"setting_key": "color", "setting_value": "true", "setting_type": "bool", "description": None}
    for taken in ("color", "consecutive_error_threshold"):
        again = who.post(f"{SETTINGS}/", {"setting_key": taken, "setting_value": "1", "setting_type": "int"})
        assert (again.status, again.json) == (400, {"detail": f"Setting '{taken}' already exists"})


GOOD = {"setting_key": "k", "setting_value": "1", "setting_type": "int"}


@pytest.mark.parametrize("body, field, kind", [
    ({"setting_key": None}, "setting_key", "string_type"), ({"setting_key": ""}, "setting_key", "string_too_short"),
    ({"setting_key": "k" * 101}, "setting_key", "string_too_long"), ({"setting_key": "a\u0000b"}, "setting_key", "value_error"),
    ({"setting_key": 5}, "setting_key", "string_type"), ({"setting_value": 5}, "setting_value", "string_type"),
    ({"setting_value": None}, "setting_value", "string_type"), ({"setting_value": "five"}, "setting_value", "int_parsing"),
    ({"setting_value": "9" * 30}, "setting_value", "int_parsing"), ({"setting_value": "x" * 10_001}, "setting_value", "string_too_long"),
    ({"setting_value": "a\u0000", "setting_type": "str"}, "setting_value", "value_error"),
    ({"setting_value": "perhaps", "setting_type": "bool"}, "setting_value", "bool_parsing"),
    ({"setting_value": "{", "setting_type": "json"}, "setting_value", "value_error"),
    ({"setting_type": "t" * 51}, "setting_type", "string_too_long"), ({"description": None}, "description", "string_type"),
    ({"description": "d" * 1_001}, "description", "string_too_long"),
])
def test_bad_new_ones_are_named(school: Accounts, body: dict, field: str, kind: str) -> None:
    answer = school.nobody().post(f"{SETTINGS}", GOOD | body)
    assert answer.status == 422, answer
    assert [(fault["loc"], fault["type"]) for fault in answer.json["detail"]] == [(["body", field], kind)]
    assert school.nobody().get(f"{SETTINGS}/k").status == 404


@pytest.mark.parametrize("key, value, kind", [
    ("error_window_seconds", 0, "value_error"), ("error_window_seconds", 86_401, "value_error"), ("error_window_seconds", "ten", "int_parsing"),
    ("error_window_seconds", True, "int_type"), ("error_window_seconds", 2.5, "int_from_float"), ("error_window_seconds", [1], "int_type"),
    ("active_window_seconds", -1, "value_error"), ("help_expiry_seconds", 0, "value_error"), ("dismiss_silence_seconds", 10**9, "value_error"), ("cache_ttl_seconds", 301, "value_error"),
    ("error_detection_enabled", "perhaps", "bool_parsing"), ("error_detection_enabled", {}, "bool_type"),
])
def test_bad_values_are_named_with_their_range(school: Accounts, key: str, value: object, kind: str) -> None:
    who = school.nobody()
    before = row_of(who, key)
    answer = who.put(f"{SETTINGS}/{key}", {"new_value": value})
    assert answer.status == 422, answer
    fault, = answer.json["detail"]
    assert (fault["loc"], fault["type"]) == (["body", "new_value"], kind)
    if kind == "value_error":
        assert key in fault["msg"] and "between" in fault["msg"]
    assert row_of(who, key) == before


@pytest.mark.parametrize("value", [0, 11, -1, "many", 2.5, True, [], {"a": 1}, 2**62])
def test_the_threshold_is_refused_as_the_contract_has_it(school: Accounts, value: object) -> None:
    answer = school.nobody().put(f"{SETTINGS}/consecutive_error_threshold", {"new_value": value})
    assert (answer.status, answer.json) == (400, {"detail": "consecutive_error_threshold must be an integer between 1 and 10"})


def test_bodies_and_keys_that_cannot_be(school: Accounts) -> None:
    who = school.nobody()
    for body, kind in ((b"{", "json_invalid"), (b"[]", "model_attributes_type"), (b"{}", "missing"), (b'{"new_value":"\xff"}', "json_invalid"),
                       (b'{"new_value":1%s}' % (b"0" * 30), "json_invalid")):
        answer = who.put(f"{SETTINGS}/error_window_seconds", body)
        assert answer.status == 422 and answer.json["detail"][0]["type"] == kind, (body, answer)
    assert who.put(f"{SETTINGS}/error_window_seconds", b"[" + b"1," * 200_000 + b"1]").status == 413
    for key in ("none", "%27%20OR%201=1%20--", "..%2f..%2fetc%2fpasswd", "k" * 5_000, "%E6%95%99"):
        for answer in (who.get(f"{SETTINGS}/{key}"), who.put(f"{SETTINGS}/{key}", {"new_value": 1})):
            assert answer.status == 404 and "not found" in answer.json["detail"], (key, answer)


def test_what_is_chosen_holds_at_once_and_behind_a_kill(classroom: tuple[Server, Rows]) -> None:
    server, _ = classroom
    server.start()
    who = Session(Client(server.port))
    fail_runs(server, "two@example.com", 2)
    fail_runs(server, "four@example.com", 4)
    wait_for_status(server, "four@example.com", "significant_error")
    wait_for_status(server, "two@example.com", "error")
    assert who.get(STATUS).json == {"consecutive_error_threshold": 3, "error_detection_enabled": True, "cache_ttl_seconds": 1,
                                    "status": "active"}

    choose(who, "consecutive_error_threshold", "2")
    student = wait_for_status(server, "two@example.com", "significant_error")
    assert student["hasSignificantError"] and student["consecutiveErrorCount"] == 2 and len(student["significantErrorCells"]) == 1
    choose(who, "consecutive_error_threshold", 10)
    student = wait_for_status(server, "four@example.com", "error")
    assert not student["hasSignificantError"] and student["significantErrorCells"] == []
    assert who.get(STATUS).json["consecutive_error_threshold"] == 10

    choose(who, "consecutive_error_threshold", 4)
    server.kill()
    server.start()
    who.client = Client(server.port)
    assert who.get(STATUS).json["consecutive_error_threshold"] == 4, "from the first request on"
    assert shown(server, "four@example.com")["status"] == "significant_error", "from the first picture on"
    assert shown(server, "two@example.com")["status"] == "error"

    choose(who, "error_detection_enabled", False)
    wait_for_status(server, "four@example.com", "error")
    assert who.get(STATUS).json == {"consecutive_error_threshold": 4, "error_detection_enabled": False, "cache_ttl_seconds": 1,
                                    "status": "disabled"}
    server.kill()
    server.start()
    who.client = Client(server.port)
    assert shown(server, "four@example.com")["status"] == "error"
    assert row_of(who, "error_detection_enabled")["setting_value"] == "false"
    choose(who, "error_detection_enabled", "yes")
    wait_for_status(server, "four@example.com", "significant_error")

    # Runs that have just failed are of the past a second later.
    choose(who, "consecutive_error_threshold", 10)
    choose(who, "error_window_seconds", 1)
    wait_for_status(server, "two@example.com", "active")
    choose(who, "active_window_seconds", 1)
    wait_for_status(server, "two@example.com", "idle")
    choose(who, "active_window_seconds", 120)
    wait_for_status(server, "two@example.com", "active")


def test_the_configuration_is_the_default_and_null_brings_it_back(classroom: tuple[Server, Rows]) -> None:
    server, _ = classroom
    server.start(["--alerts-error-threshold", "5", "--live-error-window", "90s"])
    who = Session(Client(server.port))
    assert row_of(who, "consecutive_error_threshold")["setting_value"] == "5"
    assert who.get(f"{SETTINGS}/error_window_seconds").json == {"setting_key": "error_window_seconds", "value": 90, "type": "int"}
    fail_runs(server, "a@example.com", 4)
    wait_for_status(server, "a@example.com", "error")
    choose(who, "consecutive_error_threshold", 3)
    wait_for_status(server, "a@example.com", "significant_error")
    assert choose(who, "consecutive_error_threshold", None)["setting_value"] == "5"
    wait_for_status(server, "a@example.com", "error")
    server.restart()
    who.client = Client(server.port)
    assert row_of(who, "consecutive_error_threshold")["setting_value"] == "3", "another start, another default"
    assert shown(server, "a@example.com")["status"] == "significant_error"


def test_a_row_that_something_else_broke_leaves_the_default(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()
    who = Session(Client(server.port))
    choose(who, "consecutive_error_threshold", 7)
    wait_until(lambda: who.get(STATUS).json["consecutive_error_threshold"] == 7, "the choice")
    rows.query("UPDATE system_settings SET setting_value = 'True' WHERE setting_key = 'consecutive_error_threshold'")
    wait_until(lambda: who.get(STATUS).json["consecutive_error_threshold"] == 3, "the default")
    assert who.get(f"{SETTINGS}/consecutive_error_threshold").json["value"] == "True"
    assert server.get("/api/v1/health/ready").status == 200


def test_all_servers_of_a_database_follow(new_server: Callable[..., Server], postgres: Postgres) -> None:
    url = postgres.new_database()
    here, there = (new_server(name=name, environment={"CELLMON_POSTGRES_URL": url}).start() for name in ("here", "there"))
    for server in (here, there):
        fail_runs(server, "a@example.com", 2)
        wait_for_status(server, "a@example.com", "error")
    choose(Session(Client(here.port)), "consecutive_error_threshold", 2)
    for server in (here, there):
        wait_for_status(server, "a@example.com", "significant_error")
        assert server.get(STATUS).json["consecutive_error_threshold"] == 2


def test_without_postgres_the_server_starts_and_follows_when_it_is_back(new_server: Callable[..., Server]) -> None:
    fragile = Postgres()
    try:
        url = fragile.start().new_database()
        server = new_server("--alerts-error-threshold", "4", environment={"CELLMON_POSTGRES_URL": url}).start()
        choose(Session(Client(server.port)), "consecutive_error_threshold", 2)
        server.stop()
        fragile.stop()
        server.start(ready=False)
        assert server.get(STATUS).json["consecutive_error_threshold"] == 4
        away = server.get(SETTINGS)
        assert away.status == 503 and "retry-after" in away.headers
        fail_runs(server, "a@example.com", 2)
        fragile.start()
        wait_for_status(server, "a@example.com", "significant_error")
        assert server.get(STATUS).json["consecutive_error_threshold"] == 2
    finally:
        fragile.remove()


@pytest.mark.parametrize("role, read, write", [("nobody", 403, 403), ("student", 403, 403), ("assistant", 200, 403),
                                               ("instructor", 200, 403), ("admin", 200, 200)])
def test_who_may_what_where_tokens_are_asked_for(strict_school: Accounts, role: str, read: int, write: int) -> None:
    who = strict_school.of(role)
    assert [who.get(path).status for path in (f"{SETTINGS}/", f"{SETTINGS}/cache_ttl_seconds", STATUS)] == [read] * 3
    assert who.put(f"{SETTINGS}/cache_ttl_seconds", {"new_value": 1}).status == write
    made = who.post(f"{SETTINGS}/", {"setting_key": f"of {role}", "setting_value": "秘密", "setting_type": "str"})
    assert made.status == write
    if write == 200:
        log = strict_school.admin("audit").stdout.decode()
        assert "setting.update" in log and "setting cache_ttl_seconds" in log and f"setting of {role}" in log


def test_a_change_is_in_the_audit_log(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    accounts = Accounts(server.start(), rows)
    choose(accounts.of("admin"), "consecutive_error_threshold", 6)
    line = rows.query("SELECT i.email, l.subject, l.detail FROM audit_log l JOIN instructors i ON i.id = l.actor_id "
                      "WHERE l.action = 'setting.update'")
    assert line == [["admin@example.com", "setting consecutive_error_threshold", "3 -> 6"]]
