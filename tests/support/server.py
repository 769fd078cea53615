"""Starts, stops and kills one server, and reads what it has stored."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, Sequence

from support.client import Answer, Client

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CELLMON_BINARY", ROOT / "build/release/cellmon"))
# The server reads every CELLMON_ variable as a setting; those of the tests are not meant for it.
SURROUNDINGS = {name: value for name, value in os.environ.items() if not name.startswith("CELLMON_")}
LISTENING = re.compile(rb"listening on http://([0-9.]+):([0-9]+)")

# Sanitized servers are some ten times slower.
PATIENCE = 4.0 if re.search(r"/(asan|tsan)/", str(BINARY)) else 1.0
READY_S = 20 * PATIENCE
STOP_S = 5 * PATIENCE


class StartFailed(Exception):
    """The server ended, or said nothing, before it was ready. Carries its output."""


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = 20.0):
    """Waits for a condition, not for a time; returns what the condition returned."""
    deadline = time.monotonic() + timeout_s * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s * PATIENCE:.0f} s: {what}")
        time.sleep(0.01)


def run_command(*arguments: object, check: bool = True, timeout_s: float = 120.0, environment: dict | None = None,
                stdin: bytes = b"") -> subprocess.CompletedProcess:
    """Runs `cellmon …` to its end."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, timeout=timeout_s * PATIENCE, check=False,
                          env={**SURROUNDINGS, **(environment or {})}, input=stdin)
    if check and done.returncode != 0:
        raise AssertionError(f"cellmon {arguments} ended with {done.returncode}: {done.stdout!r} {done.stderr!r}")
    return done


class Server:
    """One data directory and the process that serves it, over any number of restarts.

    `wrapper` is put in front of the command (strace with its options, setpriv); it must end up as the server's own process,
    so that a signal to the child reaches the server.
    """

    def __init__(self, data: Path, options: Sequence[str] = (), wrapper: Sequence[str] = (), environment: dict | None = None,
                 host: str = "127.0.0.1"):
        self.data = Path(data)
        self.host = host
        self.options = list(options)
        self.wrapper = list(wrapper)
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None
        self.port = 0
        self.starts = 0
        self.client: Client | None = None

    @property
    def log_path(self) -> Path:
        return self.data.parent / f"{self.data.name}-server-{self.starts}.log"

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def start(self, options: Sequence[str] = (), wrapper: Sequence[str] | None = None, port: int = 0,
              ready: bool = True) -> "Server":
        """`ready=False`: only until it answers; for servers that must not become ready."""
        assert self.process is None, "the server runs already"
        self.starts += 1
        front = self.wrapper if wrapper is None else list(wrapper)
        command = [*front, *self._command(port), *options]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            env={**SURROUNDINGS, **self.environment})
        try:
            self._wait_until_ready({200} if ready else {200, 503})
        except BaseException:
            self.kill()
            raise
        return self

    def _wait_until_ready(self, statuses: set[int]) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            found = LISTENING.search(self.log_path.read_bytes())
            if found and self.client is None:
                self.port = int(found[2])
                self.client = Client(self.port)
            if found and self._answers(statuses):
                return
            status = self.process.poll()
            if status is not None:
                self.process = None
                raise StartFailed(f"ended with {status}: {self.log()}")
            time.sleep(0.01)
        raise StartFailed(f"not ready within {READY_S} s: {self.log()}")

    def _answers(self, statuses: set[int]) -> bool:
        try:
            return self.client.get("/api/v1/health/ready").status in statuses
        except OSError:
            return False

    def stop(self) -> float:
        """SIGTERM; the seconds it took. The server must end by itself, in time and with status 0."""
        process, self.process = self.process, None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_S + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"did not stop on SIGTERM: {self.log()[-4000:]}") from None
        took_s = time.monotonic() - began
        assert status == 0, f"status {status} after SIGTERM: {self.log()[-4000:]}"
        assert took_s <= STOP_S, f"took {took_s:.1f} s to stop"
        self._disconnect()
        return took_s

    def kill(self) -> None:
        """kill -9, no warning."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
        self._disconnect()

    def start_and_kill(self, after_s: float) -> None:
        """Begins a start and kills it wherever it is by then."""
        self.starts += 1
        with open(self.log_path, "wb") as log:
            process = subprocess.Popen(self._command(0), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env=SURROUNDINGS)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self, port: int) -> list[str]:
        return [str(BINARY), "serve", "--data", str(self.data), "--listen", f"{self.host}:{port}", *self.options]

    def _disconnect(self) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
        self.port = 0

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    def wait_for_end(self, timeout_s: float = 20.0) -> int:
        """For faults that must end the server: its exit status."""
        status = self.process.wait(timeout_s * PATIENCE)
        self.process = None
        self._disconnect()
        return status

    # What is inside, through the public ways.

    def get(self, path: str, **headers: str) -> Answer:
        return self.client.get(path, **headers)

    def post(self, events: object, **headers: str) -> Answer:
        return self.client.post(events, **headers)

    def export(self, after: int = 0, all_kinds: bool = False) -> list[dict]:
        """All events that are durable, through the API, in pages; with what is no event, when asked for."""
        lines: list[dict] = []
        while True:
            page = self.get(f"/api/v1/events/export?after={after}&limit=1000&all={int(all_kinds)}")
            assert page.status == 200, page
            new = page.lines()
            if not new:
                return lines
            lines += new
            after = new[-1]["sequence"]

    def projection(self, name: str) -> dict:
        """Its entry in GET /api/v1/projections."""
        answer = self.get("/api/v1/projections")
        assert answer.status == 200, answer
        (entry,) = [p for p in answer.json["projections"] if p["name"] == name]
        return entry

    def relational(self) -> dict:
        return self.projection("relational")

    def wait_until_projected(self, timeout_s: float = 30.0, name: str = "relational") -> dict:
        def caught_up():
            entry = self.projection(name)
            return entry if entry["lagEvents"] == 0 else None

        return wait_until(caught_up, f"the projection {name} has caught up", timeout_s)

    @property
    def journal(self) -> Path:
        return self.data / "journal"

    @property
    def database(self) -> Path:
        return self.data / "relational.db"


