"""Goal: without authentication the server answers only this machine and only pages of this machine; with it, nothing of the class is
told without a token. The extension, the live page and existing dashboards on this machine go on working.

Method: requests as a browser sends them for pages of other origins, and for one whose name was pointed at this machine; each route
of the class in both modes.
"""

from __future__ import annotations

import socket
import stat
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest
import websocket

from support.accounts import CHEAP, PATIENT, ROLES, Accounts
from support.classroom import Rows
from support.client import Client
from support.events import cell_executed
from support.live import LiveClient
from support.school import new_class, new_key
from support.server import PATIENCE, Server, StartFailed, run_command, wait_until

EVIL = "http://evil.example"
HERE = "http://127.0.0.1:8888"
LISTED = "https://class.example"

CLASS_ROUTES = [("GET", "/api/v1/dashboard/overview"), ("GET", "/api/v1/dashboard/metrics"),
                ("GET", "/api/v1/dashboard/students/student001@example.com/activity"), ("GET", "/api/v1/dashboard/ws/dashboard/status"),
                ("POST", "/api/v1/dashboard/students/student001@example.com/dismiss-help"),
                ("POST", "/api/v1/dashboard/students/student001@example.com/resolve-error"), ("GET", "/api/v1/delivery"),
                ("GET", "/api/v1/projections"), ("GET", "/api/v1/events/export")]
OPEN_ROUTES = [("GET", "/"), ("GET", "/assets/app.js"), ("GET", "/api/v1/health"), ("GET", "/api/v1/health/live"), ("GET", "/metrics"),
               ("GET", "/health/ready")]
SOCKETS = ["/api/v1/live", "/api/v1/dashboard/ws/dashboard"]


def school_of(folder: Path, **environment: str) -> Iterator[Accounts]:
    server = Server(folder / "data", environment={**CHEAP, **PATIENT, **environment})
    try:
        yield Accounts(server.start(), Rows(server.data))
        server.stop()
    finally:
        server.kill()


@pytest.fixture(scope="module")
def open_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    yield from school_of(tmp_path_factory.mktemp("open"), CELLMON_AUTH_HOSTS="Class.Example, other.example",
                         CELLMON_AUTH_ORIGINS=LISTED)


@pytest.fixture(scope="module")
def closed_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    yield from school_of(tmp_path_factory.mktemp("closed"), CELLMON_AUTH_MODE="required")


def key_of(accounts: Accounts) -> str:
    teacher = accounts.of("instructor")
    return new_key(teacher, new_class(teacher)["id"])["key"]


def handshake(port: int, path: str, **options: object) -> int:
    """The status of a WebSocket handshake."""
    try:
        websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=20, **options).close()
        return 101
    except websocket.WebSocketBadStatusException as refused:
        return refused.status_code


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1",
                                  "0.0.0.0", "", "127.0.0.1@evil.example", "[::2]"])
def test_a_name_that_was_pointed_here_is_not_answered(open_school: Accounts, host: str) -> None:
    """DNS rebinding: to its browser the page is of the same origin, so nothing but the name gives it away."""
    nobody = open_school.nobody()
    before = len(open_school.server.export())
    for method, path in [*CLASS_ROUTES, *OPEN_ROUTES, ("POST", "/api/v1/events"), ("POST", "/api/v1/auth/login"), ("GET", "/nowhere")]:
        answer = nobody.request(method, path, [cell_executed()] if path.endswith("events") else None, Host=host)
        assert answer.status == 403, path
    for path in SOCKETS:
        assert handshake(open_school.server.port, path, host=host) in (403, 400), path
    assert len(open_school.server.export()) == before


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "127.1.2.3", "[::1]:8000", "class.example",
                                  "class.example:443", "other.example"])
def test_names_of_this_machine_and_of_its_proxies_are_answered(open_school: Accounts, host: str) -> None:
    assert open_school.nobody().get("/api/v1/health/live", Host=host).status == 200


@pytest.mark.parametrize(("origin", "allowed"), [(EVIL, False), ("null", False), ("http://localhost.evil.example", False), ("file://", False),
                                                 (HERE, True), ("http://localhost:3000", True), ("http://[::1]:1", True), (LISTED, True),
                                                 (LISTED + ":8443", False)])
def test_pages_of_other_origins_change_nothing(open_school: Accounts, origin: str, allowed: bool) -> None:
    nobody = open_school.nobody()
    changes = [("POST", "/api/v1/dashboard/students/x@example.com/dismiss-help"), ("POST", "/api/v1/auth/login"), ("DELETE", "/api/v1/instructors/1"),
               ("PUT", "/api/v1/auth/password"), ("POST", "/nowhere")]
    for method, path in changes:
        # What a form of a page may send without being asked.
        answer = nobody.request(method, path, b"x=1", Origin=origin, Content_Type="application/x-www-form-urlencoded")
        refused = answer.status == 403 and "origin" in answer.json["detail"]
        assert refused != allowed, (path, answer)
        assert ("access-control-allow-origin" in answer.headers) == allowed
    read = nobody.get("/api/v1/dashboard/overview", Origin=origin)
    assert read.status == 200, "its browser keeps the answer from it"
    assert read.headers.get("access-control-allow-origin") == (origin if allowed else None)
    preflight = nobody.request("OPTIONS", "/api/v1/dashboard/overview", Origin=origin, Access_Control_Request_Method="POST")
    assert preflight.status == (200 if allowed else 400)
    assert preflight.headers.get("access-control-allow-origin") == (origin if allowed else None)
    for path in SOCKETS:
        assert handshake(open_school.server.port, path, origin=origin) == (101 if allowed else 403)


@pytest.mark.parametrize("origin", [EVIL, "null", HERE])
def test_events_come_from_pages_of_every_origin(open_school: Accounts, origin: str) -> None:
    nobody = open_school.nobody()
    preflight = nobody.request("OPTIONS", "/api/v1/events", Origin=origin, Access_Control_Request_Method="POST",
                               Access_Control_Request_Headers="content-type")
    assert preflight.status == 200 and preflight.headers["access-control-allow-origin"] == origin
    answer = nobody.post("/api/v1/v1/events/", [cell_executed()], Origin=origin)
    assert answer.status == 202 and answer.headers["access-control-allow-origin"] == "*"


def test_a_page_of_the_proxy_may_change(open_school: Accounts) -> None:
    path = "/api/v1/dashboard/students/x@example.com/dismiss-help"
    assert open_school.nobody().post(path, Host="other.example", Origin="https://other.example").status == 200
    assert open_school.nobody().post(path, Host="other.example", Origin=EVIL).status == 403


def test_open_needs_no_token_for_the_class(open_school: Accounts) -> None:
    open_school.server.post([cell_executed()])
    open_school.server.wait_until_projected()
    for method, path in [*CLASS_ROUTES, *OPEN_ROUTES]:
        assert open_school.nobody().request(method, path).status == 200, path
    for path in SOCKETS:
        assert handshake(open_school.server.port, path) == 101


@pytest.mark.parametrize("role", ("nobody", *ROLES))
def test_required_needs_one(closed_school: Accounts, role: str) -> None:
    admin = closed_school.of("admin")
    assert closed_school.nobody().post("/api/v1/events", [cell_executed()]).status == 401, "events need the key of a class"
    assert closed_school.nobody().post("/api/v1/events", [cell_executed()], X_Class_Key=key_of(closed_school)).status == 202

    def projected() -> bool:
        return admin.get("/api/v1/projections").json["projections"][0]["lagEvents"] == 0

    wait_until(projected, "the relational projection has caught up")
    session = closed_school.of(role)
    for method, path in CLASS_ROUTES:
        least = "instructor" if path.endswith("export") else "assistant"
        allowed = role != "nobody" and ROLES.index(role) >= ROLES.index(least)
        # The class of the key is the instructor's; whom an assistant does not teach is not there.
        granted = 404 if "/students/" in path and role == "assistant" else 200
        assert session.request(method, path).status == (granted if allowed else 403), path
    for method, path in OPEN_ROUTES:
        assert session.request(method, path).status == 200, path
    for path in SOCKETS:
        query = f"?token={session.token}" if session.token else ""
        allowed = role in ROLES[1:]
        assert handshake(closed_school.server.port, path + query) == (101 if allowed else 403), path
        if session.token:
            assert handshake(closed_school.server.port, path, header={"Authorization": f"Bearer {session.token}"}) == (101 if allowed else 403)
    if session.token:
        assert session.token not in closed_school.server.log()


def test_required_refuses_bad_tokens(closed_school: Accounts) -> None:
    nobody = closed_school.nobody()
    for method, path in CLASS_ROUTES:
        answer = nobody.request(method, path, Authorization="Bearer a.b.c")
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    for path in SOCKETS:
        assert handshake(closed_school.server.port, f"{path}?token=a.b.c") == 401
    assert nobody.get("/api/v1/dashboard/overview?token=" + closed_school.of("admin").token).status == 403, \
        "in the query only where a browser has no other way"


def test_the_live_socket_works_behind_the_gate(closed_school: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    token = closed_school.of("admin").token
    connect = websocket.create_connection
    monkeypatch.setattr(websocket, "create_connection", lambda url, **options: connect(f"{url}&token={token}", **options))
    client = LiveClient(closed_school.server.port)
    closed_school.nobody().post("/api/v1/events", [cell_executed(emailAddress="behind@example.com")], X_Class_Key=key_of(closed_school))
    client.receive_until(lambda: "behind@example.com" in client.students, "the student is shown")
    client.close()


def test_a_gate_that_waits_is_given_up_with_its_client(closed_school: Accounts) -> None:
    """Clients that go away while their token is looked up leave nothing behind."""

    for number in range(50):
        with socket.create_connection(("127.0.0.1", closed_school.server.port)) as connection:
            kind = (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") if number % 2 else b""
            connection.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a.b.c\r\n" + kind + b"\r\n")
    assert closed_school.nobody().get("/api/v1/health/live").status == 200


def test_it_says_when_nobody_can_log_in(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"CELLMON_AUTH_MODE": "required"}).start()
    assert "nobody can log in yet" in server.log() and "cellmon admin create-instructor" in server.log()


def test_the_secret_is_the_owners_alone(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    server.stop()
    secret = server.data / "auth.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    databases = [*server.data.glob("classroom.db*"), *server.data.glob("relational.db*")]
    assert {"classroom.db", "relational.db"} <= {path.name for path in databases}
    for path in databases:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, f"passwords' hashes, names and code lie in it: {path}"
    before = secret.read_text()
    secret.chmod(0o644)
    with pytest.raises(StartFailed):
        server.start()
    assert "chmod 600" in server.log() and before.strip() not in server.log()
    secret.chmod(0o600)
    server.start()
    assert secret.read_text() == before


def test_a_secret_that_is_too_short(tmp_path: Path) -> None:
    done = run_command("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", check=False, timeout_s=20,
                       environment={"CELLMON_AUTH_SECRET": "hunter2"})
    assert done.returncode == 2
    assert b"auth.secret is too short" in done.stderr and b"hunter2" not in done.stderr


def test_the_client_of_this_test_would_be_let_in(open_school: Accounts) -> None:
    """So that what is refused above is refused for the reason that is named."""
    assert Client(open_school.server.port).get("/api/v1/health").status == 200


def test_a_stop_waits_for_nobody_at_the_gate(accounts: Accounts) -> None:
    """Requests whose token is being looked up, and passwords being compared, when the server stops."""
    token = accounts.of("admin").token
    server = accounts.server
    answers: list[int] = []

    def ask(number: int) -> None:
        client = Client(server.port, timeout_s=10)
        path, body = ("/api/v1/auth/me", None) if number % 2 else ("/api/v1/auth/login", b'{"email":"admin@example.com","password":"wrong horse"}')
        try:
            while True:
                method = "GET" if body is None else "POST"
                answers.append(client.request(method, path, body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}).status)
        except OSError:
            return

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answers) > 40, "the load runs")
    server.stop()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 401, 500, 503} and {200, 401} <= set(answers)


@pytest.mark.parametrize("how", ["logout", "deactivate", "expiry"])
def test_a_socket_ends_with_its_login(new_server: Callable[..., Server], how: str) -> None:
    """Those of others stay open."""
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_AUTH_MODE": "required"}).start()
    accounts = Accounts(server, Rows(server.data))
    leaving, staying = accounts.of("assistant"), accounts.of("instructor")
    sockets = {session.id: [websocket.create_connection(f"ws://127.0.0.1:{server.port}{path}?token={session.token}", timeout=20)
                            for path in SOCKETS] for session in (leaving, staying)}
    if how == "logout":
        leaving.post("/api/v1/auth/logout")
    elif how == "deactivate":
        accounts.admin("deactivate", "--email", "assistant@example.com")
    else:
        accounts.rows.query(f"UPDATE access_tokens SET expires_us = 1 WHERE account_id = {leaving.id}")
    for one in sockets[leaving.id]:
        assert int.from_bytes(hear(one, websocket.ABNF.OPCODE_CLOSE)[:2], "big") == 4003
    for one in sockets[staying.id]:
        one.ping()
        hear(one, websocket.ABNF.OPCODE_PONG)
        one.close()


def hear(one: websocket.WebSocket, wanted: int) -> bytes:
    """The content of the next frame of that kind; others, like the status of each second, are passed over."""
    deadline = time.monotonic() + 20 * PATIENCE
    while time.monotonic() < deadline:
        opcode, data = one.recv_data(control_frame=True)
        if opcode == wanted:
            return data
    raise AssertionError("not in time")
