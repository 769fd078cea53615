"""Defects of a server that lie in its requests and answers. Each is one thing that is wrong; what it is not asked about is right."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from support.bad_http import EVENTS, EXPORT, Message, events_of, made_answer

ONE_IN = 10_000
FIRST = 137  # Of these the first, so that a short run meets it.
STALL_S = 0.6
LEAK_BYTES = 256 * 1024  # At each request.
HOARD_BYTES = 300 * 1024 * 1024
EARLY_S = 0.4  # From the answer until the server gets it.
SLEEP_S = 9.0
SLOW_S = 0.4
BUSY = "while True: pass"
BULK = "/api/v1/offline/bulk"


@dataclass
class Place:
    """Where the real server works."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    program: str = ""  # Itself.

    async def send(self, request: Message) -> None:
        """To the real server, without anybody who waits for the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.request_wire())
        await writer.drain()
        await reader.read(1)
        writer.close()


class Defect:
    """Nothing wrong: what each defect overrides one part of."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def start(self) -> None:
        """Before the real server starts, when this is what is wrong then."""

    async def request(self, request: Message) -> Message | None:
        """May change it; an answer when it does not go on to the server."""
        return None

    def answer(self, request: Message, answer: Message) -> None:
        """May change it."""

    def points(self, lines: list[bytes]) -> list[bytes]:
        """Of what goes to InfluxDB."""
        return lines

    def command(self, arguments: list[str]) -> int | None:
        """Of a subcommand beside the server; its exit status when the program is not asked."""
        return None

    async def end(self) -> None:
        """The next one's turn has come."""


class Drops(Defect):
    """Acknowledges one event in so many and puts another, which is there already, in its place."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.seen = 0
        self.before: dict = {}
        self.dropped: set[str] = set()

    async def request(self, request: Message) -> Message | None:
        events = events_of(request)
        for at, event in enumerate(events):
            self.seen += 1
            if event.get("eventId") in self.dropped or (self.seen % ONE_IN == FIRST and self.before):
                self.dropped.add(event["eventId"])
                events[at] = self.before
            else:
                self.before = event
        if events:
            request.put_json(events)
        return None


class Doubles(Defect):
    """One line of the export stands there twice."""

    def answer(self, request: Message, answer: Message) -> None:
        self.lines(request, answer, lambda lines: [*lines[:1], *lines])

    @staticmethod
    def lines(request: Message, answer: Message, change: Callable[[list[bytes]], list[bytes]]) -> None:
        if request.path == EXPORT and answer.status == 200 and answer.body and "after=0" in request.first:
            answer.body = b"".join(change(answer.body.splitlines(keepends=True)))


class Changes(Doubles):
    """One event of the export is another student's."""

    def answer(self, request: Message, answer: Message) -> None:
        self.lines(request, answer, lambda lines: [re.sub(rb'("emailAddress":")', rb"\1x", lines[0], count=1), *lines[1:]])


class Hides(Defect):
    """Shows nobody what it has stored."""

    async def request(self, request: Message) -> Message | None:
        return made_answer("500 Internal Server Error") if request.path == EXPORT else None


class Shuts(Defect):
    """Makes no class."""

    async def request(self, request: Message) -> Message | None:
        return made_answer("500 Internal Server Error") if request.is_post("/api/v1/classes/") else None


class Stalls(Defect):
    """Every tenth request waits."""

    seen = 0

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS:
            self.seen += 1
            if self.seen % 10 == 0:
                await asyncio.sleep(STALL_S)
        return None


class Slows(Defect):
    """Each request waits for long."""

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS:
            await asyncio.sleep(SLOW_S)
        return None


class Leaks(Defect):
    """Keeps some memory of each request."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.kept: list[bytes] = []

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS:
            self.kept.append(os.urandom(LEAK_BYTES))
        return None

    async def end(self) -> None:
        self.kept.clear()


class Hoards(Leaks):
    """Takes much memory at once."""

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS and not self.kept:
            self.kept.append(b"\x01" * HOARD_BYTES)
        return None


class Spins(Defect):
    """Uses whatever there is of the CPU, for nothing."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.busy: list[subprocess.Popen[bytes]] = []

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS and not self.busy:
            self.busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
        return None

    async def end(self) -> None:
        for process in self.busy:
            process.kill()
            process.wait()


class Fails(Defect):
    """One request in ten is answered 503, and the third first: a late generator puts many events into few requests. Whoever sends it again
    gets through."""

    seen = 0

    async def request(self, request: Message) -> Message | None:
        if request.path != EVENTS:
            return None
        self.seen += 1
        return made_answer("503 Service Unavailable") if self.seen % 10 == 3 else None


class Refuses(Defect):
    """Refuses one event that is good, and does not keep it."""

    refused = ""

    async def request(self, request: Message) -> Message | None:
        events = events_of(request)
        # The last of several, so that the places of the others stay.
        if len(events) > 1 and self.refused in ("", events[-1]["eventId"]):
            self.refused = events[-1]["eventId"]
            request.note = len(events) - 1
            request.put_json(events[:-1])
        return None

    def answer(self, request: Message, answer: Message) -> None:
        if request.note is None or answer.status >= 300:
            return
        body = answer.json()
        body["batch_stats"]["failed_events"].append({"index": request.note, "eventId": self.refused, "reason": "it is not liked"})
        answer.put_json(body)


class Early(Defect):
    """Acknowledges what it has not brought to the server yet."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.tasks: set[asyncio.Task[None]] = set()

    async def request(self, request: Message) -> Message | None:
        events = events_of(request)
        if not events:
            return None
        task = asyncio.create_task(self.later(request))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        stats = {"total_events": len(events), "successful_events": len(events), "duplicates": 0, "failed_events": []}
        return made_answer("202 Accepted", {"message": "done", "batch_stats": stats})

    async def later(self, request: Message) -> None:
        await asyncio.sleep(EARLY_S)
        await self.place.send(request)

    async def end(self) -> None:
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Sleeps(Defect):
    """Takes long to start where there is something already."""

    async def start(self) -> None:
        if (self.place.data / "journal").exists():
            await asyncio.sleep(SLEEP_S)


class Unready(Defect):
    """Once events have come, one look at its health in so many is answered 503."""

    one_in = 4
    loaded = False
    seen = 0

    async def request(self, request: Message) -> Message | None:
        self.loaded = self.loaded or request.path == EVENTS
        if not self.loaded or request.path != "/api/v1/health/ready":
            return None
        self.seen += 1
        return made_answer("503 Service Unavailable") if self.seen % self.one_in == 0 else None


class Ill(Unready):
    """Each of them."""

    one_in = 1


class Accepts(Defect):
    """Says that it took what it refused."""

    def answer(self, request: Message, answer: Message) -> None:
        if request.method == "POST" and answer.status in (404, 409, 422):
            answer.first = "HTTP/1.1 201 Created"


class Breaks(Defect):
    """Answers 500 where it should say what is wrong."""

    def answer(self, request: Message, answer: Message) -> None:
        if answer.status in (404, 409, 422):
            answer.first = "HTTP/1.1 500 Internal Server Error"


class Mislays(Defect):
    """Leaves the last submission of a bulk out."""

    async def request(self, request: Message) -> Message | None:
        if request.is_post("/api/v1/submissions/bulk"):
            body = request.json()
            request.put_json({**body, "submissions": body["submissions"][:-1]})
        return None


class Forgets(Defect):
    """Says that it has graded one submission in five, and does not."""

    seen = 0

    async def request(self, request: Message) -> Message | None:
        if request.method != "PUT" or not request.path.startswith("/api/v1/submissions/"):
            return None
        self.seen += 1
        return self.untrue() if self.seen % 5 == 0 else None

    def untrue(self) -> Message:
        return made_answer("200 OK", {})


class Undoes(Forgets):
    """Answers 500 there, and grades nothing."""

    def untrue(self) -> Message:
        return made_answer("500 Internal Server Error")


class Lies(Defect):
    """Of the first offline session it stores all but the last event, and says that it stored all."""

    done = False

    async def request(self, request: Message) -> Message | None:
        if request.is_post(BULK) and not self.done:
            self.done = True
            events = request.json()
            request.note = events[-1]["eventId"]
            request.put_json(events[:-1])
        return None

    def answer(self, request: Message, answer: Message) -> None:
        if request.note is None or answer.status != 200:
            return
        body = answer.json()
        body["results"].append({"index": len(body["results"]), "outcome": "stored", "event_id": request.note})
        answer.put_json(body)


class Silent(Defect):
    """Has no answer for one student's offline session, however often it comes."""

    whose = ""

    async def request(self, request: Message) -> Message | None:
        if not request.is_post(BULK):
            return None
        first = request.json()[0]["eventId"]
        self.whose = self.whose or first
        return made_answer("503 Service Unavailable") if first == self.whose else None
