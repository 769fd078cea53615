"""Defects of what is stored: rows that go or change, points that merge, double or say something else, connections that are left open.

Rows are changed by SQL, beside the server; points on their way to InfluxDB.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
import sqlite3
import subprocess
import time
import uuid
from contextlib import closing
from urllib.parse import urlencode, urlsplit

from support.bad_defects import Defect, Place
from support.bad_http import Message, events_of

PATIENCE_S = 20.0
CROWD = 260
GHOST = "ghost@example.com"
LONGER_MS = 5_000_000
SEQUENCE = re.compile(rb"[ ,]sequence=([0-9]+)i")
DURATION = re.compile(rb",duration=([-+.0-9e]+)")
PROGRESS = b"student_progress,"


def run_sql(place: Place, statement: str) -> int:
    """In the rows made from events, of either engine; how many rows it changed: none while they are not made yet."""
    url = place.environment.get("CELLMON_POSTGRES_URL", "")
    if url:
        schema = f"{url.rpartition('search_path%3D')[2]}_relational"
        command = f"SET session_replication_role = replica; SET search_path = {schema}; {statement}"
        done = subprocess.run(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-c", command, url], capture_output=True, text=True, check=False, timeout=20)
        return int(done.stdout.split()[-1]) if done.returncode == 0 else 0
    return run_sqlite(place, "relational.db", statement)


def run_sqlite(place: Place, name: str, statement: str) -> int:
    path = place.data / name
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as database:
        database.execute("PRAGMA foreign_keys = off")
        try:
            with database:
                return database.execute(statement).rowcount
        except sqlite3.OperationalError as error:
            # The file is there before its tables are.
            if str(error).startswith("no such table"):
                return 0
            raise


def id_text(place: Place, event_id: str) -> str:
    """As the engine writes sixteen bytes."""
    hexadecimal = uuid.UUID(event_id).hex
    return f"'\\x{hexadecimal}'" if "CELLMON_POSTGRES_URL" in place.environment else f"x'{hexadecimal}'"


class Rows(Defect):
    """Does something to a row of the first event that comes, as soon as it is there. Soon all other events wait for that."""

    statement = ""
    task: asyncio.Task[None] | None = None
    requests = 0

    async def request(self, request: Message) -> Message | None:
        events = events_of(request)
        if not events:
            return None
        self.requests += 1
        if self.task is None:
            self.task = asyncio.create_task(asyncio.to_thread(self.change, events[0]["eventId"]))
        elif self.requests > 5:
            await self.task
        return None

    def change(self, event_id: str) -> None:
        statement = self.statement.format(id=id_text(self.place, event_id))
        until = time.monotonic() + PATIENCE_S
        while run_sql(self.place, statement) == 0:
            assert time.monotonic() < until, "the event has got no row"
            time.sleep(0.05)

    async def end(self) -> None:
        if self.task is not None:
            await self.task


class Lacks(Rows):
    """It goes."""

    statement = "DELETE FROM events WHERE event_id = {id}"


class Alters(Rows):
    """It says that another thing happened."""

    statement = "UPDATE events SET event_type = 'help' WHERE event_id = {id}"


class LosesOld(Rows):
    """The oldest of all goes, which came long before."""

    statement = "DELETE FROM events WHERE sequence = (SELECT min(sequence) FROM events)"


class Orphans(Defect):
    """A student who has handed in goes from the classes' rows, and what hangs on it stays."""

    bulks = 0

    def answer(self, request: Message, answer: Message) -> None:
        if not request.is_post("/api/v1/submissions/bulk"):
            return
        self.bulks += 1
        if self.bulks == 2:
            student = request.json()["submissions"][-1]["student_id"]
            assert run_sqlite(self.place, "classroom.db", f"DELETE FROM students WHERE id = {int(student)}") == 1


def key_of(line: bytes) -> bytes:
    """Measurement and tags of a point."""
    return re.split(rb"(?<!\\) ", line, maxsplit=1)[0]


class Points(Defect):
    """Spoils points of events; the same one in the same way whenever it is written."""

    def points(self, lines: list[bytes]) -> list[bytes]:
        out: list[bytes] = []
        for line in lines:
            found = SEQUENCE.search(line) if line.startswith(PROGRESS) else None
            out += self.point(int(found[1]), line) if found else [line]
        return out

    def point(self, sequence: int, line: bytes) -> list[bytes]:
        return [line]


class Merges(Points):
    """A point takes the place of an earlier one of the same tags."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.time_of: dict[bytes, bytes] = {}
        self.chosen: tuple[int, bytes] | None = None

    def point(self, sequence: int, line: bytes) -> list[bytes]:
        rest, _, moment = line.rpartition(b" ")
        key = key_of(line)
        if self.chosen is None and key in self.time_of:
            self.chosen = sequence, self.time_of[key]
        self.time_of[key] = moment
        if self.chosen is not None and self.chosen[0] == sequence:
            return [rest + b" " + self.chosen[1]]
        return [line]


class Repeats(Points):
    """A point is there twice."""

    chosen = 0

    def point(self, sequence: int, line: bytes) -> list[bytes]:
        self.chosen = self.chosen or sequence
        if sequence != self.chosen:
            return [line]
        rest, _, moment = line.rpartition(b" ")
        return [line, rest + b" %d" % (int(moment) - 500_000_000)]


class Lengthens(Points):
    """A run took longer than it did."""

    by_ms = LONGER_MS
    chosen = 0

    def point(self, sequence: int, line: bytes) -> list[bytes]:
        found = DURATION.search(line)
        if found and not self.chosen:
            self.chosen = sequence
        if not found or sequence != self.chosen:
            return [line]
        return [line[:found.start(1)] + b"%f" % (float(found[1]) + self.by_ms) + line[found.end(1):]]


class Shortens(Lengthens):
    """A run took as much less, so that the sum is right again."""

    by_ms = -LONGER_MS


class Haunts(Points):
    """There is a student whom nobody knows, without any event."""

    done = False

    def point(self, sequence: int, line: bytes) -> list[bytes]:
        if self.done:
            return [line]
        self.done = True
        return [line, PROGRESS + f"emailAddress={GHOST} status=\"success\" ".encode() + line.rpartition(b" ")[2]]

    async def end(self) -> None:
        await asyncio.to_thread(self.lay)

    def lay(self) -> None:
        """It goes again."""
        settings = self.place.environment
        query = {"db": settings["CELLMON_INFLUX_DATABASE"], "u": settings["CELLMON_INFLUX_USER"], "p": settings["CELLMON_INFLUX_PASSWORD"],
                 "q": f"DROP SERIES FROM student_progress WHERE emailAddress = '{GHOST}'"}
        with closing(http.client.HTTPConnection(urlsplit(settings["CELLMON_INFLUX_URL"]).netloc, timeout=PATIENCE_S)) as connection:
            connection.request("POST", f"/query?{urlencode(query)}")
            answer = connection.getresponse().read()
        if b"error" in answer:
            raise RuntimeError(f"InfluxDB says {answer!r}")


class Crowds(Defect):
    """Opens connections to Redis and leaves them."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.open: list[socket.socket] = []

    async def request(self, request: Message) -> Message | None:
        if events_of(request) and not self.open:
            where = urlsplit(self.place.environment["CELLMON_REDIS_URL"])
            assert where.hostname and where.port
            self.open = [socket.create_connection((where.hostname, where.port)) for _ in range(CROWD)]
        return None

    async def end(self) -> None:
        for one in self.open:
            one.close()
