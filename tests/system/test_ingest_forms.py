"""Goal: each form of body that is documented is taken, and the answer's counts are true.

Method: post through the real API, read back through the export of the journal.
"""

from __future__ import annotations

import gzip
import json

import pytest

from support.events import cell_executed
from support.server import Server


def ndjson(events: list[dict]) -> bytes:
    return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)


def stored_ids(server: Server) -> list[str]:
    return [event["eventId"] for event in server.export()]


def test_array(server: Server) -> None:
    events = [cell_executed(executionCount=n) for n in range(1, 6)]
    answer = server.post(events)
    assert answer.status == 202
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json["message"] == "Enhanced batch processing completed: 5/5 events"
    assert stored_ids(server) == [event["eventId"] for event in events]


def test_single_object(server: Server) -> None:
    event = cell_executed()
    answer = server.post(event)
    assert answer.status == 202
    assert answer.stats["total_events"] == 1
    assert stored_ids(server) == [event["eventId"]]


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/ndjson"])
@pytest.mark.parametrize("last_newline", [True, False])
def test_ndjson(server: Server, content_type: str, last_newline: bool) -> None:
    events = [cell_executed() for _ in range(3)]
    body = ndjson(events)
    answer = server.post(body if last_newline else body[:-1], content_type=content_type)
    assert answer.status == 202
    assert stored_ids(server) == [event["eventId"] for event in events]


def test_gzip_of_each_form(server: Server) -> None:
    array, single, lines = [cell_executed(), cell_executed()], cell_executed(), [cell_executed(), cell_executed()]
    for body, content_type in ((json.dumps(array).encode(), "application/json"),
                               (json.dumps(single).encode(), "application/json"),
                               (ndjson(lines), "application/x-ndjson")):
        answer = server.post(gzip.compress(body), content_type=content_type, content_encoding="gzip")
        assert answer.status == 202, answer
    assert stored_ids(server) == [event["eventId"] for event in [*array, single, *lines]]


def test_empty_array(server: Server) -> None:
    answer = server.post([])
    assert (answer.status, answer.json) == (202, {"message": "No events received"})


def test_batch_stats_are_true_counts(server: Server) -> None:
    known = cell_executed()
    server.post([known])
    bad = cell_executed(emailAddress=None)
    answer = server.post([known, cell_executed(), cell_executed(eventType="help"), bad, cell_executed(eventType=None)])
    assert answer.status == 202
    stats = answer.stats
    assert len(stats["batch_id"]) == 8
    assert stats["total_events"] == 5
    assert stats["duplicates"] == 1
    assert stats["successful_events"] == 4
    assert stats["event_types"] == {"cell_executed": 2, "help": 1, "unknown": 1}, "of the items that were accepted"
    assert len(stats["failed_events"]) == 1
    assert stats["validation_success_rate"] == pytest.approx(80.0)
    assert stats["retry_count"] == 0
    stages = stats["processing_stages"]
    assert stages["redis_publish"]["status"] == "deferred"
    assert stages["db_persistence"]["persisted_count"] == 3
    assert stages["validation"]["duration_ms"] >= 0
    assert "realtime_notify" in stages
    assert stats["total_processing_time_ms"] >= 0


def test_unknown_fields_and_types_are_kept(server: Server) -> None:
    event = cell_executed(eventType="something_new", futureField={"deep": [1, "二", None, 1.5]}, another=True)
    assert server.post([event]).status == 202
    (stored,) = server.export()
    assert stored["eventType"] == "something_new"
    assert stored["extra"] == {"futureField": {"deep": [1, "二", None, 1.5]}, "another": True}


def test_user_id_is_an_identity(server: Server) -> None:
    answer = server.post([cell_executed(emailAddress=None, userId="u-17"), cell_executed(emailAddress="  ", userId="u-18")])
    assert answer.status == 202
    assert answer.stats["failed_events"] == []
    server.wait_until_projected()


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-13-45T99:00:00Z", "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_event_time_that_cannot_be_used_becomes_the_receive_time(shared: Server, time: str | None) -> None:
    event = cell_executed(eventTime=time)
    assert shared.post([event]).status == 202
    (stored,) = [e for e in shared.export() if e["eventId"] == event["eventId"]]
    assert stored["eventTime"] == stored["receivedTime"]


def test_export_pages(server: Server) -> None:
    events = [cell_executed(executionCount=n) for n in range(25)]
    server.post(events)
    page = server.get("/api/v1/events/export?after=10&limit=5")
    assert page.status == 200
    assert "ndjson" in page.headers["content-type"]
    assert [event["sequence"] for event in page.lines()] == [11, 12, 13, 14, 15]
    assert [event["sequence"] for event in server.export()] == list(range(1, 26))


def test_many_requests_on_one_connection(server: Server) -> None:
    for _ in range(200):
        assert server.post([cell_executed()]).status == 202
    assert len(server.export()) == 200
