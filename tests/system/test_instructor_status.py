"""Goal: what an instructor does just now, and did, is kept as contract §3.7 has it.

Method: the routes on both engines.
"""

from __future__ import annotations

import pytest

from support.accounts import Accounts, Session
from support.events import cell_executed
from support.server import wait_until

BASE = "/api/v1/instructor_status"


@pytest.fixture
def admin(accounts: Accounts) -> Session:
    return accounts.of("admin")


def test_a_status_and_its_history(accounts: Accounts, admin: Session) -> None:
    path = f"{BASE}/{admin.id}"
    first = admin.get(path)
    assert list(first.json) == ["instructor_id", "status", "current_session_id", "status_updated_at"]
    assert (first.json["instructor_id"], first.json["status"]) == (admin.id, "available"), "by the login"
    answer = admin.put(path, {"status": "break"})
    assert answer.status == 200 and list(answer.json) == list(first.json)
    assert answer.json["status"] == "break" and answer.json["current_session_id"] is None
    history = admin.get(f"{path}/history").json
    assert [period["status"] for period in history] == ["break", "available"], "newest first"
    assert list(history[0]) == ["id", "instructor_id", "status", "session_id", "started_at", "ended_at", "duration_minutes"]
    assert history[0]["ended_at"] is None and history[0]["duration_minutes"] is None
    assert history[1]["ended_at"] == history[0]["started_at"] and history[1]["duration_minutes"] == 0
    assert admin.get(f"{path}/history?skip=1&limit=1").json == history[1:]
    assert admin.get(f"{path}/history?limit=0").status == 422
    admin.post("/api/v1/auth/logout")
    again = accounts.login("admin@example.com")
    assert [period["status"] for period in again.get(f"{path}/history").json][:2] == ["available", "offline"]


def test_only_known_sessions(accounts: Accounts, admin: Session) -> None:
    path = f"{BASE}/{admin.id}"
    for unknown in (1, 999, 0, -1):
        answer = admin.put(path, {"status": "in_session", "current_session_id": unknown})
        assert answer.status == 422
        assert answer.json["detail"][0]["loc"] == ["body", "current_session_id"]
    accounts.server.post([cell_executed()])
    accounts.server.wait_until_projected()
    activity = wait_until(lambda: (one := accounts.server.get("/api/v1/dashboard/students/student001@example.com/activity")).status == 200 and one.json,
                          "the student is shown")
    session = activity["sessions"][0]["id"]
    answer = wait_until(lambda: (one := admin.put(path, {"status": "in_session", "current_session_id": session})).status == 200 and one,
                        "the session is known")
    assert answer.json["current_session_id"] == session
    assert admin.get("/api/v1/auth/me").json["current_session_id"] == session
    assert admin.put(path, {"status": "available"}).json["current_session_id"] is None, "overwritten when it is left out"


def test_bulk(accounts: Accounts, admin: Session) -> None:
    other = accounts.of("instructor")
    answer = admin.post(f"{BASE}/bulk", {"updates": [
        {"instructor_id": other.id, "status": "break"}, {"instructor_id": 999, "status": "offline"},
        {"instructor_id": str(admin.id), "status": "offline", "current_session_id": 77}]})
    assert answer.status == 200
    assert answer.json == {"updated_count": 1, "results": [
        {"instructor_id": other.id, "status": "break", "current_session_id": None, "success": True},
        {"instructor_id": 999, "success": False, "error": "Instructor not found"},
        {"instructor_id": admin.id, "success": False, "error": "There is no session with this id"}]}
    assert list(answer.json["results"][0]) == ["instructor_id", "status", "current_session_id", "success"]
    assert admin.get(f"{BASE}/{other.id}").json["status"] == "break"
    assert admin.post(f"{BASE}/bulk", {"updates": []}).json == {"detail": "No updates provided"}
    mine = other.post(f"{BASE}/bulk", {"updates": [{"instructor_id": admin.id, "status": "break"}, {"instructor_id": other.id, "status": "available"}]})
    assert [result["success"] for result in mine.json["results"]] == [False, True], "one's own only"


@pytest.mark.parametrize(("body", "kinds", "place"), [
    ({}, ["missing"], ["status"]), ({"status": "asleep"}, ["enum"], ["status"]), ({"status": "AVAILABLE"}, ["enum"], ["status"]),
    ({"status": 1}, ["enum"], ["status"]), ({"status": "break", "current_session_id": "x"}, ["int_parsing"], ["current_session_id"]),
    ({"status": "break", "current_session_id": 1.5}, ["int_from_float"], ["current_session_id"]),
    ({"status": "break", "current_session_id": []}, ["int_type"], ["current_session_id"])])
def test_bad_statuses(school: Accounts, body: dict, kinds: list[str], place: list[str]) -> None:
    admin = school.of("admin")
    answer = admin.put(f"{BASE}/{admin.id}", body)
    assert answer.status == 422
    assert [issue["type"] for issue in answer.json["detail"]] == kinds
    assert answer.json["detail"][0]["loc"] == ["body", *place]
    in_bulk = admin.post(f"{BASE}/bulk", {"updates": [{"instructor_id": admin.id, "status": "break"}, {"instructor_id": 1, **body}]})
    assert in_bulk.status == 422
    assert in_bulk.json["detail"][0]["loc"] == ["body", "updates", 1, *place]


@pytest.mark.parametrize(("updates", "kind"), [(None, "list_type"), ("x", "list_type"), ([1], "model_attributes_type"),
                                               ([{"instructor_id": 1, "status": "break"}] * 1001, "too_long")])
def test_bad_bulks(school: Accounts, updates: object, kind: str) -> None:
    answer = school.of("admin").post(f"{BASE}/bulk", {"updates": updates})
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == kind


def test_a_stale_change_is_refused(admin: Session) -> None:
    path = f"{BASE}/{admin.id}"
    tag = admin.get(path).headers["etag"]
    assert admin.get(path, If_None_Match=tag).status == 304
    assert admin.put(path, {"status": "break"}, If_Match=tag).status == 200
    assert admin.put(path, {"status": "offline"}, If_Match=tag).status == 412
    assert admin.get(path).json["status"] == "break"
