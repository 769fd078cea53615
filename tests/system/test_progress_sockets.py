"""Goal: the sockets of progress say how things are when they open, answer what contract §4.4 and §4.5 intend, and tell of each change and
notification those who may see it; nothing that a client sends ends them.

Method: through a running server on both engines and in both modes.
"""

from __future__ import annotations

import socket as sockets
from typing import Callable

import pytest
import websocket

from support.accounts import Accounts, Session
from support.client import Client
from support.json_socket import JsonSocket
from support.school import new_lesson, stranger
from support.server import Server, wait_until
from test_progress import API, SUM_KEYS, mail, process, progress


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def of_student(who: Session, student: str) -> JsonSocket:
    return JsonSocket(who, f"{API}/ws/student/{student}")


def of_instructor(who: Session) -> JsonSocket:
    return JsonSocket(who, f"{API}/ws/instructor")


def update_of(socket: JsonSocket, student: str, done: int) -> dict:
    """The next update in which the student has completed so many cells."""
    while True:
        data = socket.receive("progress_update")["data"]
        if data["user_id"] == student and data["assignments_progress"][0]["completed_cells"] == done:
            return data


def test_the_socket_of_a_student(nobody: Session) -> None:
    student, other = mail(), mail()
    early = of_student(nobody, student)
    assert early.ask("get_progress")["type"] == "error", "there is none yet, and nothing was said before"
    process(nobody, student, "a")
    assert update_of(early, student, 1)["assignments_progress"][0]["cells_progress"][0]["cell_id"] == "a"
    assert early.receive("notification")["data"]["recipient_id"] == student
    late = of_student(nobody, student)
    first = late.next()
    assert list(first) == ["type", "data"] and first["type"] == "initial_progress" and list(first["data"]) == SUM_KEYS
    assert first["data"] == progress(nobody, student)
    process(nobody, other, "a")
    assert late.ask("ping") == {"type": "pong"}, "of others nothing comes"
    asked = late.ask("get_progress")
    assert asked["type"] == "progress_update" and asked["data"]["user_id"] == student
    process(nobody, student, "b", "error", errorMessage="E: x")
    for socket in (early, late):
        note = socket.receive("notification")["data"]
        while note["level"] != "error":
            note = socket.receive("notification")["data"]
        assert "E: x" in note["message"]
    assert nobody.delete(f"{API}/reset/{student}").status == 200
    assert late.receive("progress_reset")["data"] == {"user_id": student}
    for socket in (early, late):
        socket.close()


def test_the_socket_of_instructors(nobody: Session) -> None:
    student = mail()
    process(nobody, student, "a", "start")
    one = of_instructor(nobody)
    first = one.next()
    assert first["type"] == "initial_data" and list(first["data"]) == ["students_progress", "stats"]
    listed = {entry["user_id"]: entry for entry in first["data"]["students_progress"]}
    assert listed[student]["assignments_progress"][0]["cells_progress"] == [], "cells come when they are asked for"
    assert first["data"]["stats"]["total_students"] == len(listed)
    assert one.ask("ping") == {"type": "pong"}
    process(nobody, student, "a")
    assert update_of(one, student, 1)["assignments_progress"][0]["overall_status"] == "completed"
    note = one.receive("notification")["data"]
    assert (note["recipient_id"], note["user_id"], note["level"]) == ("instructor", student, "success")
    everybody = one.ask("get_all_progress")
    assert everybody["type"] == "all_progress_update" and student in [entry["user_id"] for entry in everybody["data"]["students_progress"]]
    detail = one.ask("get_student_detail", user_id=student)
    assert detail["type"] == "student_detail" and detail["data"] == progress(nobody, student)
    for fields in ({"user_id": "unknown"}, {}, {"user_id": 7}):
        assert one.ask("get_student_detail", **fields)["type"] == "error"
    one.close()


@pytest.mark.parametrize("text", ["hello", "", "[]", "7", "null", "{}", '{"type":7}', '{"type":"nonsense"}', '{"type":', '{"type":"get_all_progress"}'])
def test_what_is_no_question_is_named_and_the_socket_stays(nobody: Session, text: str) -> None:
    one = of_student(nobody, mail())
    one.send(text)
    frame = one.next()
    assert list(frame) == ["type", "message"] and frame["type"] == "error"
    assert one.ask("ping") == {"type": "pong"}
    one.close()


def test_who_asks_too_much_is_closed(nobody: Session) -> None:
    one, other = of_student(nobody, mail()), of_student(nobody, mail())
    for _ in range(200):
        one.say("ping")
    assert one.close_code() == 4008
    assert other.ask("ping") == {"type": "pong"}
    other.close()


def test_who_does_not_read(new_server: Callable[..., Server]) -> None:
    """Is cut off, and the others go on."""
    server = new_server(environment={"CELLMON_LIVE_QUEUE_BYTES": "65536", "CELLMON_HTTP_WRITE_TIMEOUT": "1h", "CELLMON_HTTP_WEBSOCKET_PING": "10min"}).start()
    nobody, student = Session(Client(server.port)), mail()
    cells = [{"eventType": "cell_execution_error", "emailAddress": student, "assignmentId": "a", "cellId": f"c{number}", "errorMessage": "あ" * 300}
             for number in range(200)]
    assert nobody.post("/api/v1/events", cells).status == 202
    deaf = JsonSocket(nobody, f"{API}/ws/student/{student}", sockopt=[(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)])
    watching, other = of_instructor(nobody), mail()

    def is_cut_off() -> bool:
        process(nobody, student, "c0", "start")
        progress(nobody, student)  # So that each is a step of its own.
        return server.get("/api/v1/health").json["services"]["websocket"]["rooms"]["progress"] == 1
    wait_until(is_cut_off, "it is cut off", 60)
    process(nobody, other, "a")
    assert update_of(watching, other, 1)["user_id"] == other
    deaf.socket.shutdown()
    watching.close()


def test_who_hears_of_whom(strict_school: Accounts) -> None:
    lesson = new_lesson(strict_school)
    pupil, teacher, admin = (strict_school.of(role) for role in ("student", "instructor", "admin"))
    own, other = "student@example.com", mail()

    def status(who: Session, path: str) -> int:
        try:
            JsonSocket(who, f"{API}/ws/{path}").close()
            return 101
        except websocket.WebSocketBadStatusException as refused:
            return refused.status_code

    assert [status(who, "instructor") for who in (strict_school.nobody(), pupil, teacher, admin)] == [403, 403, 101, 101]
    process(pupil, own, "first", classCode=lesson.row["class_code"])
    assert [status(who, f"student/{own}") for who in (strict_school.nobody(), pupil, teacher, admin)] == [403, 101, 101, 101]
    assert [status(who, f"student/{other}") for who in (pupil, stranger(strict_school, "student"))] == [404, 404]
    mine, theirs, foreign, all_ = of_student(pupil, own), of_instructor(teacher), of_instructor(stranger(strict_school)), of_instructor(admin)
    assert foreign.next()["data"]["students_progress"] == []
    process(admin, other, "a")
    process(pupil, own, "second", "start", classCode=lesson.row["class_code"])
    process(pupil, own, "second", classCode=lesson.row["class_code"])
    for socket in (mine, theirs):
        update_of(socket, own, 2)
    update_of(all_, other, 1)
    assert foreign.ask("ping") == {"type": "pong"}, "nothing came before"
    theirs.say("get_student_detail", user_id=other)
    assert other in theirs.receive("error")["message"]
    for socket in (mine, theirs, foreign, all_):
        socket.close()
