"""A client of the live socket that holds the rules of docs/reference/live.md against every message."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import websocket

from support.server import PATIENCE


class LiveClient:
    """Applies what comes and fails where a message does not follow from the one before."""

    def __init__(self, port: int, room: str = "", resume: "LiveClient | None" = None, timeout_s: float = 20.0, token: str = "") -> None:
        query = {"room": room} if room else {}
        self.students: dict[str, dict] = {}
        self.counters: dict = {}
        self.status: dict = {}
        self.epoch, self.sequence = "", 0
        self.types: list[str] = []
        if resume is not None:
            self.students, self.counters = dict(resume.students), dict(resume.counters)
            self.epoch, self.sequence = resume.epoch, resume.sequence
            query |= {"epoch": self.epoch, "sequence": str(self.sequence)}
        self.timeout_s = timeout_s * PATIENCE
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}/api/v1/live?{urlencode(query)}", timeout=self.timeout_s,
                                                  header={"Authorization": f"Bearer {token}"} if token else {})

    def receive(self) -> dict:
        message = json.loads(self.socket.recv())
        self.types.append(message["type"])
        if message["type"] == "status":
            self.status = message
        elif message["type"] in ("snapshot", "delta"):
            self._apply(message)
        return message

    def _apply(self, message: dict) -> None:
        if message["type"] == "snapshot":
            self.students = {}
        else:
            assert message["epoch"] == self.epoch
            assert message["from"] <= self.sequence <= message["sequence"], f"a part is missing: {message}"
            for email in message["gone"]:
                self.students.pop(email, None)
        self.students.update({student["email"]: student for student in message["students"]})
        self.counters = message["counters"]
        self.epoch, self.sequence = message["epoch"], message["sequence"]

    def receive_until(self, condition, what: str) -> None:
        deadline = time.monotonic() + self.timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"not in time: {what}; {self.types[-5:]} {self.status} {self.counters}"
            self.receive()

    def close(self) -> None:
        self.socket.close()
