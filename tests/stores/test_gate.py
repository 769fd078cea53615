"""Goal: the gate of these tests does to a connection what it says, so that a test behind it fails for what it names.

Method: a store that answers each line with itself, and a client, on either side of a gate.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Callable, Iterator

import pytest

from support.gate import Gate
from support.server import wait_until


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.server.heard.append(line)
            self.wfile.write(line)


@pytest.fixture
def echo() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        server.heard = []
        server.handle_error = lambda *_: None  # Its clients are cut off on purpose.
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def gate(echo: socketserver.ThreadingTCPServer, new_gate: Callable[[int], Gate]) -> Gate:
    return new_gate(echo.server_address[1])


def connect(gate: Gate) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gate.port), timeout=20)


def test_open_and_stalled(gate: Gate) -> None:
    with connect(gate) as client:
        client.sendall(b"one\n")
        assert client.recv(100) == b"one\n"
        gate.stall()
        client.sendall(b"two\n")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(100)
        client.settimeout(20)
        gate.open()
        assert client.recv(100) == b"two\n"
    assert gate.connections == 1


def test_held_while_others_pass(echo: socketserver.ThreadingTCPServer, gate: Gate) -> None:
    with connect(gate) as given_up:
        given_up.sendall(b"one\n")
        assert given_up.recv(100) == b"one\n"
        gate.hold()
        given_up.sendall(b"late\n")
        given_up.settimeout(0.2)
        with pytest.raises(TimeoutError):
            given_up.recv(100)
    with connect(gate) as client:
        client.sendall(b"two\n")
        assert client.recv(100) == b"two\n"
    gate.release()
    wait_until(lambda: echo.heard == [b"one\n", b"two\n", b"late\n"], "it comes late")


def test_refused_and_back_on_the_same_port(gate: Gate) -> None:
    with connect(gate) as client:
        gate.refuse()
        with pytest.raises(ConnectionError):
            if client.recv(100) == b"":
                raise ConnectionResetError
    with pytest.raises(ConnectionRefusedError):
        connect(gate)
    gate.open()
    with connect(gate) as client:
        client.sendall(b"again\n")
        assert client.recv(100) == b"again\n"


def test_cut_in_the_middle_of_an_answer(gate: Gate, echo: socketserver.ThreadingTCPServer) -> None:
    gate.cut(answers=3)
    with connect(gate) as client:
        client.sendall(b"a long line\n")
        wait_until(lambda: echo.heard == [b"a long line\n"], "the store has it all")
        heard = b""
        with pytest.raises(ConnectionError):
            while piece := client.recv(100):
                heard += piece
            raise ConnectionResetError
        assert heard in (b"a l", b""), "a reset may overtake what was sent before it"


def test_cut_in_the_middle_of_a_request(gate: Gate, echo: socketserver.ThreadingTCPServer) -> None:
    gate.cut(requests=3)
    with connect(gate) as client:
        client.sendall(b"a long line\n")
        with pytest.raises(ConnectionError):
            if client.recv(100) == b"":
                raise ConnectionResetError
    assert echo.heard in ([], [b"a l"])


def test_slow(gate: Gate) -> None:
    gate.slow(bytes_per_s=1_000)
    with connect(gate) as client:
        client.sendall(b"x" * 99 + b"\n")
        assert 0 < len(client.recv(1_000)) < 100, "in pieces"
