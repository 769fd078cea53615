"""Goal: instructors are told on their socket what contract §4.3 says, and what they say there is kept; nobody else is let in, and
nothing that a client does or leaves undone harms the others.

Method: the socket and the routes on both engines; a client that does not read; kill -9.
"""

from __future__ import annotations

import json
import socket as sockets
from typing import Callable

import pytest
import websocket

from support.accounts import CHEAP, PATIENT, Accounts, Session
from support.classroom import Rows
from support.events import cell_executed
from support.fan_out import metric
from support.instructor_socket import PATH, InstructorSocket, refusal
from support.school import new_class, stranger
from support.server import Server, wait_until

STATUS_PATH = f"{PATH}/status"
STATUSES = ("in_session", "break", "offline", "available")


def people(accounts: Accounts) -> tuple[Session, Session, Session]:
    """All log in before the first socket is open: a login changes a status, which is told."""
    return accounts.of("instructor"), accounts.of("assistant"), accounts.of("admin")


def test_frames_have_the_fields_of_the_contract(school: Accounts) -> None:
    teacher, assistant, _ = people(school)
    me, other = InstructorSocket(teacher), InstructorSocket(assistant)
    assert list(me.greeting) == ["type", "instructor_id", "connected_at", "message"] and me.greeting["instructor_id"] == me.id
    updated = me.ask("status_update", status="break")
    assert list(updated) == ["type", "instructor_id", "status", "session_id", "updated_at"]
    assert (updated["type"], updated["instructor_id"], updated["status"], updated["session_id"]) == ("status_updated", me.id, "break", None)
    for one in (me, other):
        assert one.receive("instructor_status_changed", status="break") == {**updated, "type": "instructor_status_changed"}, "to all, the sender too"
    received = me.ask("student_message", student_id="s1", message="こんにちは\nsee \"cell 3\"", timestamp="today")
    assert list(received) == ["type", "student_id", "message", "timestamp", "received_at"]
    assert (received["type"], received["student_id"], received["message"], received["timestamp"]) == \
        ("student_message_received", "s1", "こんにちは\nsee \"cell 3\"", "today")
    reply = me.ask("instructor_reply", student_id=7, message="ok")
    assert list(reply) == ["type", "student_id", "message", "timestamp", "sent_at"]
    assert (reply["type"], reply["student_id"], reply["timestamp"]) == ("reply_sent", 7, reply["sent_at"])
    me.say("instructor_to_instructor", target_instructor_id=other.id, message="cover for me")
    heard = other.receive("instructor_message_received")
    assert list(heard) == ["type", "from_instructor_id", "message", "timestamp", "received_at"]
    assert (heard["from_instructor_id"], heard["message"]) == (me.id, "cover for me")
    assert me.ask("nonsense")["message"] == "Unknown message type: nonsense", "nothing came to the sender before"
    for one in (me, other):
        one.close()


def test_faults_are_named_and_the_socket_stays(school: Accounts) -> None:
    one = InstructorSocket(school.of("instructor"))
    for fields, reason in (({"type": "ping"}, "Unknown message type: ping"), ({"type": "status_update", "status": "asleep"}, "Invalid status: asleep"),
                           ({"type": "status_update", "status": "AVAILABLE"}, "Invalid status: AVAILABLE"),
                           ({"type": "status_update"}, "status: Field required"), ({}, "type: Field required"),
                           ({"type": 3}, "type: Input should be a valid string"),
                           ({"type": "status_update", "status": "break", "session_id": "x"}, "session_id: Input should be a valid integer"),
                           ({"type": "status_update", "status": "break", "session_id": 999_999}, "session_id: there is no session"),
                           ({"type": "student_message", "student_id": "s"}, "message: Field required"),
                           ({"type": "student_message", "message": "m"}, "student_id: Field required"),
                           ({"type": "student_message", "student_id": {}, "message": "m"}, "student_id: Input should be a valid string"),
                           ({"type": "instructor_reply", "student_id": "s", "message": "x" * 10_001}, "message: String should have at most"),
                           ({"type": "instructor_to_instructor", "message": "m"}, "target_instructor_id: Field required"),
                           ({"type": "instructor_to_instructor", "target_instructor_id": 999, "message": "m"}, "Instructor 999 is not connected")):
        one.socket.send(json.dumps(fields))
        answer = one.answer()
        assert answer["type"] == "error" and answer["message"].startswith(reason), (fields, answer)
    assert one.ask("status_update", status="available")["type"] == "status_updated"
    one.close()


@pytest.mark.parametrize("frame", ["hello", "", "[]", "3", "null", '{"type":', "{" * 2_000, '{"type":"ping"}{}', "\x00"])
def test_what_is_no_object_ends_the_socket(school: Accounts, frame: str) -> None:
    one = InstructorSocket(school.of("instructor"))
    one.socket.send(frame)
    assert one.close_code() == 4000
    assert InstructorSocket(school.of("instructor")).ask("ping")["type"] == "error", "another one works"


def test_hostile_frames(school: Accounts) -> None:
    for opcode, data, code in ((websocket.ABNF.OPCODE_BINARY, b"\x00\xff", 1003), (websocket.ABNF.OPCODE_TEXT, b"\xff\xfe", 1007),
                               (websocket.ABNF.OPCODE_TEXT, b'{"type":"' + b"x" * 70_000 + b'"}', 1009)):
        one = InstructorSocket(school.of("instructor"), skip_utf8_validation=True)
        one.socket.send(data, opcode)
        assert one.close_code() == code
    assert school.server.get("/api/v1/health/live").status == 200


def test_who_is_let_in(school: Accounts, strict_school: Accounts) -> None:
    """The same in both modes: the contract asks for a token always."""
    for accounts in (school, strict_school):
        teacher, assistant, admin = people(accounts)
        for one in (teacher, assistant, admin):
            assert refusal(one, one.id) == 101
        assert refusal(accounts.of("student"), accounts.of("student").id) == 403, "a student is no instructor"
        assert refusal(accounts.nobody(), teacher.id) == 403
        assert refusal(teacher, assistant.id) == 403, "the token of another one"
        assert refusal(admin, teacher.id) == 403, "nobody speaks for another"
        for id_ in ("0", "x", f"0{teacher.id}", "-1", "99999999999999999999", f"{teacher.id}%20"):
            assert refusal(teacher, id_) == 403, id_
        assert refusal(teacher, teacher.id, token="a.b.c") == 401
        assert refusal(teacher, teacher.id, token=teacher.refresh_token) == 401


@pytest.mark.parametrize("path", ["/api/v1/instructor/ws/instructor", "/api/v1/v1/instructor/ws/instructor"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_its_other_spellings(school: Accounts, path: str, slash: str) -> None:
    teacher = school.of("instructor")
    assert refusal(teacher, f"{teacher.id}{slash}", path=path) == 101
    assert school.nobody().get(f"{path}/status{slash}").status == 200


def test_who_is_connected(school: Accounts, strict_school: Accounts) -> None:
    teacher = school.of("instructor")
    wait_until(lambda: school.nobody().get(STATUS_PATH).json == {"connected_instructors": {}, "total_connections": 0}, "nobody is left")
    one = InstructorSocket(teacher)
    one.ask("status_update", status="in_session")
    answer = school.nobody().get(STATUS_PATH).json
    assert answer == {"connected_instructors": {str(teacher.id): {"email": "instructor@example.com", "connected_at": one.greeting["connected_at"],
                                                                  "status": "IN_SESSION"}}, "total_connections": 1}
    one.close()
    wait_until(lambda: school.nobody().get(STATUS_PATH).json["total_connections"] == 0, "it is gone")
    assert strict_school.nobody().get(STATUS_PATH).status == 403
    assert strict_school.of("student").get(STATUS_PATH).status == 403
    assert strict_school.of("assistant").get(STATUS_PATH).status == 200


def test_changes_by_every_way_are_told(school: Accounts) -> None:
    teacher, assistant, admin = people(school)
    watching = InstructorSocket(assistant)
    teacher.put(f"/api/v1/instructor_status/{teacher.id}", {"status": "break"})
    watching.receive("instructor_status_changed", instructor_id=teacher.id, status="break")
    admin.post("/api/v1/instructor_status/bulk", {"updates": [{"instructor_id": teacher.id, "status": "in_session"}]})
    watching.receive("instructor_status_changed", instructor_id=teacher.id, status="in_session")
    again = school.login("instructor@example.com")
    watching.receive("instructor_status_changed", instructor_id=teacher.id, status="available")
    again.post("/api/v1/auth/logout")
    watching.receive("instructor_status_changed", instructor_id=teacher.id, status="offline")
    watching.close()


def test_the_last_of_many_updates_stays(school: Accounts) -> None:
    """They are stored in the order in which they were said, each with its line of the history."""
    teacher = school.of("instructor")
    path = f"/api/v1/instructor_status/{teacher.id}"
    before = len(teacher.get(f"{path}/history?limit=1000").json)
    one = InstructorSocket(teacher)
    said = [STATUSES[number % len(STATUSES)] for number in range(14)]
    for status in said:
        one.say("status_update", status=status)
    for status in said:
        assert one.receive("status_updated")["status"] == status
    history = teacher.get(f"{path}/history?limit=1000").json
    assert [period["status"] for period in reversed(history)][before:] == said
    assert teacher.get(path).json["status"] == said[-1]
    one.close()


def test_two_sockets_of_one_instructor(school: Accounts) -> None:
    """The newer one stays, and gets answers when the older one has gone."""
    teacher, assistant, _ = people(school)
    older = InstructorSocket(teacher)
    newer = InstructorSocket(teacher)
    before = metric(school.server, "cellmon_http_connections")
    assert older.close_code() == 1000, "a client that opens anew whatever ends otherwise would come back"
    older.socket.shutdown()
    wait_until(lambda: metric(school.server, "cellmon_http_connections") < before, "the older one is gone")
    assert newer.ask("status_update", status="break")["type"] == "status_updated"
    newer.receive("instructor_status_changed")
    other = InstructorSocket(assistant)
    other.say("instructor_to_instructor", target_instructor_id=teacher.id, message="still there?")
    assert newer.receive("instructor_message_received")["message"] == "still there?"
    assert school.nobody().get(STATUS_PATH).json["total_connections"] == 2
    for one in (newer, other):
        one.close()


@pytest.mark.parametrize("how", ["logout", "deactivate", "expiry"])
def test_it_ends_with_its_login(accounts: Accounts, how: str) -> None:
    staying, leaving, _ = people(accounts)
    ends, stays = InstructorSocket(leaving), InstructorSocket(staying)
    if how == "logout":
        leaving.post("/api/v1/auth/logout")
    elif how == "deactivate":
        accounts.admin("deactivate", "--email", "assistant@example.com")
    else:
        accounts.rows.query(f"UPDATE access_tokens SET expires_us = 1 WHERE account_id = {leaving.id}")
    assert ends.close_code() == 4003
    assert stays.ask("ping")["type"] == "error"
    assert refusal(leaving, leaving.id) == 401


def test_a_role_is_asked_for_each_time(accounts: Accounts) -> None:
    demoted = accounts.of("assistant")
    one = InstructorSocket(demoted)
    answer = accounts.of("admin").put(f"/api/v1/instructors/{demoted.id}", {"role": "student"})
    assert answer.status == 200
    one.say("status_update", status="break")
    assert one.receive("error")["message"] == "This account may not do that"
    assert accounts.rows.query(f"SELECT status FROM instructors WHERE id = {demoted.id}") == [["available"]]


def test_students_who_ask_for_help(accounts: Accounts) -> None:
    """Each hears of the students of their classes, and an admin of all."""
    teacher, assistant, admin = people(accounts)
    lesson, other = new_class(teacher), stranger(accounts)
    assert teacher.put(f"/api/v1/classes/{lesson['id']}/staff/{assistant.id}", {"role": "assistant"}).status == 200

    def signal(type_: str, email: str = "asks@example.com") -> None:
        accounts.server.post([cell_executed(eventType=type_, emailAddress=email, userName="受講生", code=None, result=None,
                                            classCode=lesson["class_code"])])

    watching, all_, not_theirs = InstructorSocket(teacher), InstructorSocket(admin), InstructorSocket(other)
    signal("help")
    asked = watching.receive("help_request")
    assert (asked["emailAddress"], asked["userName"], asked["teamName"], asked["priority"]) == ("asks@example.com", "受講生", "チームA", "urgent")
    assert all_.receive("help_request") == asked
    watching.say("status_update", status="break")
    not_theirs.receive("instructor_status_changed", status="break")
    assert {frame["type"] for frame in not_theirs.passed} <= {"instructor_status_changed"}, "of the student they heard nothing"
    late = InstructorSocket(assistant)
    assert late.receive("help_request")["emailAddress"] == "asks@example.com", "who comes later is told, too"
    assert InstructorSocket(other).ask("ping")["type"] == "error"
    accounts.server.kill()
    accounts.server.start()
    accounts.reconnect()
    again = InstructorSocket(teacher)
    assert again.receive("help_request")["emailAddress"] == "asks@example.com", "and behind a restart"
    signal("help_stop")
    assert again.receive("help_resolved")["emailAddress"] == "asks@example.com"
    for _ in range(3):
        accounts.server.post([cell_executed(emailAddress="stuck@example.com", hasError=True, errorMessage="NameError",
                                            classCode=lesson["class_code"])])
    alert = again.receive("error_alert")
    assert (alert["emailAddress"], alert["severity"]) == ("stuck@example.com", "high") and alert["consecutiveErrorCount"] >= 3
    again.close()


def test_what_was_said_survives_a_kill(accounts: Accounts) -> None:
    teacher = accounts.of("instructor")
    one = InstructorSocket(teacher)
    assert one.ask("status_update", status="in_session")["type"] == "status_updated"
    accounts.server.kill()
    accounts.server.start()
    accounts.reconnect()
    assert accounts.nobody().get(STATUS_PATH).json == {"connected_instructors": {}, "total_connections": 0}
    again = InstructorSocket(teacher)
    assert accounts.nobody().get(STATUS_PATH).json["connected_instructors"][str(teacher.id)]["status"] == "IN_SESSION"
    assert teacher.get(f"/api/v1/instructor_status/{teacher.id}").json["status"] == "in_session"
    again.close()


def test_too_many_messages(accounts: Accounts) -> None:
    teacher, assistant, _ = people(accounts)
    one, other = InstructorSocket(teacher), InstructorSocket(assistant)
    for _ in range(200):
        try:
            one.say("ping")
        except (OSError, websocket.WebSocketException):
            break
    assert one.close_code() == 4008
    assert other.ask("ping")["type"] == "error", "others are not held up"
    other.close()


def test_who_does_not_read(new_server: Callable[..., Server]) -> None:
    """Is cut off, and the others go on."""
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_LIVE_QUEUE_BYTES": "65536", "CELLMON_HTTP_WRITE_TIMEOUT": "1h",
                                     "CELLMON_HTTP_WEBSOCKET_PING": "10min"}).start()
    accounts = Accounts(server, Rows(server.data))
    target = accounts.of("assistant")
    deaf = InstructorSocket(target, sockopt=[(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)])
    watching = InstructorSocket(accounts.of("admin"))
    for number in range(4):  # What one may say in a minute would fit into the buffers of the system.
        accounts.make(f"talker{number}@example.com")
        talker = InstructorSocket(accounts.login(f"talker{number}@example.com"))
        for _ in range(100):
            talker.say("instructor_to_instructor", target_instructor_id=target.id, message="あ" * 9_000)
        talker.close()
    wait_until(lambda: str(target.id) not in server.get(STATUS_PATH).json["connected_instructors"], "it is cut off", 60)
    watching.say("ping")
    assert watching.receive("error")["message"] == "Unknown message type: ping"
    deaf.socket.shutdown()
