"""Goal: events of tests come back as they were sent, in both spellings of the path, and survive a kill; nothing of them reaches a class.

Method: through a running server on both engines.
"""

from __future__ import annotations

import itertools

import pytest

from support.accounts import Accounts, Session
from support.events import cell_executed

PATHS = ["/api/v1/v1/test/test/events", "/api/v1/test/events"]
numbers = itertools.count(1)


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def name() -> str:
    return f"test-{next(numbers)}"


@pytest.mark.parametrize("path", PATHS)
def test_what_was_sent_comes_back(nobody: Session, path: str) -> None:
    test_id, events = name(), [cell_executed(), {"any": ["thing", None, 1.5, 10**30]}, {}]
    assert nobody.get(f"{path}/{test_id}").json == {"test_id": test_id, "events": [], "count": 0}
    answer = nobody.post(f"{path}/{test_id}", events)
    assert answer.status == 200 and answer.json == {"message": f"3 test events stored for test_id: {test_id}"}
    for other in PATHS:
        found = nobody.get(f"{other}/{test_id}").json
        assert found["count"] == 3
        assert [{**event, "received_at": one["received_at"]} for event, one in zip(events, found["events"])] == found["events"]
    listed = nobody.get(path).json
    assert test_id in listed["test_ids"] and listed["count"] == len(listed["test_ids"])
    assert nobody.post(f"{path}/{test_id}", events[:1]).status == 200
    assert nobody.get(f"{path}/{test_id}").json["count"] == 4, "they are added"
    assert nobody.delete(f"{path}/{test_id}").status == 200
    gone = nobody.delete(f"{path}/{test_id}")
    assert gone.status == 404 and gone.json == {"detail": f"No events found for test_id: {test_id}"}
    assert test_id not in nobody.get(path).json["test_ids"]


def test_what_is_wrong_is_named(nobody: Session) -> None:
    path = f"{PATHS[0]}/{name()}"
    for body, place in ((b"", ["body"]), (b"{", ["body", 1]), ({}, ["body"]), ([{}, 7], ["body", 1]), ([{"code": "x" * (65 << 10)}], ["body", 0])):
        answer = nobody.post(path, body)
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == place, (body, answer)
    assert nobody.post(path, [{}], Content_Type="text/plain").status == 422
    assert nobody.post(path, [{}] * 201).status == 413
    assert nobody.post(path, b"[" + b" " * (1 << 20) + b"]").status == 413
    assert nobody.get(path).json["count"] == 0
    for test_id in ("x" * 201, "%01"):
        assert nobody.get(f"{PATHS[0]}/{test_id}").status == 422, test_id


def test_they_survive_a_kill(accounts: Accounts) -> None:
    server, test_id = accounts.server, name()
    assert accounts.nobody().post(f"{PATHS[1]}/{test_id}", [cell_executed(), {"日本": "語"}]).status == 200
    before = accounts.nobody().get(f"{PATHS[1]}/{test_id}").json
    server.kill()
    server.start()
    assert accounts.nobody().get(f"{PATHS[1]}/{test_id}").json == before
    assert server.export() == [], "no event of a class"
    assert accounts.nobody().delete(f"{PATHS[1]}/{test_id}").status == 200
    server.kill()
    server.start()
    assert accounts.nobody().get(PATHS[0]).json == {"test_ids": [], "count": 0}
