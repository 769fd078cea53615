"""Requests and answers of HTTP/1.1 that a proxy may spoil on their way: read whole, changed, and written again."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

EVENTS = "/api/v1/events"
EXPORT = "/api/v1/events/export"
LIVE = "/api/v1/live"

Headers = list[tuple[str, str]]


class Message:
    """A request or an answer: its first line, fields and whole body."""

    def __init__(self, first: str, headers: Headers, body: bytes = b"") -> None:
        self.first = first
        self.headers = headers
        self.body = body
        self.note: Any = None  # What a defect keeps from a request to its answer.

    def field(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name), "")

    @property
    def method(self) -> str:
        return self.first.split(" ")[0]

    @property
    def path(self) -> str:
        return self.first.split(" ")[1].partition("?")[0]

    @property
    def status(self) -> int:
        return int(self.first.split(" ")[1])

    def is_post(self, path: str) -> bool:
        return self.method == "POST" and self.path == path

    def json(self) -> Any:
        return json.loads(self.body)

    def put_json(self, value: object) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode()

    def unpack(self) -> None:
        """A body that was packed is plain from now on."""
        if self.field("content-encoding") == "gzip":
            self.body = gzip.decompress(self.body)
            self.headers = [(name, value) for name, value in self.headers if name.lower() != "content-encoding"]

    def wire(self, with_length: bool) -> bytes:
        kept = [f"{name}: {value}" for name, value in self.headers if name.lower() not in ("content-length", "transfer-encoding")]
        if with_length:
            kept.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([self.first, *kept, "", ""]).encode("latin-1") + self.body

    def request_wire(self) -> bytes:
        return self.wire(with_length=bool(self.body) or self.method in ("POST", "PUT", "PATCH"))

    def answer_wire(self) -> bytes:
        return self.wire(with_length=self.status not in (101, 204, 304))


def made_answer(status: str, value: object = None) -> Message:
    message = Message(f"HTTP/1.1 {status}", [("Content-Type", "application/json")])
    if value is not None:
        message.put_json(value)
    return message


def events_of(request: Message) -> list[dict]:
    """What is sent to POST /api/v1/events; nothing of other requests."""
    if not request.is_post(EVENTS):
        return []
    body = request.json()
    return body if isinstance(body, list) else [body]


async def read_message(reader: asyncio.StreamReader, request: Message | None = None) -> Message | None:
    """A request, or the answer to one; None at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    message = Message(head[0], [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)])
    if request is not None and (request.method == "HEAD" or message.status in (101, 204, 304)):
        return message
    if message.field("transfer-encoding").lower() == "chunked":
        while size := int(await reader.readline(), 16):
            message.body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    else:
        message.body = await reader.readexactly(int(message.field("content-length") or 0))
    return message
