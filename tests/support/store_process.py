"""A store's server of the tests' own, whichever it is: Debian's program on a free port of this machine, with data that go with it, and
what may happen to it.

As a program (`python3 -m support.postgres`, `.influxdb`, `.redis_server`) each prints its URL, with user and password, and serves
until its input ends; so the unit tests and the benchmarks get one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable
from urllib.parse import quote

from support.ports import free_port
from support.small_disk import SmallDisk

USER, PASSWORD = "cellmon", "tests' own: p@ss/word"
QUOTED_PASSWORD = quote(PASSWORD, safe="")
START_S = 60.0


class QueryError(Exception):
    """What the store said of a statement."""


class StoreProcess:
    """One thread. `disk_bytes`: its data lie on a disk of this size, `disk`, that a test may fill."""

    def __init__(self, name: str, disk_bytes: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"cellmon-{name}-"))
        self.disk = SmallDisk(self.folder / "disk", disk_bytes) if disk_bytes else None
        self.data = self.folder / "disk" / "data" if disk_bytes else self.folder / "data"  # As its process sees it.
        self.process: subprocess.Popen | None = None
        self.port = free_port()
        self.password = PASSWORD  # As it is now; the server under test is told PASSWORD.

    # Of each store.

    def _prepare(self) -> None:
        """Makes `data`, as behind a fresh installation."""
        raise NotImplementedError

    def _command(self) -> list[object]:
        raise NotImplementedError

    def _input(self) -> bytes:
        return b""

    def _answers(self) -> bool:
        raise NotImplementedError

    def _started(self) -> None:
        """It answers for the first time."""

    def _processes(self) -> list[int]:
        return [self.process.pid]

    def change_password(self, password: str) -> None:
        """Of the user that the server under test is; who is logged in is sent away."""
        raise NotImplementedError

    # Of all.

    def start(self) -> "StoreProcess":
        assert self.process is None, "it runs already"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([*self._front(), *map(str, self._command())], stdin=subprocess.PIPE, stdout=log,
                                            stderr=subprocess.STDOUT, cwd="/")
        self.process.stdin.write(self._input())
        self.process.stdin.close()
        self._wait_until_it_answers()
        self._started()
        return self

    def _front(self) -> list[str]:
        return self.disk.enter if self.disk else []

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """By its process id, and waits for its end."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
            process.wait(START_S)

    def kill(self) -> None:
        """kill -9 of all its processes: a death without a last word."""
        self.stop(signal.SIGKILL)

    def pause(self) -> None:
        """It keeps its connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):  # One of its children may end meanwhile.
                os.kill(pid, number)

    @property
    def seen_data(self) -> Path:
        """`data` as this program sees it."""
        return self.disk.seen(self.data) if self.disk else self.data

    def wipe(self) -> None:
        """Comes back with nothing but its user, as behind a lost disk."""
        self.kill()
        shutil.rmtree(self.seen_data)
        self._prepare()
        self.start()

    def copy(self, name: str) -> None:
        """Its data as they are on the disk; it is stopped for that. An older copy of this name goes."""
        self.stop()
        shutil.rmtree(self.folder / name, ignore_errors=True)
        self._copy(self.seen_data, self.folder / name)
        self.start()

    def restore(self, name: str) -> None:
        """Comes back with the data of then."""
        self.kill()
        shutil.rmtree(self.seen_data)
        self._copy(self.folder / name, self.seen_data)
        self.start()

    def recover(self) -> None:
        """Behind a fault that may have ended it, or may do so yet."""
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-4000:]
            if self.process.poll() is not None:
                self.stop()
                self.start()
            time.sleep(0.02)

    def remove(self) -> None:
        self.kill()
        if self.disk:
            self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        subprocess.run(["cp", "-a", source, target], check=True)


def serve(make: Callable[[], StoreProcess]) -> None:
    """Runs one as a program; it must have a method `url()`."""
    # Whoever started this may be stopped with its whole group: the store must not stay.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    store = make()
    try:
        print(store.start().url(), flush=True)
        sys.stdin.read()
    finally:
        store.remove()
