"""Goal: connections that take too much cost nobody else anything: too many of them, and too slow ones. Events of others are
taken all the while, and afterwards all is as before.

Method: a server with few file descriptors and small limits; senders that are slower than the limit and senders that are just
fast enough, beside an ordinary client.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from support.client import Client
from support.events import cell_executed
from support.options import segment_bytes
from support.server import Server, wait_until

DESCRIPTORS = 64
MIB = 1 << 20


def cpu_s(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_descriptors(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_no_file_descriptors_left(new_server) -> None:
    """`ulimit -n` smaller than the number of connections: the listener backs off instead of spinning, who is in stays in, and
    when others leave, newcomers are answered."""
    server: Server = new_server(*segment_bytes(MIB), wrapper=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]).start()
    assert server.post([cell_executed()]).status == 202
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(3 * DESCRIPTORS)]
    wait_until(lambda: "cannot accept" in server.log(), "the listener meets the limit")

    began_s, began_cpu_s = time.monotonic(), cpu_s(server)
    sent = 1
    # More than a segment: the journal opens new files meanwhile.
    while sent < 40:
        assert server.post([cell_executed(code="x" * 60_000)]).status == 202, server.log()
        sent += 1
    assert server.get("/api/v1/health/ready").status == 200
    wait_until(lambda: time.monotonic() - began_s > 1, "a second has passed")
    assert cpu_s(server) - began_cpu_s < 0.8 * (time.monotonic() - began_s), "the listener spins"
    assert server.log().count("cannot accept") <= 5, "said once, not for each try"

    for connection in crowd:
        connection.close()

    def newcomer_is_answered() -> bool:
        client = Client(server.port, timeout_s=5)
        try:
            return client.post([cell_executed()]).status == 202
        except OSError:
            return False
        finally:
            client.close()

    wait_until(newcomer_is_answered, "newcomers are answered again")
    wait_until(lambda: open_descriptors(server) < DESCRIPTORS // 2, "the descriptors come back")
    server.wait_until_projected()
    assert len(server.export()) >= sent + 1
    server.stop()


@pytest.fixture
def strict_server(new_server) -> Server:
    return new_server("--http-body-timeout", "500ms", "--http-body-min-bytes-per-s", "40KiB").start()


def drip(server: Server, body: bytes, bytes_per_s: float) -> bytes:
    """Sends a body at a rate, in pieces; the head of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body))
        began = time.monotonic()
        sent = 0
        connection.setblocking(False)
        while sent < len(body):
            due = min(len(body), int((time.monotonic() - began) * bytes_per_s) + 1000)
            try:
                if due > sent:
                    sent += connection.send(body[sent:due])
                if answer := connection.recv(4096):
                    return answer
                return b"closed"
            except BlockingIOError:
                time.sleep(0.005)
            except ConnectionError:
                return b"reset"
        connection.settimeout(60)
        return connection.recv(4096)


def test_slow_bodies_are_cut_and_others_unharmed(strict_server: Server) -> None:
    """At 10 KiB/s a body is below the minimum rate of 40 KiB/s: 408, nothing of it stored. At 120 KiB/s it takes far longer than
    the body timeout alone allows, and is taken."""
    server = strict_server
    slow_event, steady_event = cell_executed(code="s" * 200_000), cell_executed(code="f" * 200_000)
    heads: dict[str, bytes] = {}

    def send(name: str, event: dict, bytes_per_s: float) -> None:
        heads[name] = drip(server, json.dumps([event]).encode(), bytes_per_s)

    senders = [threading.Thread(target=send, args=arguments) for arguments in
               (("slow", slow_event, 10 * 1024), ("steady", steady_event, 120 * 1024))]
    for sender in senders:
        sender.start()
    others = 0
    while any(sender.is_alive() for sender in senders):
        assert server.post([cell_executed()]).status == 202
        others += 1
    for sender in senders:
        sender.join()
    assert heads["slow"].split()[1] == b"408", heads
    assert heads["steady"].split()[1] == b"202", heads
    stored = {event["eventId"] for event in server.export()}
    assert len(stored) == others + 1
    assert steady_event["eventId"] in stored and slow_event["eventId"] not in stored
    assert "cellmon_http_timeouts_total 1" in server.get("/metrics").body.decode()
