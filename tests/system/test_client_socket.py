"""Goal: clients in one room hear each other as contract §4.2 intends; a newer connection with an id takes the place of the older one and keeps it;
nothing that a client says ends the socket of another.

Method: the socket in both spellings of its path; who is let in on both modes.
"""

from __future__ import annotations

import itertools
import socket as sockets
from typing import Callable

import pytest
import websocket

from support.accounts import Accounts, Session
from support.client import Client
from support.json_socket import JsonSocket
from support.server import Server, wait_until

PATH = "/api/v1/v1/ws"
numbers = itertools.count(1)


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


class ClientSocket(JsonSocket):
    def __init__(self, who: Session, client_id: str | None = None, room: str | None = None, path: str = PATH, **options: object) -> None:
        self.id = client_id or f"client{next(numbers)}"
        super().__init__(who, f"{path}/{self.id}" + (f"?room={room}" if room else ""), **options)
        self.greeting = self.next()


def room() -> str:
    return f"room{next(numbers)}"


@pytest.mark.parametrize("path", [PATH, "/api/v1/ws"])
def test_frames_have_the_fields_of_the_contract(nobody: Session, path: str) -> None:
    here = room()
    one, two = ClientSocket(nobody, room=here, path=path), ClientSocket(nobody, room=here, path=path)
    elsewhere = ClientSocket(nobody, room=room(), path=path)
    assert list(one.greeting) == ["type", "client_id", "client_type", "connected_at", "message"]
    assert (one.greeting["type"], one.greeting["client_id"], one.greeting["client_type"]) == ("connection_established", one.id, "student")
    pong = one.ask("ping")
    assert list(pong) == ["type", "timestamp"] and pong["type"] == "pong"
    one.say("progress_update", data={"cell": 3, "text": "日本\n"})
    for who in (one, two):
        frame = who.next()
        assert list(frame) == ["type", "from_client", "data", "timestamp"]
        assert (frame["type"], frame["from_client"], frame["data"]) == ("progress_broadcast", one.id, {"cell": 3, "text": "日本\n"})
    two.send("こんにちは {")
    for who in (one, two):
        frame = who.next()
        assert list(frame) == ["type", "from_client", "message", "room", "timestamp"]
        assert (frame["type"], frame["from_client"], frame["message"], frame["room"]) == ("text_message", two.id, "こんにちは {", here)
    status = one.ask("status_request")
    assert list(status) == ["type", "stats", "timestamp"] and status["type"] == "status_response"
    assert status["stats"]["rooms"] == {here: 2} and status["stats"]["total_connections"] >= 3
    assert elsewhere.ask("ping")["type"] == "pong", "nothing came before"
    for who in (one, two, elsewhere):
        who.close()


def test_the_room_is_default_unless_told_otherwise(nobody: Session) -> None:
    one, two = ClientSocket(nobody), ClientSocket(nobody, room="default")
    one.send("hello")
    assert two.receive("text_message")["room"] == "default"
    for who in (one, two):
        who.close()


def test_joining_a_room(nobody: Session) -> None:
    old, new = room(), room()
    one, stays, there = ClientSocket(nobody, room=old), ClientSocket(nobody, room=old), ClientSocket(nobody, room=new)
    joined = one.ask("join_room", room=new)
    assert (joined["type"], joined["room"]) == ("room_joined", new)
    one.say("progress_update")
    assert there.next()["data"] == {} and one.next()["type"] == "progress_broadcast"
    stays.send("only me")
    assert stays.next()["message"] == "only me"
    assert one.ask("status_request")["stats"]["rooms"] == {new: 2}, "what was said in the old room did not come"
    for room_ in ("", 7, None, "x" * 129, "a\nb"):
        assert one.ask("join_room", room=room_)["type"] == "error"
    assert one.ask("ping")["type"] == "pong"
    for who in (one, stays, there):
        who.close()


@pytest.mark.parametrize("text", ["[]", "7", "null", '"text"', "true", "{}", '{"type":7}', '{"type":"nonsense"}'])
def test_what_is_no_message_is_named_and_the_socket_stays(nobody: Session, text: str) -> None:
    one = ClientSocket(nobody, room=room())
    one.send(text)
    frame = one.next()
    assert frame["type"] == "error" and frame["message"]
    assert one.ask("ping")["type"] == "pong"
    one.close()


def test_the_newest_connection_stays(nobody: Session) -> None:
    here, watching = room(), ClientSocket(nobody)
    older = ClientSocket(nobody, client_id="same", room=here)
    newer = ClientSocket(nobody, client_id="same", room=here)
    assert older.close_code() == 1000
    older.close()
    wait_until(lambda: newer.ask("status_request")["stats"]["rooms"] == {here: 1}, "the older one is gone")
    newer.send("still here")
    assert newer.next()["message"] == "still here"
    newest = ClientSocket(nobody, client_id="same", room=here)
    assert newer.close_code() == 1000 and newest.ask("ping")["type"] == "pong"
    for who in (newest, watching):
        who.close()


def test_who_says_too_much_is_closed(nobody: Session) -> None:
    one, other = ClientSocket(nobody, room=room()), ClientSocket(nobody)
    for _ in range(700):
        one.say("ping")
    assert one.close_code() == 4008
    assert other.ask("ping")["type"] == "pong"
    other.close()


def test_who_does_not_read(new_server: Callable[..., Server]) -> None:
    """Is cut off, and the others go on."""
    server = new_server(environment={"CELLMON_LIVE_QUEUE_BYTES": "65536", "CELLMON_HTTP_WRITE_TIMEOUT": "1h", "CELLMON_HTTP_WEBSOCKET_PING": "10min"}).start()
    nobody = Session(Client(server.port))
    deaf = ClientSocket(nobody, room="a", sockopt=[(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)])
    watching = ClientSocket(nobody, room="b")
    talker = ClientSocket(nobody, room="a")
    for _ in range(300):
        talker.send("あ" * 20_000)
        assert talker.next()["type"] == "text_message"
    wait_until(lambda: watching.ask("status_request")["stats"]["total_connections"] == 2, "it is cut off", 60)
    assert talker.ask("ping")["type"] == "pong"
    deaf.socket.shutdown()
    for who in (talker, watching):
        who.close()


def test_who_is_let_in(strict_school: Accounts) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        ClientSocket(strict_school.nobody())
    assert refused.value.status_code == 403
    pupil, teacher = strict_school.of("student"), strict_school.of("instructor")
    one, two = ClientSocket(pupil, client_id="same"), ClientSocket(teacher, client_id="same")
    two.send("hello")
    assert one.receive("text_message")["from_client"] == "same", "an id belongs to an account"
    for who in (one, two):
        who.close()


@pytest.mark.parametrize("path", [f"{PATH}/{'x' * 129}", f"{PATH}/%01", f"{PATH}/a?room=", f"{PATH}/a?room={'x' * 129}"])
def test_names_that_are_none(nobody: Session, path: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        JsonSocket(nobody, path)
    assert refused.value.status_code == 422
