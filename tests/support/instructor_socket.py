"""A client of the socket of instructors, contract §4.3."""

from __future__ import annotations

import json
import time

import websocket

from support.accounts import Session
from support.json_socket import close_code
from support.server import PATIENCE

PATH = "/api/v1/instructor/ws/instructor"


class InstructorSocket:
    """Reads only when it is asked to."""

    def __init__(self, who: Session, path: str = PATH, timeout_s: float = 20.0, **options: object) -> None:
        self.id = who.id
        self.timeout_s = timeout_s * PATIENCE
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{who.client.port}{path}/{who.id}?token={who.token}",
                                                  timeout=self.timeout_s, **options)
        self.greeting = self.receive("connection_success")

    def say(self, type_: str, **fields: object) -> None:
        self.socket.send(json.dumps({"type": type_, **fields}, ensure_ascii=False))

    def receive(self, type_: str, **fields: object) -> dict:
        """The next frame of that type with these fields; others are passed over, and kept in `passed`."""
        deadline = time.monotonic() + self.timeout_s
        self.passed: list[dict] = []
        while time.monotonic() < deadline:
            frame = json.loads(self.socket.recv())
            if frame["type"] == type_ and fields.items() <= frame.items():
                return frame
            self.passed.append(frame)
        raise AssertionError(f"no {type_} {fields}: {self.passed[-5:]}")

    def ask(self, type_: str, **fields: object) -> dict:
        self.say(type_, **fields)
        return self.answer()

    def answer(self) -> dict:
        """The next frame that is for this client alone."""
        while True:
            frame = json.loads(self.socket.recv())
            if frame["type"] != "instructor_status_changed":
                return frame

    def close_code(self) -> int:
        return close_code(self.socket, self.timeout_s)

    def close(self) -> None:
        self.socket.close()


def refusal(who: Session, id_: object, token: str | None = None, path: str = PATH) -> int:
    """The status of a handshake; 101 when it was taken."""
    query = f"?token={who.token if token is None else token}" if who.token or token else ""
    try:
        websocket.create_connection(f"ws://127.0.0.1:{who.client.port}{path}/{id_}{query}", timeout=20).close()
        return 101
    except websocket.WebSocketBadStatusException as refused:
        return refused.status_code
