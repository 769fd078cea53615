"""Connections of which each byte is the test's: requests that no library would send, and frames that none would."""

from __future__ import annotations

import itertools
import re
import socket
import struct
import threading
from dataclasses import dataclass

from support.client import Client
from support.events import cell_executed
from support.server import PATIENCE, Server, wait_until

RETRY = re.compile(rb"\r\nretry-after: *[0-9]+\r\n", re.IGNORECASE)
_sources = itertools.count()


def connect(port: int, small_window: bool = False, timeout_s: float = 20.0) -> socket.socket:
    """From eight addresses in turn: one alone runs out of ports. `small_window`: the kernel takes only little that is not read."""
    connection = socket.socket()
    if small_window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(timeout_s * PATIENCE)
    connection.bind((f"127.0.0.{2 + next(_sources) % 8}", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def reset(connection: socket.socket) -> None:
    """Ends it as a machine does that has lost its memory."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send(connection: socket.socket, data: bytes) -> bool:
    """False where the server has hung up already."""
    try:
        connection.sendall(data)
        return True
    except ConnectionError:
        return False


def end_sending(connection: socket.socket) -> None:
    """Nothing more will come; answers still may."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def read_all(connection: socket.socket) -> bytes:
    """Up to the end of the connection; a server that does not end it fails the test."""
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@dataclass
class RawAnswer:
    status: int
    head: bytes
    body: bytes


def answers(data: bytes, whole: bool = True) -> list[RawAnswer]:
    """The answers to requests none of which was a HEAD; what is not HTTP fails. `whole`: the last one must not be cut."""
    found = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        line = re.match(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [^\r\n]+\r\n", head + b"\r\n")
        if not whole and not (end and line):
            return found
        assert line and end, f"no head of an answer: {data[:200]!r}"
        status = int(line[1])
        length = re.search(rb"\r\ncontent-length: *([0-9]+)(\r\n|$)", head, re.IGNORECASE)
        size = int(length[1]) if length and status not in (100, 101, 204, 304) else 0
        assert not whole or len(rest) >= size, f"an answer that is cut: {head!r}, {len(rest)} of {size}"
        found.append(RawAnswer(status, head + end, rest[:size]))
        data = rest[size:]
    return found


def exchange(port: int, data: bytes) -> list[RawAnswer]:
    """What the server says to these bytes, up to its end of the connection."""
    with connect(port) as connection:
        send(connection, data)
        end_sending(connection)
        return answers(read_all(connection))


class Pupils:
    """Students beside the attack: each event comes on a connection of its own, or all on one, and is acknowledged, or refused as
    documented and sent again. What else happens is kept and fails the test."""

    def __init__(self, server: Server, keep_alive: bool = True, pause_s: float = 0.002) -> None:
        self._server, self._keep_alive, self._pause_s = server, keep_alive, pause_s
        self.acknowledged: list[str] = []
        self.refused = 0
        self.faults: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        client = Client(self._server.port, timeout_s=20 * PATIENCE)
        while not self._stop.wait(self._pause_s):
            event = cell_executed()
            try:
                answer = client.post([event])
            except OSError as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                continue
            if answer.status == 202:
                self.acknowledged.append(event["eventId"])
            elif answer.status == 503 and "retry-after" in answer.headers:
                self.refused += 1
            else:
                self.faults.append(f"{answer.status} {answer.body[:200]!r}")
            if not self._keep_alive:
                client.close()
        client.close()

    def __enter__(self) -> "Pupils":
        self._thread.start()
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            if failure is None:  # The attack may have been shorter than one answer takes.
                wait_until(lambda: self.acknowledged or self.faults, "somebody gets through")
        finally:
            self._stop.set()
            self._thread.join()

    def check(self) -> None:
        """All that was acknowledged is stored, once."""
        assert not self.faults, (len(self.faults), self.faults[:3])
        assert self.acknowledged, "nobody got through"
        self._server.client.close()  # It was silent, too, and may have made room for others.
        stored = [event["eventId"] for event in self._server.export()]
        assert len(stored) == len(set(stored)) and set(stored) >= set(self.acknowledged)
