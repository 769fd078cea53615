"""A client of a socket that speaks JSON."""

from __future__ import annotations

import json
import time

import websocket

from support.accounts import Session
from support.server import PATIENCE


def close_code(socket: websocket.WebSocket, timeout_s: float) -> int:
    """Waits for the server to close."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        opcode, data = socket.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")
    raise AssertionError("not closed in time")


class JsonSocket:
    """Reads only when it is asked to."""

    def __init__(self, who: Session, path: str, timeout_s: float = 20.0, **options: object) -> None:
        self.timeout_s = timeout_s * PATIENCE
        fields = {"Authorization": f"Bearer {who.token}"} if who.token else {}
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{who.client.port}{path}", timeout=self.timeout_s, header=fields,
                                                  **options)

    def say(self, type_: str, **fields: object) -> None:
        self.send(json.dumps({"type": type_, **fields}, ensure_ascii=False))

    def send(self, text: str) -> None:
        self.socket.send(text)

    def next(self) -> dict:
        return json.loads(self.socket.recv())

    def receive(self, type_: str) -> dict:
        """The next frame of that type; others are passed over."""
        deadline = time.monotonic() + self.timeout_s
        passed = []
        while time.monotonic() < deadline:
            frame = self.next()
            if frame["type"] == type_:
                return frame
            passed.append(frame)
        raise AssertionError(f"no {type_}: {passed[-5:]}")

    def ask(self, type_: str, **fields: object) -> dict:
        self.say(type_, **fields)
        return self.next()

    def close_code(self) -> int:
        return close_code(self.socket, self.timeout_s)

    def close(self) -> None:
        self.socket.close()
