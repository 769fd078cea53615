"""A server with a defect, to see that the test system finds it: the real one behind a proxy that spoils one thing.

It stands in the place of the program: `python3 -m support.bad_target DEFECTS PROGRAM serve --data DIR --listen HOST:PORT …`. Any other
subcommand is the program's own, but for one with `--data` that a defect does itself (support/bad_backups.py). DEFECTS are names, `+`
between those that are there together, `,` between those that come one behind the other: the next is there from the next phase of kind
`transactions` on, also over a restart and in other folders beside the first; of the live socket, from the next CONNECTIONS connections
on. One client connection is one connection to the server.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path

from support import bad_backups, bad_defects, bad_live, bad_rows
from support.bad_defects import Defect, Place
from support.bad_http import LIVE, Message, read_message
from support.bad_live import CONNECTIONS, Live, pass_frames

LISTENING = re.compile(rb"listening on http://127.0.0.1:([0-9]+)")
MOST = 1 << 26

DEFECTS: dict[str, type[Defect]] = {
    "none": Defect,
    **{name.lower(): kind for module in (bad_defects, bad_rows, bad_backups) for name, kind in vars(module).items()
       if isinstance(kind, type) and issubclass(kind, Defect)},
}
LIVES: dict[str, type[Live]] = {name.lower(): kind for name, kind in vars(bad_live).items() if isinstance(kind, type) and issubclass(kind, Live)}


async def ended(defect: Defect) -> None:
    """What goes wrong with it is in the server's log, and hurts no other."""
    try:
        await defect.end()
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()


class Turns:
    """What is wrong now."""

    def __init__(self, names: str, place: Place) -> None:
        self.sets = [turn.split("+") for turn in names.split(",")]
        self.place = place
        self.file = place.data.with_name("bad.turn")
        self.turn = int(self.file.read_text()) if self.file.exists() else 0
        self.connections = 0
        self.now = self.made()

    def made(self) -> list[Defect]:
        names = self.sets[min(self.turn, len(self.sets) - 1)]
        return [DEFECTS[name](self.place) for name in names if name not in LIVES]

    async def look(self, request: Message) -> None:
        """Phases of kind `transactions` begin with a class of this name."""
        if not request.is_post("/api/v1/classes/") or b'"class_code":"together' not in request.body:
            return
        for defect in self.now:
            await ended(defect)
        self.turn += 1
        self.file.write_text(str(self.turn))
        self.now = self.made()

    def live(self) -> Live | None:
        """For the next connection of the live socket."""
        number = self.connections
        self.connections += 1
        names = self.sets[min(number // CONNECTIONS, len(self.sets) - 1)]
        kinds = [LIVES[name] for name in names if name in LIVES]
        return kinds[0]() if kinds and (not kinds[0].alone or number % CONNECTIONS == 1) else None

    @property
    def spoil_points(self) -> bool:
        return any(issubclass(DEFECTS[name], bad_rows.Points) for names in self.sets for name in names if name not in LIVES)

    def points(self, lines: list[bytes]) -> list[bytes]:
        for defect in self.now:
            lines = defect.points(lines)
        return lines


async def pass_bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def exchange(turns: Turns, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Message | None:
    """The answer of the server, or that of a defect; None when the server has none."""
    await turns.look(request)
    defects = turns.now
    for defect in defects:
        if (made := await defect.request(request)) is not None:
            return made
    writer.write(request.request_wire())
    answer = await read_message(reader, request)
    if answer is not None:
        for defect in defects:
            defect.answer(request, answer)
    return answer


async def serve_client(turns: Turns, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", turns.place.port, limit=MOST)
    try:
        while request := await read_message(reader):
            answer = await exchange(turns, request, up_reader, up_writer)
            if answer is None:
                return
            writer.write(answer.answer_wire())
            await writer.drain()
            if answer.status == 101:
                live = turns.live() if request.path == LIVE else None
                down = pass_frames(live, up_reader, writer) if live else pass_bytes(up_reader, writer)
                both = [asyncio.ensure_future(down), asyncio.ensure_future(pass_bytes(reader, up_writer))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
                return
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        up_writer.close()
        writer.close()


async def serve_influx(turns: Turns, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port, limit=MOST)
    try:
        while request := await read_message(reader):
            if request.is_post("/write"):
                request.unpack()
                request.body = b"\n".join(turns.points([line for line in request.body.split(b"\n") if line])) + b"\n"
            up_writer.write(request.request_wire())
            answer = await read_message(up_reader, request)
            if answer is None:
                return
            writer.write(answer.answer_wire())
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        up_writer.close()
        writer.close()


async def start_server(program: str, arguments: list[str], environment: dict[str, str]) -> tuple[asyncio.subprocess.Process, int]:
    """The real server and its port; its output goes on from there. It ends with this process, however that does."""
    command = ["setpriv", "--pdeathsig", "KILL", program, *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if found := LISTENING.search(line):  # Not told: clients are to go to the proxy.
            return process, int(found[1])
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
    raise SystemExit(await process.wait())


def turns_of(names: str, program: str, arguments: list[str]) -> Turns:
    return Turns(names, Place(Path(arguments[arguments.index("--data") + 1]), dict(os.environ), program=program))


async def serve(names: str, program: str, arguments: list[str]) -> int:
    turns = turns_of(names, program, arguments)
    place = turns.place
    for defect in turns.now:
        await defect.start()
    environment = dict(place.environment)
    environment.pop("PYTHONPATH", None)
    if turns.spoil_points:
        influx = int(environment["CELLMON_INFLUX_URL"].rpartition(":")[2])
        store = await asyncio.start_server(lambda r, w: serve_influx(turns, influx, r, w), "127.0.0.1", 0, limit=MOST)
        environment["CELLMON_INFLUX_URL"] = f"http://127.0.0.1:{store.sockets[0].getsockname()[1]}"
    where = arguments.index("--listen") + 1
    host, _, port = arguments[where].rpartition(":")
    process, place.port = await start_server(program, [*arguments[:where], "127.0.0.1:0", *arguments[where + 1:]], environment)
    listener = await asyncio.start_server(lambda r, w: serve_client(turns, r, w), host, int(port), limit=MOST)
    print(f"listening on http://{host}:{listener.sockets[0].getsockname()[1]}", flush=True)
    asyncio.get_running_loop().add_signal_handler(15, process.terminate)
    assert process.stdout is not None
    while line := await process.stdout.readline():
        sys.stdout.buffer.write(line)
        sys.stdout.flush()
    for defect in turns.now:
        await ended(defect)
    return await process.wait()


def main() -> int:
    names, program, *arguments = sys.argv[1:]
    if "serve" in arguments[:1]:
        return asyncio.run(serve(names, program, arguments))
    if "--data" in arguments:
        for defect in turns_of(names, program, arguments).now:
            if (status := defect.command(arguments)) is not None:
                return status
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    sys.exit(main())
