"""Goal: law 2, once. A resend is acknowledged and not stored, another content under a known id is refused as a conflict,
and events without an id get one that makes a resend of the same body harmless.

Method: post, post again, restart, post again; count what the journal and the database hold.
"""

from __future__ import annotations

import threading
import uuid

import pytest

from support.client import Client
from support.database import event_count
from support.events import cell_executed
from support.server import Server


def test_resend_is_acknowledged_and_not_stored(server: Server) -> None:
    events = [cell_executed() for _ in range(10)]
    assert server.post(events).stats["duplicates"] == 0
    for _ in range(3):
        answer = server.post(events)
        assert answer.status == 202
        assert answer.stats["duplicates"] == 10
        assert answer.stats["successful_events"] == 10
    server.restart()
    assert server.post(events).stats["duplicates"] == 10
    assert len(server.export()) == 10
    server.wait_until_projected()
    assert event_count(server.database) == 10


def test_same_event_twice_in_one_body(server: Server) -> None:
    event = cell_executed()
    answer = server.post([event, event, event])
    assert answer.status == 202
    assert answer.stats["duplicates"] == 2
    assert len(server.export()) == 1


@pytest.mark.parametrize("other_spelling", [
    lambda event: dict(reversed(list(event.items()))),
    lambda event: {**event, "helpNote": None},
    lambda event: {**event, "eventId": event["eventId"].upper()},
], ids=["order of keys", "null", "upper case of a UUID"])
def test_spelling_does_not_matter(server: Server, other_spelling) -> None:
    event = cell_executed()
    server.post([event])
    answer = server.post([other_spelling(event)])
    assert (answer.status, answer.stats["duplicates"]) == (202, 1)
    assert len(server.export()) == 1


def test_ids_that_are_no_uuid(server: Server) -> None:
    events = [cell_executed(eventId=text) for text in ("a", "b", "イベント-1", "x" * 400, "x" * 399 + "y")]
    assert server.post(events).stats["duplicates"] == 0
    assert server.post(events).stats["duplicates"] == 5
    assert [event["eventId"] for event in server.export()] == [event["eventId"] for event in events]


def test_other_content_under_a_known_id_is_a_conflict(server: Server) -> None:
    event = cell_executed(code="first")
    server.post([event])
    other = {**event, "code": "second"}
    alone = server.post([other])
    assert alone.status == 409
    mixed = server.post([other, cell_executed()])
    assert mixed.status == 202
    assert [item["index"] for item in mixed.stats["failed_events"]] == [0]
    assert mixed.stats["successful_events"] == 1
    codes = [e["code"] for e in server.export() if e["eventId"] == event["eventId"]]
    assert codes == ["first"]
    server.restart()
    assert server.post([other]).status == 409


@pytest.mark.parametrize("good", [0, 1])
def test_failed_events_come_in_the_order_of_the_body(server: Server, good: int) -> None:
    known = [cell_executed(code="first") for _ in range(2)]
    server.post(known)
    conflicts = [{**event, "code": "second"} for event in known]
    refused = [cell_executed(eventType=7) for _ in range(2)]
    body = [conflicts[0], refused[0], conflicts[1], refused[1], *(cell_executed() for _ in range(good))]
    answer = server.post(body)
    assert answer.status == (202 if good else 422)
    failed = answer.json["batch_stats"]["failed_events"]
    assert [item["index"] for item in failed] == [0, 1, 2, 3]
    assert ["eventId" if "stored already" in item["reason"] else "eventType" for item in failed] == [
        "eventId", "eventType", "eventId", "eventType"]
    if not good:
        assert [item["loc"][1] for item in answer.json["detail"]] == [0, 1, 2, 3]


def test_conflict_within_one_body(server: Server) -> None:
    event = cell_executed(code="first")
    answer = server.post([event, {**event, "code": "second"}])
    assert answer.status == 202
    assert [item["index"] for item in answer.stats["failed_events"]] == [1]
    assert [e["code"] for e in server.export()] == ["first"]


def test_without_an_id_the_content_is_the_identity(server: Server) -> None:
    """Two equal items in one body are two events; the same body again is a resend of both."""
    event = cell_executed(eventId=None)
    first = server.post([event, event])
    assert first.stats["duplicates"] == 0
    again = server.post([event, event])
    assert again.stats["duplicates"] == 2
    assert len(server.export()) == 2
    assert len({e["eventId"] for e in server.export()}) == 2


def test_without_id_and_time_every_item_is_new(server: Server) -> None:
    event = cell_executed(eventId=None, eventTime=None)
    server.post([event])
    server.post([event])
    assert len(server.export()) == 2


def test_same_event_from_many_connections_at_once(server: Server) -> None:
    """A duplicate of a pending id waits for that id's group and shares its outcome."""
    rounds, senders = 30, 8
    for _ in range(rounds):
        event = cell_executed(eventId=str(uuid.uuid4()))
        start = threading.Barrier(senders)
        answers = []

        def send() -> None:
            client = Client(server.port)
            start.wait()
            answers.append(client.post([event]))
            client.close()

        threads = [threading.Thread(target=send) for _ in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [202] * senders
        assert sum(answer.stats["duplicates"] for answer in answers) == senders - 1
    assert len(server.export()) == rounds
