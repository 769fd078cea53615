"""A small server with a contract of its own that has nothing of Cell Monitor: what a target profile describes.

`peer.py --port PORT --data FOLDER`: POST /in takes an array of events, with --single an event, and answers {"ok": true, "taken": N}; each event is kept
once, by its eventId, in FOLDER/events, a line each, and is there again behind a kill. --drop N answers for each N-th event and does not
keep it; --double N keeps it twice; FOLDER/spoilt has the ids of these. --key KEY refuses who does not send it as X-Key.

GET /up · /count {"kept": {"count": N}} · /ids {"ids": […]} · /events?after=PLACE {"n": PLACE, "event": {…}} a line, 50 at most.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

PAGE = 50


class Peer:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.path = options.data / "events"
        self.kept: list[dict] = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []
        self.known = {event["eventId"] for event in self.kept}
        self.file = self.path.open("ab", buffering=0)
        self.spoilt = (options.data / "spoilt").open("ab", buffering=0)
        self.seen = 0

    def take(self, event: dict) -> None:
        if event["eventId"] in self.known:
            return
        self.known.add(event["eventId"])
        self.seen += 1
        times = 1
        if self.options.drop and self.seen % self.options.drop == 0:
            times = 0
        elif self.options.double and self.seen % self.options.double == 0:
            times = 2
        if times != 1:
            self.spoilt.write(event["eventId"].encode() + b"\n")
        for _ in range(times):
            self.kept.append(event)
            self.file.write(json.dumps(event).encode() + b"\n")

    def answer(self, method: str, target: str, fields: dict[str, str], body: bytes) -> tuple[int, object]:
        path, _, query = target.partition("?")
        if self.options.key and fields.get("x-key") != self.options.key:
            return 401, {"ok": False}
        if (method, path) == ("POST", "/in"):
            told = json.loads(body)
            if isinstance(told, list) == self.options.single:
                return 400, {"ok": False}
            events = [told] if self.options.single else told
            for event in events:
                self.take(event)
            return 200, {"ok": True, "taken": len(events)}
        if path == "/up":
            return 204, b""
        if path == "/count":
            return 200, {"kept": {"count": len(self.kept)}}
        if path == "/ids":
            return 200, {"ids": [event["eventId"] for event in self.kept]}
        if path == "/events":
            after = int(query.removeprefix("after="))
            lines = [json.dumps({"n": after + i + 1, "event": event}) + "\n" for i, event in enumerate(self.kept[after:after + PAGE])]
            return 200, "".join(lines).encode()
        return 404, {"ok": False}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
                body = await reader.readexactly(int(fields.get("content-length", "0")))
                method, target, _ = first.split(" ")
                status, said = self.answer(method, target, fields, body)
                text = said if isinstance(said, bytes) else json.dumps(said).encode()
                length = "" if status == 204 else f"Content-Length: {len(text)}\r\n"
                writer.write(f"HTTP/1.1 {status} Said\r\n{length}\r\n".encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drop", type=int, default=0)
    parser.add_argument("--double", type=int, default=0)
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--key", default="")
    options = parser.parse_args()
    peer = Peer(options)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", options.port, limit=1 << 24)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
