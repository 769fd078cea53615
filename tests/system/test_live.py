"""Goal: whoever looks at the live socket sees the class as it is, whole: from the first message on, after breaks, after a
kill of the server, in every room; and is told how the data stand.

Method: a client that applies the messages by the rules of docs/reference/live.md and fails where one does not follow.
"""

from __future__ import annotations

import json

import pytest
import websocket

from support.events import cell_executed
from support.live import LiveClient
from support.server import Server


def run(email: str, **fields: object) -> dict:
    return cell_executed(emailAddress=email, **fields)


def executions(client: LiveClient, email: str) -> int:
    return client.students.get(email, {}).get("executions", 0)


def test_a_snapshot_then_what_changes(server: Server) -> None:
    server.post([run("a@example.com"), run("b@example.com", hasError=True)])
    client = LiveClient(server.port)
    client.receive_until(lambda: len(client.students) == 2, "both students")
    server.post([run("a@example.com")])
    client.receive_until(lambda: executions(client, "a@example.com") == 2, "the second run")
    assert client.types[0] == "snapshot" and "delta" in client.types
    assert client.students["b@example.com"]["status"] == "error"
    assert client.counters["students"] == 2 and client.counters["executions"] == 3 and client.counters["errors"] == 1
    client.close()


def test_a_new_client_gets_what_the_api_acknowledged(server: Server) -> None:
    client = LiveClient(server.port)
    for number in range(1, 30):
        assert server.post([run("a@example.com")]).status == 202
        client.receive_until(lambda: executions(client, "a@example.com") == number, f"run {number}")
    client.close()


def test_only_what_changed_after_a_break(server: Server) -> None:
    server.post([run(f"s{number}@example.com") for number in range(20)])
    before = LiveClient(server.port)
    before.receive_until(lambda: len(before.students) == 20, "all students")
    server.post([run("s1@example.com")])
    before.receive_until(lambda: executions(before, "s1@example.com") == 2, "a later step than that of the others")
    before.close()
    server.post([run("s7@example.com")])
    watcher = LiveClient(server.port)
    watcher.receive_until(lambda: executions(watcher, "s7@example.com") == 2, "the server has folded it")
    again = LiveClient(server.port, resume=before)
    first = again.receive()
    assert first["type"] == "delta"
    assert "s7@example.com" in {student["email"] for student in first["students"]}
    assert len(first["students"]) < 20
    assert again.students == watcher.students


def test_going_on_after_a_kill(server: Server) -> None:
    server.post([run(f"s{number}@example.com") for number in range(20)])
    before = LiveClient(server.port)
    before.receive_until(lambda: len(before.students) == 20, "all students")
    server.kill()
    with pytest.raises((OSError, websocket.WebSocketException)):
        while True:
            before.receive()
    server.start()
    server.post([run("s3@example.com"), run("new@example.com")])
    again = LiveClient(server.port, resume=before)
    again.receive_until(lambda: len(again.students) == 21 and executions(again, "s3@example.com") == 2, "what happened meanwhile")
    assert "snapshot" not in again.types
    fresh = LiveClient(server.port)
    fresh.receive_until(lambda: fresh.sequence >= again.sequence, "the class anew")
    assert again.students == fresh.students and again.counters == fresh.counters


def test_another_history_gives_a_snapshot(server: Server) -> None:
    server.post([run("a@example.com")])
    client = LiveClient(server.port)
    client.receive_until(lambda: client.students, "the student")
    client.epoch = "0" * 32 + "-1"
    again = LiveClient(server.port, resume=client)
    assert again.receive()["type"] == "snapshot"


def test_rooms(server: Server) -> None:
    server.post([run("a@example.com", classCode="C 1", teamName="班A"), run("b@example.com", classCode="C 1", teamName="班B"),
                 run("c@example.com", classCode=None, teamName="班A")])
    rooms = {"class:C 1": {"a", "b"}, "team:班A": {"a", "c"}, "student:b@example.com": {"b"}, "": {"a", "b", "c"},
             "team:nobody": set()}
    clients = {room: LiveClient(server.port, room) for room in rooms}
    for room, names in rooms.items():
        client = clients[room]
        client.receive_until(lambda: client.types, "a first message")
        client.receive_until(lambda: {email.split("@")[0] for email in client.students} == names, room)
        assert client.counters["students"] == len(names)
    server.post([run("a@example.com", classCode="C 1", teamName="班B")])
    moved = clients["team:班A"]
    moved.receive_until(lambda: set(moved.students) == {"c@example.com"}, "a has left the team")
    assert moved.counters["students"] == 1


@pytest.mark.parametrize("query", ["room=everyone", "room=class:", "epoch=x&sequence=-1", "epoch=x&sequence=a"])
def test_a_wrong_query_is_refused_by_name(server: Server, query: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
        websocket.create_connection(f"ws://127.0.0.1:{server.port}/api/v1/live?{query}", timeout=10)
    assert refusal.value.status_code == 422


def test_the_status_says_how_the_data_stand(server: Server) -> None:
    sent = [run("a@example.com", streamId="s", streamSequence=number) for number in (1, 2, 3)]
    server.post(sent)
    server.post(sent)
    client = LiveClient(server.port)

    def settled() -> bool:
        status = client.status
        return bool(status) and (status["received"], status["resent"], status["missing"], status["doubled"],
                                 status["checkedThrough"]) == (3, 3, 0, 0, 3)

    client.receive_until(settled, "three received, three resent, nothing missing or doubled")
    (projection,) = client.status["projections"]
    assert projection["name"] == "relational" and projection["lagEvents"] == 0


def test_ping_and_the_rest(server: Server) -> None:
    client = LiveClient(server.port)
    client.receive()
    for text in ("", "x", "[]", "{}", json.dumps({"type": "other"})):
        client.socket.send(text)
    client.socket.send(json.dumps({"type": "ping"}))
    client.receive_until(lambda: client.types[-1] == "pong", "the answer")


def test_a_stopping_server_says_so(server: Server) -> None:
    client = LiveClient(server.port)
    client.receive()
    server.stop()
    opcode = None
    while opcode != websocket.ABNF.OPCODE_CLOSE:
        opcode, data = client.socket.recv_data()
    assert int.from_bytes(data[:2], "big") == 1001
    assert data[2:] == b"server stops"
