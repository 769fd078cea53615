"""Goal: no bytes on a connection, of HTTP or of a WebSocket, bring the server down, make it answer with a fault of its own, or let
two requests be read out of what another program takes for one. Clients beside them notice nothing.

Method: what the RFCs name as wrong, one by one, with its answer; then thousands of requests and frames that were changed at random,
from a seed that is printed (`CELLMON_FRAMING_SEED` repeats it).
"""

from __future__ import annotations

import json
import os
import random
import secrets
from pathlib import Path
from typing import Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts
from support.classroom import Rows
from support.contract import contract
from support.events import cell_executed
from support.fan_out import metric
from support.frames import WRONG, close, heard, open_socket, random_frames, say
from support.live import LiveClient
from support.raw import RETRY, Pupils, answers, connect, end_sending, exchange, read_all, send
from support.server import PATIENCE, Server, wait_until

SEED = int(os.environ.get("CELLMON_FRAMING_SEED", secrets.randbits(32)))
REQUESTS = int(16_000 / PATIENCE)
SOCKETS = int(3_600 / PATIENCE)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    rows = Rows(Path())
    server = Server(tmp_path_factory.mktemp("framing") / "data", environment={**CHEAP, **PATIENT})
    rows.path = server.data / "classroom.db"
    try:
        yield Accounts(server.start(), rows)
        server.stop()
    finally:
        server.kill()


def socket_paths(target: Accounts) -> dict[str, str]:
    """Each socket of the document, with what its path asks for."""
    teacher = target.of("instructor")
    values = {"instructor_id": str(teacher.id), "client_id": "one", "user_id": "student001@example.com"}
    paths = {}
    for path, item in contract().document["paths"].items():
        if item.get("get", {}).get("x-websocket"):
            paths[path] = path.format(**values) + f"?token={teacher.token}"
    assert len(paths) >= 6, paths
    return paths


EVENT = json.dumps([cell_executed()]).encode()
POST = b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(EVENT)
CHUNKS = b"%x\r\n" % len(EVENT) + EVENT + b"\r\n0\r\n\r\n"
GET = b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

# Two programs could read these differently: none of it is used, and nothing behind it is read.
AMBIGUOUS = {
    "two lengths": POST + LENGTH + b"Content-Length: 3\r\n\r\n" + EVENT,
    "two lengths in one field": POST + b"Content-Length: %d, 3\r\n\r\n" % len(EVENT) + EVENT,
    "a length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKS,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + EVENT,
    "a signed length": POST + b"Content-Length: +%d\r\n\r\n" % len(EVENT) + EVENT,
    "a length in hexadecimal": POST + b"Content-Length: 0x10\r\n\r\n" + EVENT,
    "no length": POST + b"Content-Length:\r\n\r\n" + EVENT,
    "a length beyond all numbers": POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + EVENT,
    "a length with a space inside": POST + b"Content-Length: 1 2\r\n\r\n" + EVENT,
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS,
    "an unknown coding": POST + b"Transfer-Encoding: identity\r\n\r\n" + EVENT,
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS,
    "chunked in two fields": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKS,
    "chunked with a strange byte": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS,
    "chunks of HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "a space before the colon": POST + b"Content-Length : %d\r\n\r\n" % len(EVENT) + EVENT,
    "a line without carriage return": GET + b"X: y\nZ: w\r\n\r\n",
    "a header that ends in bare lines": GET + b"X: y\n\n",
    "a carriage return inside": GET + b"X: y\rZ: w\r\n\r\n",
    "a NUL in a value": GET + b"X: a\x00b\r\n\r\n",
    "a NUL in a name": GET + b"X\x00: a\r\n\r\n",
    "a NUL in the target": GET.replace(b"live", b"li\x00ve") + b"\r\n",
    "two hosts": GET + b"Host: other\r\n\r\n",
    "no host": b"GET /api/v1/health/live HTTP/1.1\r\n\r\n",
    "a space in the target": GET.replace(b"live", b"li ve") + b"\r\n",
    "HTTP/2": GET.replace(b"1.1", b"2.0") + b"\r\n",
    "a field without a name": GET + b": x\r\n\r\n",
    "a line without a colon": GET + b"nothing\r\n\r\n",
    "a negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + EVENT,
    "a chunk beyond all numbers": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n" + EVENT,
    "a chunk in hexadecimal with 0x": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[]\r\n0\r\n\r\n",
    "a chunk that ends in a bare line": POST + b"Transfer-Encoding: chunked\r\n\r\n2\n[]\r\n0\r\n\r\n",
    "a WebSocket's handshake with a body": GET.replace(b"health/live", b"live") + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 2\r\n\r\n[]",
}


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_what_two_programs_could_read_differently(target: Accounts, what: str) -> None:
    (answer,) = exchange(target.server.port, AMBIGUOUS[what] + NEXT)
    assert answer.status in (400, 501), answer
    assert b"\r\nconnection: close\r\n" in answer.head.lower()


# Read the same by everybody: the next request is answered, too.
PLAIN = {
    "the same length twice, which RFC 9110 allows to refuse": (POST + LENGTH + LENGTH + b"\r\n" + EVENT, {202, 400}),
    "a folded field, the same": (GET + b"X: a\r\n b\r\n\r\n", {200, 400}),
    "an extension of a chunk": (POST + b'Transfer-Encoding: chunked\r\n\r\n2;a="b;c"\r\n[]\r\n0;x\r\n\r\n', {202, 400, 422}),
    "a trailer": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nContent-Length: 5\r\n\r\n", {202, 400, 422}),
    "an empty line in front": (b"\r\n" + GET + b"\r\n", {200, 400}),
    "a length with zeros": (POST + b"Content-Length: 0000000002\r\n\r\n[]", {202, 400, 422}),
}


@pytest.mark.parametrize("what", PLAIN)
def test_odd_but_plain(target: Accounts, what: str) -> None:
    data, statuses = PLAIN[what]
    first, *others = exchange(target.server.port, data + NEXT)
    assert first.status in statuses, first
    assert [answer.status for answer in others] in ([404], []), others
    assert others or b"\r\nconnection: close\r\n" in first.head.lower(), "refused, so nothing behind it is read"


def mutated(source: random.Random) -> bytes:
    """One to three requests, of which bytes, lines and ends were changed."""
    made = b""
    for _ in range(source.randint(1, 3)):
        one = bytearray(source.choice([*AMBIGUOUS.values(), *(data for data, _ in PLAIN.values()), GET + b"\r\n", POST + LENGTH + b"\r\n" + EVENT,
                                       POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS]))
        for _ in range(source.choice([0, 1, 1, 2, 4])):
            at = source.randrange(len(one) or 1)
            match source.randrange(6):
                case 0:
                    one[at:at + 1] = source.randbytes(1)
                case 1:
                    one[at:at] = source.choice([b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b"\xff", b"%00", b"/../", b"0"])
                case 2:
                    del one[at:at + source.randint(1, 8)]
                case 3:
                    lines = bytes(one).split(b"\r\n")
                    lines.insert(source.randrange(len(lines)), source.choice(lines))
                    one = bytearray(b"\r\n".join(lines))
                case 4:
                    one[at:at] = source.choice([b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
                                                b"Content-Encoding: gzip\r\n", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
                case _:
                    one = one[:at + 1]
        made += bytes(one)
    return made


def test_random_requests(target: Accounts) -> None:
    """Each is answered with whole answers, none of them a fault of the server, and its connection comes to an end."""
    print(f"CELLMON_FRAMING_SEED={SEED}")
    source = random.Random(SEED)
    server, process = target.server, target.server.process.pid
    seen: dict[int, int] = {}
    with Pupils(server, pause_s=0.01) as pupils:
        for number in range(REQUESTS):
            data = mutated(source)
            with connect(server.port) as connection:
                say(connection, data, source)
                end_sending(connection)
                # A HEAD, made by chance, has an answer whose body does not come.
                for answer in answers(read_all(connection), whole=False):
                    seen[answer.status] = seen.get(answer.status, 0) + 1
                    fault = answer.status >= 500 and not (answer.status == 503 and RETRY.search(answer.head))
                    documented = answer.status == 501 and b"transfer coding" in answer.body
                    assert not fault or documented, (SEED, number, data, answer)
    pupils.check()
    assert pupils.refused == 0
    assert server.process.poll() is None and server.process.pid == process
    assert sum(seen.values()) > REQUESTS and {200, 202, 400, 404, 501} <= seen.keys(), seen
    wait_until(lambda: metric(server, "cellmon_http_connections") < 5, "no connection is left")
    assert metric(server, "cellmon_http_body_bytes_in_flight") == 0


@pytest.mark.parametrize("what", WRONG)
def test_wrong_frames(target: Accounts, what: str) -> None:
    """On every socket: the code that says what was wrong, then the end; in one piece, and byte by byte."""
    data, code = WRONG[what]
    for path in socket_paths(target).values():
        for step in (len(data), 1) if len(data) < 100 else (len(data),):
            with open_socket(target.server.port, path) as connection:
                for at in range(0, len(data), step):
                    if not send(connection, data[at:at + step]):
                        break
                _, closed = heard(read_all(connection))
                assert closed == code, (path, step)


def test_random_frames(target: Accounts) -> None:
    """Whatever comes on a socket, it sends sound frames, no fault of its own, and comes to an end; who is beside it hears all."""
    print(f"CELLMON_FRAMING_SEED={SEED}")
    source = random.Random(SEED)
    server, process = target.server, target.server.process.pid
    paths = list(socket_paths(target).values())
    seen: dict[int, int] = {}
    beside = LiveClient(server.port)
    with Pupils(server, pause_s=0.01) as pupils:
        for number in range(SOCKETS):
            path, data = paths[number % len(paths)], random_frames(source)
            with open_socket(server.port, path) as connection:
                say(connection, data + close(1000), source)
                end_sending(connection)
                _, closed = heard(read_all(connection), whole=False)
                seen[closed] = seen.get(closed, 0) + 1
                assert closed == 0 or 1000 <= closed < 5000, (SEED, number, path, data, closed)
                assert closed != 1011, (SEED, number, path, data)
    pupils.check()
    assert server.process.poll() is None and server.process.pid == process
    assert {1000, 1002, 1003, 1007, 1009} <= seen.keys(), seen
    beside.receive_until(lambda: beside.sequence >= len(pupils.acknowledged), "all events are shown to it")
    beside.close()
    wait_until(lambda: metric(server, "cellmon_http_websockets") == 0, "no socket is left")
