"""Clients of Socket.IO, contract §4.6: the one of its authors, and one that sends what no client would."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path

import websocket

from support.client import Answer, Client
from support.contract import ROOT
from support.server import PATIENCE

PATH = "/socket.io/"
POLLING = f"{PATH}?EIO=4&transport=polling"
SCRIPT = Path(__file__).with_suffix("").with_name("socketio_client.js")


def install() -> None:
    """The packages of tools/npm; nothing when they are there."""
    subprocess.run(["bash", "-c", ". tools/style.sh; npm_packages"], cwd=ROOT, check=True, timeout=300)


class SocketIoClient:
    """socket.io-client in a process of its own."""

    def __init__(self, port: int, token: object = None, transports: tuple[str, ...] = ("polling", "websocket"), **options: object) -> None:
        auth = {} if token is None else {"token": token}
        options = {"transports": transports, "auth": auth, "forceNew": True, **options}
        self.process = subprocess.Popen(["node", str(SCRIPT), f"http://127.0.0.1:{port}", json.dumps(options)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_PATH": str(ROOT / "build/npm/node_modules")})
        self.happened: queue.Queue[list] = queue.Queue()
        self.passed: list[list] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.happened.put(json.loads(line))

    def command(self, *words: object) -> None:
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def emit(self, name: str, *values: object) -> None:
        self.command("emit", name, *values)

    def ask(self, name: str, *values: object) -> object:
        """What the server acknowledges with."""
        self.command("ask", name, *values)
        error, answer = self.wait("ack")
        assert error is None
        return answer

    def wait(self, *what: object, timeout_s: float = 20.0) -> list:
        """The rest of the next thing that begins like this; others are passed over, and kept in `passed`."""
        deadline = time.monotonic() + timeout_s * PATIENCE
        self.passed = []
        while time.monotonic() < deadline:
            try:
                one = self.happened.get(timeout=0.2)
            except queue.Empty:
                continue
            if one[:len(what)] == list(what):
                return one[len(what):]
            self.passed.append(one)
        raise AssertionError(f"no {what}: {self.passed[-5:]}")

    def event(self, name: str) -> dict:
        return self.wait("event", name)[0]

    def transport(self) -> str:
        self.command("transport")
        return self.wait("transport")[0]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class RawPolling:
    """One session of polling, packet by packet."""

    def __init__(self, port: int) -> None:
        self.client = Client(port)
        answer = self.client.get(POLLING)
        assert answer.status == 200, answer
        self.opening = json.loads(answer.body[1:])
        self.sid = self.opening["sid"]

    def post(self, body: bytes | str, **headers: str) -> Answer:
        body = body.encode() if isinstance(body, str) else body
        return self.client.request("POST", f"{POLLING}&sid={self.sid}", body, {"Content-Type": "text/plain;charset=UTF-8", **headers})

    def poll(self) -> Answer:
        return self.client.get(f"{POLLING}&sid={self.sid}")

    def packets(self) -> list[str]:
        answer = self.poll()
        assert answer.status == 200, answer
        return answer.body.decode().split("\x1e")

    def join(self, token: str) -> "RawPolling":
        assert self.post("40" + json.dumps({"token": token})).status == 200
        packets = self.packets()
        assert packets[0].startswith("40"), packets
        if len(packets) == 1:
            packets += self.packets()
        assert packets[1].startswith('42["connection_success"'), packets
        return self


def raw_socket(port: int, sid: str = "", **options: object) -> websocket.WebSocket:
    """Behind its handshake; the packet that opens a session is not read yet."""
    query = f"&sid={sid}" if sid else ""
    return websocket.create_connection(f"ws://127.0.0.1:{port}{PATH}?EIO=4&transport=websocket{query}", timeout=20 * PATIENCE, **options)


def joined_socket(port: int, token: str, **options: object) -> websocket.WebSocket:
    socket = raw_socket(port, **options)
    assert socket.recv().startswith("0")
    socket.send("40" + json.dumps({"token": token}))
    assert socket.recv().startswith("40")
    assert socket.recv().startswith('42["connection_success"')
    return socket


def close_code(socket: websocket.WebSocket) -> int:
    """Waits for the server to close; 0 when the connection ended without a word."""
    deadline = time.monotonic() + 30 * PATIENCE
    while time.monotonic() < deadline:
        try:
            opcode, data = socket.recv_data(control_frame=True)
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            return 0
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")
    raise AssertionError("not closed in time")
