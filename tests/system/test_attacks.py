"""Goal: whoever opens connections without end, sends or reads slowly, sends too much or vanishes costs the server a bounded amount
of memory and the class nothing: what students send is acknowledged all the while, and newcomers find a place.

Method: sockets of the test's own against a server with the limits of the configuration or smaller ones, beside students whose
every post must be acknowledged, or refused as documented.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import time
from typing import Callable

import pytest

from support.client import Client
from support.events import cell_executed
from support.fan_out import allow_open_files, check_greatest_memory, memory_mb, metric
from support.raw import RETRY, Pupils, answers, connect, end_sending, exchange, read_all, reset, send
from support.server import PATIENCE, Server, wait_until

# Of a connection that says nothing: 3 KB were seen.
CONNECTION_MB = 0.008
# What may be under way besides: events, groups of the journal, the allocator's slack.
SLACK_MB = 32.0

HEAD = b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HANDSHAKE = (b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
IMPATIENT = {"CELLMON_HTTP_HEADER_TIMEOUT": "1s", "CELLMON_HTTP_BODY_TIMEOUT": "1s", "CELLMON_HTTP_WRITE_TIMEOUT": "1s"}


def sized(number: int) -> int:
    """A sanitized server has a quarter of it."""
    return int(number / PATIENCE)


def descriptors(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def metric_at_once(server: Server, name: str) -> float:
    """On a new connection: where connections may rest for a moment only, the server may be closing the old one just now."""
    server.client.close()
    return metric(server, name)


def store_twelve_megabytes(server: Server) -> None:
    for _ in range(20):
        assert server.post([cell_executed(code="x" * 60_000) for _ in range(10)]).status == 202


def check_alive(server: Server, process: int) -> None:
    assert server.process.poll() is None and server.process.pid == process
    assert server.get("/api/v1/health/live").status == 200


def test_ten_thousand_idle_connections(new_server: Callable[..., Server]) -> None:
    idle = sized(10_000)
    allow_open_files(idle + 500)
    server = new_server().start()
    base_mb, base_descriptors = memory_mb(server, "VmRSS"), descriptors(server)
    with Pupils(server) as steady, Pupils(server, keep_alive=False) as newcomers:
        greatest_mb = []
        for _ in range(2):
            crowd = [connect(server.port) for _ in range(idle)]
            wait_until(lambda: metric(server, "cellmon_http_connections") >= idle, "all of them are open")
            goal = len(newcomers.acknowledged) + 50
            wait_until(lambda: len(newcomers.acknowledged) >= goal, "newcomers are taken beside them")
            for connection in crowd:
                connection.close()
            wait_until(lambda: descriptors(server) < base_descriptors + 20, "the descriptors come back")
            greatest_mb.append(memory_mb(server, "VmHWM"))
    for pupils in (steady, newcomers):
        assert pupils.refused == 0, "there is place for 12,000"
        pupils.check()
    check_greatest_memory(server, base_mb + idle * CONNECTION_MB + SLACK_MB)
    # Small blocks stay with the allocator; what it has, the next crowd gets.
    check_greatest_memory(server, greatest_mb[0] + SLACK_MB / 4)
    server.stop()


SILENT = {
    "no byte": b"",
    "half a header": b"GET /api/v1/health/live HTTP/1.1\r\nHo",
    "half a body": HEAD + b"Content-Length: 100\r\n\r\n[{",
    "one answer": b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an answer nobody reads": b"GET /api/v1/events/export HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("way", SILENT)
def test_newcomers_find_a_place(new_server: Callable[..., Server], way: str) -> None:
    """As many silent connections as the server takes, and each that is closed comes again at once. Students, each on a new
    connection, are refused for no more than the second for which nobody is given up."""
    most = 200
    server = new_server("--http-max-connections", str(most), "--http-idle-timeout", "1h").start()
    if way == "an answer nobody reads":
        store_twelve_megabytes(server)
    done = threading.Event()
    crowd: list[socket.socket] = []

    def come(number: int) -> None:
        connection = connect(server.port, small_window=True)
        send(connection, SILENT[way])
        connection.setblocking(False)
        crowd[number:number + 1] = [connection]

    def besiege() -> None:
        for number in range(most):
            come(number)
        while not done.wait(0.05):
            for number, connection in enumerate(crowd):
                try:
                    if way != "an answer nobody reads" and connection.recv(4096) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                except ConnectionError:
                    connection.close()
                    come(number)

    siege = threading.Thread(target=besiege)
    siege.start()
    try:
        wait_until(lambda: len(crowd) == most, "the places are taken")
        with Pupils(server, keep_alive=False, pause_s=0.02) as pupils:
            wait_until(lambda: len(pupils.acknowledged) >= 100, "a hundred events of newcomers are taken", 10.0)
    finally:
        done.set()
        siege.join()
    for connection in crowd:
        connection.close()
    pupils.check()
    wait_until(lambda: descriptors(server) < most, "the descriptors come back")


def test_few_file_descriptors(new_server: Callable[..., Server]) -> None:
    """The machine allows fewer than `http.max_connections`: silent clients make room there, too."""
    few = 128
    server = new_server("--http-idle-timeout", "1h", wrapper=["prlimit", f"--nofile={few}:{few}"]).start()
    crowd = [connect(server.port) for _ in range(2 * few)]
    wait_until(lambda: "cannot accept" in server.log(), "there are none left")

    def newcomer_is_taken() -> bool:
        client = Client(server.port, timeout_s=5)
        try:
            return client.post([cell_executed()]).status == 202
        except OSError:
            return False
        finally:
            client.close()

    for _ in range(10):
        wait_until(newcomer_is_taken, "a newcomer is taken")
    for connection in crowd:
        connection.close()


def test_slow_senders_are_cut_off(new_server: Callable[..., Server]) -> None:
    """A byte now and then, of a header and of a body: 408 at the limit, whatever came meanwhile."""
    server = new_server(environment=IMPATIENT).start()
    base_mb = memory_mb(server, "VmRSS")
    number = sized(400)
    with Pupils(server) as pupils:
        slow = [connect(server.port) for _ in range(number)]
        for place, connection in enumerate(slow):
            connection.sendall(b"GET / HTTP/1.1\r\n" if place % 2 else HEAD + b"Content-Length: 1000\r\n\r\n[")
        deadline = time.monotonic() + 15 * PATIENCE
        waiting = list(slow)
        while waiting and time.monotonic() < deadline:
            time.sleep(0.2)
            for connection in list(waiting):
                connection.setblocking(False)
                if not send(connection, b"X"):
                    waiting.remove(connection)
                    continue
                try:
                    connection.recv(1, socket.MSG_PEEK)
                    waiting.remove(connection)
                except BlockingIOError:
                    pass
        assert not waiting, f"{len(waiting)} of {number} are not cut off"
    for connection in slow:
        connection.settimeout(20)
        (answer,) = answers(read_all(connection))
        assert answer.status == 408
        connection.close()
    assert metric(server, "cellmon_http_timeouts_total") == number
    assert pupils.refused == 0
    pupils.check()
    check_greatest_memory(server, base_mb + SLACK_MB)


def test_slow_readers_of_large_answers(new_server: Callable[..., Server]) -> None:
    """Each asks for 12 MB and reads nothing: the answers that are kept stay below their limit, small ones are given all the while,
    and who has read nothing for the time of a write is cut off."""
    limit_mb = 64
    server = new_server("--http-answer-bytes-in-flight", f"{limit_mb}MiB",
                        environment=IMPATIENT | {"CELLMON_HTTP_IDLE_TIMEOUT": "2s", "CELLMON_HTTP_WRITE_TIMEOUT": "3s"}).start()
    store_twelve_megabytes(server)
    base_mb = memory_mb(server, "VmRSS")
    number = 60
    with Pupils(server) as pupils:
        readers = [connect(server.port, small_window=True) for _ in range(number)]
        for reader in readers:
            reader.sendall(b"GET /api/v1/events/export?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: metric_at_once(server, "cellmon_http_answer_bytes_in_flight") > 0, "they do not read")
        client = Client(server.port)
        while metric_at_once(server, "cellmon_http_answer_bytes_in_flight") > 0:
            assert client.get("/api/v1/health/ready").status == 200
        wait_until(lambda: metric_at_once(server, "cellmon_http_connections") < 10, "all of them are cut off")
    for reader in readers:
        reader.settimeout(5)
        for answer in answers(read_all(reader), whole=False):
            assert answer.status == 200 or (answer.status == 503 and RETRY.search(answer.head)), answer.head
        reader.close()
    assert pupils.refused == 0
    pupils.check()
    # The answers that are kept, as many being made (each grows to twice its size), and the slack.
    check_greatest_memory(server, base_mb + limit_mb * 1.05 + 3 * 32 + SLACK_MB)


BIG = b"x" * (1 << 20)
BOMB = gzip.compress(b"[" + b" " * (48 << 20) + b"]", 9)


def chunked(body: bytes, size: int = 1 << 16) -> bytes:
    pieces = (body[at:at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


TOO_LARGE = {
    "a field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + BIG + b"\r\n\r\n", 431),
    "a name": (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + BIG + b": x\r\n\r\n", 431),
    "fields": (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", 431),
    "a target": (b"GET /" + BIG + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "a query": (b"GET /?" + b"a=b&" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "a method": (BIG + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    "lines in front": (b"\r\n" * 500_000 + b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a body by its length": (HEAD + b"Content-Length: 33554433\r\n\r\n" + BIG, 413),
    "a length of 19 digits": (HEAD + b"Content-Length: 9223372036854775807\r\n\r\n" + BIG, 413),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BIG * 40), 413),
    "a chunk by its length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + BIG * 40, 413),
    "an extension of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=" + BIG + b"\r\n", 400),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n" + b"X: y\r\n" * 100_000, 400),
    "a bomb": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB, 413),
    "a bomb in chunks": (HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BOMB, 100), 413),
}


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory):
    server = Server(tmp_path_factory.mktemp("hard") / "data").start()
    yield server
    server.stop()


@pytest.mark.parametrize("what", TOO_LARGE)
def test_too_large(hard: Server, what: str) -> None:
    """Sixteen at once. Each hears why, and its connection is closed; only a body that was read to its end leaves it open."""
    data, status = TOO_LARGE[what]
    base_mb = memory_mb(hard, "VmHWM")
    process = hard.process.pid
    heard: list[list] = []

    def attack() -> None:
        with connect(hard.port) as connection:
            send(connection, data)
            if b"gzip" in data[:200]:
                end_sending(connection)
            heard.append(answers(read_all(connection)))

    attackers = [threading.Thread(target=attack) for _ in range(sized(16))]
    with Pupils(hard) as pupils:
        for attacker in attackers:
            attacker.start()
        for attacker in attackers:
            attacker.join()
    assert len(heard) == sized(16)
    for each in heard:
        assert [answer.status for answer in each] in ([status], [503]), each
    pupils.check()
    check_alive(hard, process)
    # Bodies that are counted may take all that is allowed of them; nothing else may take anything.
    bodies_mb = 300.0 if status == 413 and "chunk" in what or "bomb" in what else 0.0
    check_greatest_memory(hard, base_mb + bodies_mb + SLACK_MB)
    assert metric(hard, "cellmon_http_body_bytes_in_flight") == 0


def test_clients_that_vanish(new_server: Callable[..., Server]) -> None:
    """Without a word, in every state of a connection: reset, or never heard of again. All are found and removed."""
    server = new_server(environment=IMPATIENT | {"CELLMON_HTTP_IDLE_TIMEOUT": "1s", "CELLMON_HTTP_WEBSOCKET_PING": "500ms"}).start()
    store_twelve_megabytes(server)
    base = descriptors(server)
    event = json.dumps([cell_executed()]).encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(event) + event
    with Pupils(server) as pupils:
        gone: list[socket.socket] = []
        for number in range(sized(40)):
            for said in (*SILENT.values(), HANDSHAKE, HANDSHAKE + b"\x81\xfe\x10\x00abcd", whole, whole[:-1]):
                connection = connect(server.port, small_window=True)
                connection.sendall(said)
                if number % 2:
                    reset(connection)
                else:
                    gone.append(connection)
        wait_until(lambda: metric_at_once(server, "cellmon_http_websockets") == 0 and metric_at_once(server, "cellmon_http_connections") < 10,
                   "all of them are found")
        wait_until(lambda: descriptors(server) < base + 10, "the descriptors come back")
        assert metric_at_once(server, "cellmon_push_clients") == 0
    pupils.check()
    for connection in gone:
        connection.close()
    server.stop()


def test_sockets_leave_places_to_requests(new_server: Callable[..., Server]) -> None:
    """Where WebSockets have taken what is theirs, the next one hears 503 with Retry-After, and events are taken."""
    server = new_server("--http-max-connections", "48").start()
    sockets = []
    for _ in range(44):
        sockets.append(connect(server.port))
        sockets[-1].sendall(HANDSHAKE)
        assert b" 101 " in sockets[-1].recv(100)
    (refused,) = exchange(server.port, HANDSHAKE)
    assert refused.status == 503 and RETRY.search(refused.head)
    assert server.post([cell_executed()]).status == 202
    for one in sockets:
        one.close()
