"""Goal: clients of Socket.IO find what contract §4.6 says, by polling, by a WebSocket and from the one to the other; who has no good token is
refused; nothing that one client sends or leaves undone ends another's session, or is answered 5xx.

Method: the client of the protocol's authors, on both engines; and one that sends what no client would, packet by packet.
"""

from __future__ import annotations

import itertools
import json
import re
import socket as sockets
import time
from typing import Callable, Iterator

import pytest
import websocket

from support.accounts import CHEAP, PATIENT, Accounts, Session
from support.classroom import Rows
from support.client import Client
from support.fan_out import metric
from support.instructor_socket import InstructorSocket
from support.server import PATIENCE, Server, wait_until
from support.socketio import PATH, POLLING, RawPolling, SocketIoClient, close_code, install, joined_socket, raw_socket

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
HELP = {"student_id": "s1", "student_name": "山田 太郎", "seat_number": 7}
SPEECHLESS = websocket.WebSocketBadStatusException


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    install()


@pytest.fixture
def connect() -> Iterator[Callable[..., SocketIoClient]]:
    """Makes clients that have connected."""
    clients: list[SocketIoClient] = []

    def make(who: Session, *transports: str, greeted: bool = True, **options: object) -> SocketIoClient:
        clients.append(SocketIoClient(who.client.port, who.token, transports or ("polling", "websocket"), **options))
        if greeted:
            clients[-1].wait("connect")
            clients[-1].greeting = clients[-1].event("connection_success")
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ("polling", "websocket")], ids=" ".join)
def test_events_have_the_fields_of_the_contract(school: Accounts, connect: Callable[..., SocketIoClient], transports: tuple[str, ...]) -> None:
    teacher, assistant = school.of("instructor"), school.of("assistant")
    me, other = connect(teacher, *transports), connect(assistant, *transports)
    assert list(me.greeting) == ["instructor_id", "instructor_name", "status", "auth_duration"]
    assert (me.greeting["instructor_id"], me.greeting["instructor_name"], me.greeting["status"]) == (teacher.id, "名前 instructor", "connected")
    assert isinstance(me.greeting["auth_duration"], float) and 0 < me.greeting["auth_duration"] < 20
    wait_until(lambda: me.transport() == transports[-1] and other.transport() == transports[-1], "both have their last transport")

    me.emit("instructor_status_update", {"status": "break", "location": "3階 \"A\""})
    update = other.event("instructor_status_update")
    assert list(update) == ["instructor_id", "instructor_name", "status", "location", "timestamp"]
    assert {**update, "timestamp": None} == {"instructor_id": teacher.id, "instructor_name": "名前 instructor", "status": "break",
                                             "location": "3階 \"A\"", "timestamp": None}
    assert ISO.fullmatch(update["timestamp"])
    assert teacher.get(f"/api/v1/instructor_status/{teacher.id}").json["status"] == "break", "it is stored, too"

    me.emit("student_help_request", HELP)
    for one in (me, other):
        asked = one.event("student_help_request")
        assert {"event", "instructor_status_update"}.isdisjoint(word for what in one.passed for word in what[:2]), "the sender hears no own status"
        assert list(asked) == ["student_id", "student_name", "seat_number", "help_type", "timestamp"]
        assert {**asked, "timestamp": None} == {**HELP, "help_type": "general", "timestamp": None}
        assert ISO.fullmatch(asked["timestamp"])
    other.emit("student_help_request", {**HELP, "student_id": 3, "seat_number": "A-7", "help_type": "urgent"})
    assert {"student_id": 3, "seat_number": "A-7", "help_type": "urgent"}.items() <= me.event("student_help_request").items()
    assert me.ask("student_help_request", HELP) == {"ok": True}
    me.command("disconnect")
    assert me.wait("disconnect") == ["io client disconnect"]


def test_the_upgrade_loses_nothing(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    talks = joined_socket(school.server.port, school.of("assistant").token)
    client = connect(school.of("instructor"), greeted=False)
    client.wait("connect")
    for number in range(30):
        talks.send("42" + json.dumps(["student_help_request", {**HELP, "seat_number": number}]))
        time.sleep(0.005)
        if number % 10 == 9:  # What one may let wait is bounded.
            for _ in range(10):
                talks.recv()
    heard = [client.event("student_help_request")["seat_number"] for _ in range(30)]
    assert heard == list(range(30))
    wait_until(lambda: client.transport() == "websocket", "it has gone on to its WebSocket")
    talks.close()


def test_both_sockets_of_instructors_tell_the_same(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    teacher = school.of("instructor")
    old = InstructorSocket(school.of("admin"))
    me = connect(teacher)
    assert me.ask("instructor_status_update", {"status": "in_session"}) == {"ok": True}
    old.receive("instructor_status_changed", instructor_id=teacher.id, status="in_session")
    history = teacher.get(f"/api/v1/instructor_status/{teacher.id}/history").json
    assert history[0]["status"] == "in_session"
    old.close()


def test_who_is_refused(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    port = school.server.port
    school.make("closed@example.com")
    closed = school.login("closed@example.com")
    school.admin("deactivate", "--email", "closed@example.com")
    teacher = school.of("instructor")
    bad = "Could not validate credentials"
    for token, why in ((None, "auth has no token"), ("", "The token is blank"), ("  ", "The token is blank"), ("a.b.c", bad), ("x" * 9_000, bad),
                       (teacher.token[:-2], bad), (teacher.refresh_token, bad), (7, "auth has no token"), ({}, "auth has no token"),
                       (closed.token, bad), (school.of("student").token, "This account may not do that")):
        one = RawPolling(port)
        one.post("40" + ("" if token is None else json.dumps({"token": token})))
        assert one.packets() == ["44" + json.dumps({"message": why}, separators=(",", ":"))], token
        assert one.post("1").status == 200
    for transports in (("polling",), ("websocket",)):
        client = SocketIoClient(port, "a.b.c", transports)
        assert client.wait("connect_error") == [bad]
        client.command("connect", {"token": teacher.token})
        client.wait("connect")
        assert client.event("connection_success")["instructor_id"] == teacher.id, "and may try again"
        client.close()


def test_a_student_token_hears_nothing(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    """Nobody who was not let in is told anything."""
    stranger = RawPolling(school.server.port)
    stranger.post("40" + json.dumps({"token": school.of("student").token}))
    assert stranger.packets()[0].startswith("44")
    me = connect(school.of("instructor"))
    assert me.ask("student_help_request", HELP) == {"ok": True}
    assert stranger.post("42" + json.dumps(["student_help_request", HELP])).status == 400, "and says nothing"
    assert stranger.poll().json["code"] == 1


def test_bad_payloads_are_named(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    me, other = connect(school.of("instructor")), connect(school.of("assistant"))
    for name, value, why in (("instructor_status_update", {"status": "asleep"}, "Invalid status: asleep"),
                             ("instructor_status_update", {"status": "AVAILABLE"}, "Invalid status: AVAILABLE"),
                             ("instructor_status_update", {}, "status: Field required"),
                             ("instructor_status_update", {"status": "break", "location": 3}, "location: Input should be a valid string"),
                             ("instructor_status_update", {"status": "break", "location": "x" * 256}, "location: String should have at most"),
                             ("instructor_status_update", "break", "The event has no object"),
                             ("student_help_request", {"student_id": "s"}, "student_name: Field required"),
                             ("student_help_request", {**HELP, "student_id": {}}, "student_id: Input should be a valid string"),
                             ("student_help_request", {**HELP, "seat_number": None}, "seat_number: "),
                             ("student_help_request", {**HELP, "help_type": "x" * 65}, "help_type: String should have at most"),
                             ("student_help_request", [HELP], "The event has no object"),
                             ("message", {"type": "x"}, "Unknown event: message")):
        answer = me.ask(name, value)
        assert answer["ok"] is False and answer["message"].startswith(why), (name, value, answer)
        me.emit(name, value)
        error = me.event("error")
        assert error["event"] == name and error["message"].startswith(why)
    assert me.ask("student_help_request", HELP) == {"ok": True}
    other.event("student_help_request")
    assert not [what for what in other.passed if what[0] == "event"], "of all this the others heard nothing"


def test_binary_packets_are_refused(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    staying = connect(school.of("assistant"))
    for transport in ("polling", "websocket"):
        one = connect(school.of("instructor"), transport, reconnection=False)
        one.command("binary", "student_help_request")
        assert one.event("error") == {"message": "Binary packets are not taken here"}
        assert one.wait("disconnect") == ["io server disconnect"]
    socket = joined_socket(school.server.port, school.of("instructor").token)
    socket.send(b"\x00\xff", websocket.ABNF.OPCODE_BINARY)
    assert close_code(socket) == 1003
    assert staying.ask("student_help_request", HELP) == {"ok": True}


FAULTS = ["", "7", "9", "hello", "\x1e", "2\x1e", "0", "2", "2probe", "5", "4", "4abc", "47", "40[]", "40{", "40", "42", "42{}", "42[]", "42[1]",
          '42["a"', "42" + "[" * 3_000, "44{}", "451-[]", "45", "bAQID", "42/admin,[\"a\"]", "4299999999999999999999[\"a\"]", "41/nowhere"]


def test_malformed_packets_end_one_session_alone(school: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    port, token = school.server.port, school.of("instructor").token
    staying = [connect(school.of("assistant"), transport) for transport in ("polling", "websocket")]
    for fault in FAULTS:
        socket = joined_socket(port, token)
        socket.send(fault)
        assert close_code(socket) == 1002, fault
        if fault.startswith(("b", "451")):
            continue  # Who sends binary packets is told by the next poll.
        one = RawPolling(port).join(token)
        answer = one.post(fault)
        assert (answer.status, answer.json["code"]) == (400, 3) and answer.json["detail"], fault
        assert one.poll().json["code"] == 1, f"the session is over: {fault}"
    socket = joined_socket(port, token)
    socket.send("42" + json.dumps(["x" * 70_000]))
    assert close_code(socket) == 1009
    one = RawPolling(port)
    assert one.post("4" * 70_000).status == 413
    assert one.post(b'42["\xff"]').status == 400
    for client in staying:
        assert client.ask("student_help_request", HELP) == {"ok": True}
        assert not [what for what in client.passed if what[0] == "disconnect"]


def test_requests_that_are_none(shared: Server) -> None:
    """Every query, method and handshake has an answer below 500."""
    client = Client(shared.port)
    session = RawPolling(shared.port).sid
    queries = [f"EIO={eio}&transport={transport}{sid}" for eio, transport, sid in
               itertools.product(("", "3", "4", "x"), ("", "polling", "websocket", "x"), ("", "&sid=", "&sid=nobody", f"&sid={session}x", "&sid=%E3%81%82"))]
    for query, method in itertools.product(["", *queries], ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")):
        answer = client.request(method, f"{PATH}?{query}", b"4" if method == "POST" else None)
        opens = method == "GET" and query == "EIO=4&transport=polling"
        assert answer.status == 200 if opens or method == "OPTIONS" else 400 <= answer.status < 500, (method, query, answer)
    for query in ("EIO=3&transport=websocket", "EIO=4&transport=x", "EIO=4&transport=polling", "EIO=4&transport=websocket&sid=x"):
        with pytest.raises(SPEECHLESS) as refused:
            websocket.create_connection(f"ws://127.0.0.1:{shared.port}{PATH}?{query}", timeout=20)
        assert refused.value.status_code == 400, query
    assert RawPolling(shared.port).opening.items() >= {"upgrades": ["websocket"], "pingInterval": 25_000, "pingTimeout": 20_000,
                                                       "maxPayload": 65_536}.items()


def test_pages_of_other_origins(shared: Server) -> None:
    """As for all routes: answers go to pages of this machine alone, nobody else changes anything or opens a socket."""
    client = Client(shared.port)
    strange = {"Origin": "http://evil.example"}
    near = {"Origin": "http://localhost:3000"}
    assert "access-control-allow-origin" not in client.request("GET", POLLING, headers=strange).headers
    assert client.request("GET", POLLING, headers=near).headers["access-control-allow-origin"] == "http://localhost:3000"
    one = RawPolling(shared.port)
    assert one.post("3", **strange).status == 403
    assert one.post("3", **near).status == 200
    preflight = client.request("OPTIONS", POLLING, headers={**near, "Access-Control-Request-Method": "POST"})
    assert preflight.status == 200 and "POST" in preflight.headers["access-control-allow-methods"]
    with pytest.raises(SPEECHLESS) as refused:
        raw_socket(shared.port, origin="http://evil.example")
    assert refused.value.status_code == 403
    raw_socket(shared.port, origin="http://localhost:3000").close()


@pytest.mark.parametrize("path", ["/socket.io", "/socket.io/"])
def test_both_spellings(shared: Server, path: str) -> None:
    assert Client(shared.port).get(f"{path}?EIO=4&transport=polling").status == 200


def test_one_poll_at_a_time(school: Accounts) -> None:
    one = RawPolling(school.server.port).join(school.of("instructor").token)
    polls = [one.client, Client(school.server.port)]
    for client in polls:
        client._connection.request("GET", f"{POLLING}&sid={one.sid}")
    # Whichever came second is refused, and ends the other.
    answers = [client._connection.getresponse() for client in polls]
    ended, refused = sorted(((answer.status, answer.read()) for answer in answers))
    assert ended == (200, b"1")
    assert refused[0] == 400 and json.loads(refused[1])["code"] == 3
    assert Client(school.server.port).get(f"{POLLING}&sid={one.sid}").json["code"] == 1


@pytest.mark.parametrize("how", ["logout", "deactivate"])
def test_it_ends_with_its_login(accounts: Accounts, connect: Callable[..., SocketIoClient], how: str) -> None:
    leaving = accounts.of("assistant")
    stays = connect(accounts.of("instructor"))
    ends = [connect(leaving, transport) for transport in ("polling", "websocket")]
    if how == "logout":
        leaving.post("/api/v1/auth/logout")
    else:
        accounts.admin("deactivate", "--email", "assistant@example.com")
    for one in ends:
        assert one.wait("disconnect") == ["io server disconnect"]
    assert stays.ask("student_help_request", HELP) == {"ok": True}


def test_a_role_is_asked_for_each_time(accounts: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    demoted = accounts.of("assistant")
    one = connect(demoted)
    assert accounts.of("admin").put(f"/api/v1/instructors/{demoted.id}", {"role": "student"}).status == 200
    for name, value in (("instructor_status_update", {"status": "break"}), ("student_help_request", HELP)):
        assert one.ask(name, value) == {"ok": False, "message": "This account may not do that"}


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_clients_come_back_after_the_server(accounts: Accounts, connect: Callable[..., SocketIoClient], how: str) -> None:
    clients = [connect(accounts.of("instructor"), transport) for transport in ("polling", "websocket")]
    port = accounts.server.port
    if how == "kill":
        accounts.server.kill()
    else:
        assert accounts.server.stop() < 2.5 * PATIENCE, "polls that wait do not hold it up"
    for client in clients:
        assert client.wait("disconnect")[0] in ("transport close", "transport error")
    accounts.server.start(port=port)
    for client in clients:
        client.wait("connect", timeout_s=30)
        client.event("connection_success")
    assert clients[0].ask("student_help_request", HELP) == {"ok": True}
    clients[1].event("student_help_request")


def test_too_many_messages(accounts: Accounts, connect: Callable[..., SocketIoClient]) -> None:
    other = connect(accounts.of("assistant"))
    socket = joined_socket(accounts.server.port, accounts.of("instructor").token)
    for _ in range(200):
        try:
            socket.send('42["nonsense"]')
        except (OSError, websocket.WebSocketException):
            break
    close_code(socket)
    assert other.ask("student_help_request", HELP) == {"ok": True}, "others are not held up"


def test_who_does_not_read(new_server: Callable[..., Server], connect: Callable[..., SocketIoClient]) -> None:
    """Is closed, by polling and by a WebSocket, and the others go on."""
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_LIVE_QUEUE_BYTES": "262144", "CELLMON_HTTP_WRITE_TIMEOUT": "1h",
                                     "CELLMON_HTTP_WEBSOCKET_PING": "10min"}).start()
    accounts = Accounts(server, Rows(server.data))
    quiet = accounts.of("assistant")
    deaf = joined_socket(server.port, quiet.token, sockopt=[(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2_048)])
    away = RawPolling(server.port).join(quiet.token)
    listens = connect(accounts.of("admin"), "websocket")

    def too_slow() -> float:
        return metric(server, 'cellmon_socketio_ended_total{why="too_slow"}')

    text = "あ" * 300
    body = {"student_id": text, "student_name": text, "seat_number": text}
    for number in range(40):
        accounts.make(f"talker{number}@example.com")
        talker = RawPolling(server.port).join(accounts.login(f"talker{number}@example.com").token)
        for _ in range(10):
            assert talker.post("\x1e".join("42" + json.dumps(["student_help_request", body]) for _ in range(11))).status == 200
            heard = 0
            while heard < 11:
                heard += sum(packet.startswith("42") for packet in talker.packets())
        assert talker.post("1").status == 200
        if too_slow() == 2:
            break
    assert too_slow() == 2
    assert away.poll().json["code"] == 1
    assert listens.ask("student_help_request", HELP) == {"ok": True}
    deaf.shutdown()


def test_dead_clients_are_found(new_server: Callable[..., Server], connect: Callable[..., SocketIoClient]) -> None:
    """A ping after 25 s, and 20 s for the answer; who answers stays."""
    server = new_server(environment={**CHEAP, **PATIENT}).start()
    school = Accounts(server, Rows(server.data))
    port, token = school.server.port, school.of("instructor").token
    alive = [connect(school.of("assistant"), transport) for transport in ("polling", "websocket")]
    dead = joined_socket(port, token)
    gone = RawPolling(port).join(token)
    dead.settimeout(60 * PATIENCE)
    began = time.monotonic()
    assert dead.recv() == "2"
    assert 24 < time.monotonic() - began < 30
    assert close_code(dead) == 1000
    assert gone.poll().json["code"] == 1
    for one in alive:
        assert one.ask("student_help_request", HELP) == {"ok": True}
        assert not [what for what in one.passed if what[0] == "disconnect"]
