"""Many dashboards at once, by `cellmon load websocket`."""

from __future__ import annotations

import subprocess
import time
from types import TracebackType
from typing import Any, Self

from cellmon_testing._http import Site
from cellmon_testing._program import ProgramFailed, failure, parse, program, surroundings
from cellmon_testing.target import Target, current_target

_CONNECT_S = 30.0
_METRIC = "cellmon_push_clients"


class BroadcastClients:
    """Clients of the live socket; each is judged by each message: count, order, whether it is still there.

    >>> with BroadcastClients(clients=100, messages=1000) as dashboards:
    ...     post()  # What is broadcast.
    ...     seen = dashboards.result()
    >>> assert seen["hold"] and seen["alive"] == 100

    They are connected when the block begins. The run is over when each has got `messages`, and, where it is named, has come to event
    `sequence` of the journal; or after `seconds`, and then does not hold.
    """

    def __init__(self, clients: int = 100, messages: int = 1000, seconds: float = 60.0, sequence: int | None = None,
                 target: Target | None = None) -> None:
        self.clients, self.messages, self.seconds, self.sequence = clients, messages, seconds, sequence
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None
        self._command: list[str] = []

    def start(self) -> Self:
        target = self._target or current_target()
        url = target.server.replace("http", "ws", 1) + "/api/v1/live"
        options: list[object] = ["--url", url, "--clients", self.clients, "--messages", self.messages, "--seconds", self.seconds,
                                 "--follow", "live", *(["--sequence", self.sequence] if self.sequence is not None else [])]
        before = self._connected(target)
        self._command = [program(), "load", "websocket", "--json", *map(str, options)]
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         env=surroundings(target.client_environment()))
        deadline = time.monotonic() + _CONNECT_S
        while self._connected(target) < before + self.clients:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ConnectionError(f"not all of {self.clients} clients could connect to {url}")
            time.sleep(0.02)
        return self

    def is_over(self) -> bool:
        """Whether each has got all, or the time is over, or a client is gone: result() then waits no more."""
        return self._process is not None and self._process.poll() is not None

    def result(self) -> dict[str, Any]:
        """Waits for the end: `hold`, `alive`, `connected`, `messages_each` [least, greatest], `violations`, `missed`, `latency`, …"""
        if self._process is None:
            raise RuntimeError("the clients were not started")
        out, errors = self._process.communicate(timeout=self.seconds + 60.0)
        if self._process.returncode not in (0, 1):
            raise ProgramFailed(failure(self._command, self._process.returncode, errors.decode("utf-8", "replace")))
        return parse(out.decode("utf-8"))

    def stop(self) -> None:
        """Ends it, whatever was received."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    @staticmethod
    def _connected(target: Target) -> int:
        """Only to know when to begin; what is judged is what the clients receive."""
        text = Site(target.server).request("GET", "/metrics").body.decode("utf-8")
        values = [line.split()[-1] for line in text.splitlines() if line.startswith(_METRIC + " ")]
        if not values:
            raise RuntimeError(f"/metrics has no {_METRIC}")
        return int(float(values[0]))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
