"""Goal: a student's whole offline session comes in at once with a result for each event, each exactly once however often it is sent; what is
queued is durable, and comes in when it is synced.

Method: on both engines; a hundred students of thirty minutes at once, everything twice, killed in the middle and sent again.
"""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from support import raw
from support.accounts import Accounts, Session
from support.client import Client
from support.events import cell_executed
from support.school import new_class, new_key
from support.server import PATIENCE, Server, wait_until

API = "/api/v1/v1/offline"
STATUS_KEYS = ["is_online", "sync_in_progress", "total_queued_events", "failed_events", "priority_breakdown", "queue_capacity_used",
               "last_sync_attempt"]
numbers = itertools.count(1)


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def session_of(student: str, minutes: int = 30, a_minute: int = 6) -> list[dict]:
    """What a client has kept meanwhile: a numbered stream."""
    began = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    stream = str(uuid.uuid4())
    return [cell_executed(emailAddress=student, eventId=str(uuid.uuid4()), streamId=stream, streamSequence=number + 1, code=f"x = {number}",
                          eventTime=(began + timedelta(seconds=number * 60 / a_minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
            for number in range(minutes * a_minute)]


def exported(server) -> dict[str, int]:
    """How often each event id is in the journal."""
    counts: dict[str, int] = {}
    for line in server.export():
        name = line["eventId"]
        counts[name] = counts.get(name, 0) + 1
    return counts


def test_each_event_has_a_result(school: Accounts, nobody: Session) -> None:
    student = f"bulk{next(numbers)}@example.com"
    events = session_of(student, 2)
    other = events[0] | {"code": "changed"}
    body = [*events, events[1], other, {"eventId": str(uuid.uuid4())}, 7, events[2] | {"eventId": str(uuid.uuid4()), "cellIndex": "x"}]
    answer = nobody.post(f"{API}/bulk", {"events": body})
    assert answer.status == 200, answer
    told = answer.json
    assert list(told) == ["message", "total_events", "stored", "duplicates", "conflicts", "refused", "results", "streams"]
    outcomes = [result["outcome"] for result in told["results"]]
    count = len(events)
    assert [result["index"] for result in told["results"]] == list(range(len(body)))
    assert outcomes[:count + 4] == ["stored"] * count + ["duplicate", "conflict", "refused", "refused"]
    assert (told["duplicates"], told["conflicts"]) == (1, 1) and told["stored"] + told["refused"] == len(body) - 2
    assert [result["event_id"] for result in told["results"][:count]] == [one["eventId"] for one in events]
    assert told["results"][count + 1]["field"] == "eventId" and told["results"][count + 2]["field"] == "emailAddress"
    (stream,) = told["streams"]
    assert stream["streamId"] == events[0]["streamId"] and stream["receivedThrough"] == count
    again = nobody.post(f"{API}/bulk", events)
    assert again.status == 200 and again.json["duplicates"] == count
    lines = "\n".join(json.dumps(one) for one in events).encode()
    assert nobody.post(f"{API}/bulk", lines, Content_Type="application/x-ndjson").json["duplicates"] == count
    counts = exported(school.server)
    assert {counts[one["eventId"]] for one in events} == {1}


def test_bad_bulks(nobody: Session) -> None:
    assert nobody.post(f"{API}/bulk", b"{").status == 422
    assert nobody.post(f"{API}/bulk", b"").status == 422
    assert nobody.post(f"{API}/bulk", b"x", Content_Type="text/plain").status == 422
    empty = nobody.post(f"{API}/bulk", [])
    assert empty.status == 200 and empty.json["results"] == [] and empty.json["streams"] == []
    assert nobody.post(f"{API}/bulk", [{}] * 20_001).status == 413
    refused = nobody.post(f"{API}/bulk", [{}, 7])
    assert refused.status == 200 and refused.json["refused"] == 2, "each has its result, whatever becomes of it"


class Crowd:
    """Students who come back in the same moment. Each answer has a result for each event, in order; `stored` counts which it called new."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.stored: Counter[str] = Counter()
        self.answered = threading.Semaphore(0)
        self.half_sent = threading.Semaphore(0)
        self.dead = threading.Event()
        self._lock = threading.Lock()

    def send(self, events: list[dict]) -> bool:
        """False when nothing was promised."""
        try:
            answer = Session(Client(self.server.port, timeout_s=60 * PATIENCE)).post(f"{API}/bulk", {"events": events})
        except OSError:
            return False
        assert answer.status in (200, 503), answer
        if answer.status == 503:
            return False
        results = answer.json["results"]
        assert [(one["index"], one["event_id"]) for one in results] == [(index, one["eventId"]) for index, one in enumerate(events)]
        assert {one["outcome"] for one in results} <= {"stored", "duplicate"}
        with self._lock:
            self.stored.update(one["event_id"] for one in results if one["outcome"] == "stored")
        self.answered.release()
        return True

    def send_half(self, events: list[dict]) -> bool:
        """The server dies before the rest."""
        body = json.dumps({"events": events}).encode()
        head = f"POST {API}/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with raw.connect(self.server.port) as connection:
            raw.send(connection, head.encode() + body[:len(body) // 2])
            self.half_sent.release()
            assert self.dead.wait(60 * PATIENCE)
        return False

    def kill_in_the_middle(self, answers: int, halves: int) -> None:
        for semaphore, times in ((self.half_sent, halves), (self.answered, answers)):
            assert all(semaphore.acquire(timeout=60 * PATIENCE) for _ in range(times))
        self.server.kill()
        self.dead.set()


def test_a_hundred_students_come_back_at_once(accounts: Accounts) -> None:
    """Thirty minutes each; everybody sends all of it twice at once, as who has given up an answer. The server is killed in the middle, while
    ten are still sending, and everybody sends all of it again, twice."""
    server = accounts.server
    sessions = [session_of(f"s{number}@example.com") for number in range(100)]
    crowd = Crowd(server)
    with ThreadPoolExecutor(191) as pool:
        killed = pool.submit(crowd.kill_in_the_middle, 20, 10)
        late = [pool.submit(crowd.send_half, events) for events in sessions[:10]]
        good = list(pool.map(crowd.send, [*sessions[10:], *sessions[10:]]))
        killed.result()
        assert not any(one.result() for one in late)
    assert good.count(True) >= 20
    server.start()
    counts = exported(server)
    promised = {one["eventId"] for events, is_good in zip([*sessions[10:], *sessions[10:]], good) if is_good for one in events}
    assert promised <= counts.keys() and set(counts.values()) == {1}
    waiting = [*sessions, *sessions]
    while waiting:
        with ThreadPoolExecutor(200) as pool:
            waiting = [events for events, is_good in zip(waiting, pool.map(crowd.send, waiting)) if not is_good]
    events = {one["eventId"] for one in itertools.chain(*sessions)}
    assert exported(server) == dict.fromkeys(events, 1)
    assert crowd.stored.keys() <= events and set(crowd.stored.values()) == {1}, "no event is new twice"
    assert not any(student.get("missing") for student in accounts.nobody().get("/api/v1/delivery").json["students"])


def status(who: Session) -> dict:
    answer = who.get(f"{API}/status")
    assert answer.status == 200 and list(answer.json) == ["queue_status", "additional_stats", "timestamp"]
    assert list(answer.json["queue_status"]) == STATUS_KEYS
    return answer.json


def queued(who: Session, events: list[object], **fields: object) -> dict:
    answer = who.post(f"{API}/queue", {"events": events, **fields})
    assert answer.status == 202, answer
    return answer.json


@pytest.fixture
def empty(nobody: Session) -> Session:
    assert nobody.delete(f"{API}/clear").status == 200
    return nobody


def test_what_is_queued_comes_in_when_it_is_synced(school: Accounts, empty: Session) -> None:
    student = f"queue{next(numbers)}@example.com"
    without_id = {name: value for name, value in cell_executed(emailAddress=student).items() if name != "eventId"}
    told = queued(empty, [cell_executed(emailAddress=student), without_id], priority=3, force_queue=True)
    assert list(told) == ["message", "queued_event_ids", "successful_count", "failed_count"]
    assert (len(told["queued_event_ids"]), told["successful_count"], told["failed_count"]) == (2, 2, 0)
    before = status(empty)["queue_status"]
    assert (before["total_queued_events"], before["priority_breakdown"]) == (2, {"1": 0, "2": 0, "3": 2})
    assert before["queue_capacity_used"] == 0.002
    assert not [one for one in school.server.export() if one.get("emailAddress") == student]
    answer = empty.post(f"{API}/sync", {"force_sync": True})
    assert answer.status == 200 and list(answer.json) == ["message", "sync_result", "queue_status"]
    result = answer.json["sync_result"]
    assert (result["total_events"], result["successful_syncs"], result["failed_syncs"], result["skipped_events"]) == (2, 2, 0, 0)
    assert answer.json["queue_status"]["total_queued_events"] == 0 and answer.json["queue_status"]["last_sync_attempt"] is not None
    lines = [one for one in school.server.export() if one.get("emailAddress") == student]
    assert len(lines) == 2 and told["queued_event_ids"][1] in {one["eventId"] for one in lines}
    assert empty.post(f"{API}/sync", {}).json["message"] == "The queue is empty"


def test_without_force_it_comes_in_at_once(school: Accounts, empty: Session) -> None:
    student = f"queue{next(numbers)}@example.com"
    good = cell_executed(emailAddress=student)
    told = queued(empty, [good, {"eventType": "x"}])
    assert (told["successful_count"], told["failed_count"], len(told["queued_event_ids"])) == (1, 1, 1)
    (failed,) = told["failed_events"]
    assert failed["event"]["eventType"] == "x" and "emailAddress" in failed["error"]
    assert [one["eventId"] for one in school.server.export() if one.get("emailAddress") == student] == [good["eventId"]]
    assert status(empty)["queue_status"]["total_queued_events"] == 0


def test_what_is_refused_is_kept_with_its_reason(empty: Session) -> None:
    queued(empty, [{"eventType": "no student"}, cell_executed(emailAddress="ok@example.com")], force_queue=True)
    result = empty.post(f"{API}/sync", {"force_sync": True}).json["sync_result"]
    assert (result["successful_syncs"], result["failed_syncs"]) == (1, 1)
    failed = empty.get(f"{API}/failed-events").json
    assert failed["failed_events_count"] == 1
    (one,) = failed["failed_events"]
    assert list(one)[:8] == ["queue_id", "event_type", "user_id", "created_at", "retry_count", "last_retry_at", "priority", "event_data"]
    assert (one["event_type"], one["retry_count"]) == ("no student", 1) and "emailAddress" in one["error"]
    assert one["event_data"]["eventId"] == one["queue_id"] and one["last_retry_at"] is not None
    assert status(empty)["additional_stats"]["queue_health"] == "warning"
    assert empty.post(f"{API}/sync", {"force_sync": True}).json["sync_result"]["failed_syncs"] == 1
    assert empty.get(f"{API}/failed-events").json["failed_events"][0]["retry_count"] == 2
    cleared = empty.delete(f"{API}/clear").json
    assert (cleared["cleared_events"], cleared["cleared_failed_events"]) == (0, 1)
    assert status(empty)["additional_stats"] == {"queue_health": "excellent", "recommendations": []}


def test_a_sync_in_the_background(school: Accounts, empty: Session) -> None:
    student = f"queue{next(numbers)}@example.com"
    for priority in (1, 3, 2):
        queued(empty, [cell_executed(emailAddress=student, code=str(priority)) for _ in range(50)], priority=priority, force_queue=True)
    answer = empty.post(f"{API}/sync")
    assert answer.status == 200 and "sync_result" not in answer.json
    wait_until(lambda: status(empty)["queue_status"]["total_queued_events"] == 0, "the queue is empty")
    codes = [one["code"] for one in school.server.export() if one.get("emailAddress") == student]
    assert codes == ["3"] * 50 + ["2"] * 50 + ["1"] * 50, "the most urgent first"


def test_bad_queues(empty: Session) -> None:
    assert empty.post(f"{API}/queue", {"events": []}).status == 400
    assert empty.post(f"{API}/queue", {"events": [{}] * 101}).status == 413
    for body, place in (({}, ["body", "events"]), ({"events": 7}, ["body", "events"]), ({"events": [{}, 7]}, ["body", "events", 1]),
                        ({"events": [{}], "priority": 0}, ["body", "priority"]), ({"events": [{}], "priority": 4}, ["body", "priority"]),
                        ({"events": [{}], "force_queue": "maybe"}, ["body", "force_queue"])):
        answer = empty.post(f"{API}/queue", body)
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == place, (body, answer)
    for _ in range(10):
        queued(empty, [cell_executed()] * 100, force_queue=True)
    full = empty.post(f"{API}/queue", {"events": [cell_executed()], "force_queue": True})
    assert full.status == 503 and "retry-after" in full.headers
    assert status(empty)["additional_stats"]["queue_health"] == "critical"
    assert status(empty)["queue_status"]["queue_capacity_used"] == 1.0


def test_the_queue_survives_a_kill(accounts: Accounts) -> None:
    server = accounts.server
    events = [cell_executed(emailAddress=f"k{number}@example.com") for number in range(20)]
    queued(accounts.nobody(), events, force_queue=True)
    queued(accounts.nobody(), [{"eventType": "bad"}], force_queue=True)
    assert accounts.nobody().post(f"{API}/sync", {"force_sync": True}).status == 200
    queued(accounts.nobody(), events[:10], priority=2, force_queue=True)
    before = accounts.nobody().get(f"{API}/failed-events").json, status(accounts.nobody())["queue_status"]
    server.kill()
    server.start()
    assert (accounts.nobody().get(f"{API}/failed-events").json, status(accounts.nobody())["queue_status"]) == before
    result = accounts.nobody().post(f"{API}/sync", {"force_sync": True}).json["sync_result"]
    assert (result["successful_syncs"], result["failed_syncs"]) == (10, 1), "duplicates of what is there"
    assert exported(server) == {one["eventId"]: 1 for one in events}
    assert accounts.nobody().delete(f"{API}/clear").status == 200
    server.kill()
    server.start()
    assert status(accounts.nobody())["queue_status"]["failed_events"] == 0


def test_events_are_of_the_class_of_their_key(strict_school: Accounts) -> None:
    teacher, nobody = strict_school.of("instructor"), strict_school.nobody()
    row = new_class(teacher)
    key = new_key(teacher, row["id"])["key"]
    student = f"key{next(numbers)}@example.com"
    assert nobody.post(f"{API}/bulk", [cell_executed(emailAddress=student)]).status == 401
    assert nobody.post(f"{API}/queue", {"events": [cell_executed(emailAddress=student)]}).status == 401
    assert nobody.post(f"{API}/bulk", [cell_executed(emailAddress=student)], X_Class_Key=key).json["stored"] == 1
    answer = nobody.post(f"{API}/queue", {"events": [cell_executed(emailAddress=student)], "force_queue": True}, X_Class_Key=key)
    assert answer.status == 202, answer
    admin = strict_school.of("admin")
    assert admin.post(f"{API}/sync", {"force_sync": True}).json["sync_result"]["successful_syncs"] == 1
    codes = [one["classCode"] for one in admin.get("/api/v1/events/export?limit=10000").lines() if one["emailAddress"] == student]
    assert codes == [row["class_code"]] * 2
    for who, expected in (("student", 403), ("assistant", 403), ("instructor", 403)):
        assert strict_school.of(who).post(f"{API}/sync", {}).status == expected
        assert strict_school.of(who).get(f"{API}/failed-events").status == expected
