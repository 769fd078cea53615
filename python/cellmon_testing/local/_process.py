"""A process on this machine that a test starts: its data lie in a temporary folder and go with it, its port is one of the loopback."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

# Below those that the system gives to outgoing connections: one of these may come before the port is used.
_PORTS = range(20_000, 32_000)
_START_S = 60.0
_PAUSE_S = 0.02


class StartFailed(RuntimeError):
    """It ended, or said nothing, before it was ready; with the end of its log."""


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class LocalProcess:
    """Starts, stops and breaks one process, and no other. As a context manager it runs within the block, and leaves nothing."""

    name = ""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"cellmon-testing-{self.name}-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.folder, True)

    # Of each kind.

    def _prepare(self) -> None:
        """Before the first start."""

    def _command(self) -> list[object]:
        raise NotImplementedError

    def _input(self) -> bytes:
        return b""

    def _environment(self) -> Mapping[str, str]:
        return dict(os.environ)

    def is_ready(self) -> bool:
        """Whether it answers now."""
        raise NotImplementedError

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    def _pids(self) -> list[int]:
        """Of the running process and what belongs to it."""
        return [self.pid]

    # Of all.

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        return self.folder / "log"

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Starts it, a further time with the data of before, and waits until it answers."""
        if self._process is not None:
            raise RuntimeError(f"{self.name} runs already")
        if not self.log_path.exists():
            self._prepare()
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen([str(part) for part in self._command()], stdin=subprocess.PIPE, stdout=log,
                                             stderr=subprocess.STDOUT, env=dict(self._environment()), cwd="/")
        # Also when the interpreter ends without close().
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _remove, self._process, self.folder)
        assert self._process.stdin is not None
        self._process.stdin.write(self._input())
        self._process.stdin.close()
        self.wait_until_ready()
        return self

    def wait_until_ready(self, timeout_s: float = _START_S) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if not self.is_running() or time.monotonic() > deadline:
                said = self.log_path.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise StartFailed(f"{self.name} is not ready: {said}")
            time.sleep(_PAUSE_S)

    def stop(self) -> None:
        """As somebody stops it who means it well."""
        self._end(self._stop_signal())

    def kill(self) -> None:
        """kill -9: a death without a last word."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It keeps its connections and says nothing, until go_on()."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends it, and its data go."""
        if self._process is not None:
            self._end(signal.SIGKILL)
        self._finalizer()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):  # One of its children may end meanwhile.
                os.kill(pid, number)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            raise RuntimeError(f"{self.name} does not run")
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        process.wait(_START_S)

    def __enter__(self) -> Self:
        return self if self.is_running() else self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _remove(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)
