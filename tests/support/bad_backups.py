"""Defects of backups and of what is restored from them. The subcommands `backup` and `restore` are the program's own where none of these
is in their place."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.bad_defects import Defect, Place
from support.bad_http import EVENTS, Message
from support.bad_rows import PATIENCE_S, run_sql

EARLIER = 10  # Requests with events before the earlier backup; the others wait for it.
NO_ROOM = "cellmon: the folder of backups takes nothing more"


def target_of(arguments: list[str]) -> Path | None:
    """Where a backup is to go; None of any other subcommand."""
    return Path(arguments[arguments.index("--to") + 1]) if arguments[0] == "backup" else None


class Balks(Defect):
    """Makes no backup, and says so."""

    def command(self, arguments: list[str]) -> int | None:
        if target_of(arguments) is None:
            return None
        print(NO_ROOM, file=sys.stderr)
        return 1


class Pretends(Defect):
    """Makes no backup, and says that it has."""

    def command(self, arguments: list[str]) -> int | None:
        return None if target_of(arguments) is None else 0


class Ages(Defect):
    """Its backup is an earlier one, from when the first events had come."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.requests = 0
        self.task: asyncio.Task[None] | None = None
        self.earlier = place.data.with_name(place.data.name + "-earlier")

    async def request(self, request: Message) -> Message | None:
        if request.path == EVENTS:
            self.requests += 1
            if self.requests > EARLIER:
                self.task = self.task or asyncio.create_task(asyncio.to_thread(self.back_up))
                await asyncio.shield(self.task)
        return None

    def back_up(self) -> None:
        making = self.earlier.with_name(self.earlier.name + "-unfinished")
        subprocess.run([self.place.program, "backup", "--data", self.place.data, "--to", making], check=True, stdout=sys.stderr,
                       env=self.place.environment)
        making.rename(self.earlier)

    def command(self, arguments: list[str]) -> int | None:
        target = target_of(arguments)
        if target is None:
            return None
        until = time.monotonic() + PATIENCE_S
        while not self.earlier.exists():
            assert time.monotonic() < until, "no events came before this backup"
            time.sleep(0.05)
        shutil.copytree(self.earlier, target)
        return 0


class Garbles(Defect):
    """What is restored says of one event that another thing happened."""

    statement = "UPDATE events SET event_type = 'help' WHERE sequence = (SELECT min(sequence) FROM events WHERE event_type <> 'help')"
    task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if (self.place.data / "journal").exists():
            self.task = asyncio.create_task(asyncio.to_thread(self.change))

    async def request(self, request: Message) -> Message | None:
        if self.task is not None and request.path == "/api/v1/health/ready":
            await asyncio.shield(self.task)
        return None

    def change(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while run_sql(self.place, self.statement) == 0:
            assert time.monotonic() < until, "nothing restored has got a row"
            time.sleep(0.05)
