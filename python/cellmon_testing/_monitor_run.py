"""One run of `cellmon monitor`: its process, and what it has said so far."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cellmon_testing._program import ProgramFailed, failure, program, surroundings
from cellmon_testing.metrics import Metrics

MOST_SAMPLES = 100_000
_STOP_S = 60.0
# Healthy, a criterion that does not hold, a sample that was critical: all are results.
_RESULTS = (0, 1, 6)


class _Said:
    """What came from the process. It knows nothing of the run, so that a run nobody holds any more can end."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.samples: deque[Metrics] = deque(maxlen=MOST_SAMPLES)
        self.taken = 0  # Samples, with those that are not kept any more.
        self.last: dict[str, Any] | None = None
        self.over = False

    def read(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                self._take(json.loads(line))
        finally:
            with self.changed:
                self.over = True
                self.changed.notify_all()

    def _take(self, said: dict[str, Any]) -> None:
        metrics = Metrics(said["summary"]["latest_metrics"])
        with self.changed:
            # The last line says again what was said, as the end of the run.
            if not self.samples or self.samples[-1]["timestamp"] != metrics["timestamp"]:
                self.samples.append(metrics)
                self.taken += 1
            self.last = said
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """With the lock held. False: the process has ended before it."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            left_s = deadline - time.monotonic()
            if self.over:
                return False
            if left_s <= 0:
                raise TimeoutError(f"the monitor took no sample within {timeout_s:g} s")
            self.changed.wait(left_s)
        return True


class MonitorRun:
    """Runs until stop(), or until nobody holds this object. Any thread."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._command = [program(), "monitor", "--json", "--running", *arguments]
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
                                         env=surroundings(environment))
        assert self._process.stdout is not None
        self._said = _Said()
        self._reader = threading.Thread(target=self._said.read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        weakref.finalize(self, _kill, self._process)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def samples(self) -> list[Metrics]:
        with self._said.changed:
            return list(self._said.samples)

    def next_sample(self, timeout_s: float) -> Metrics:
        """The first that comes from now on."""
        said = self._said
        with said.changed:
            before = said.taken
            if not said.wait_for(lambda: said.taken > before, timeout_s):
                raise ProgramFailed(self._why())
            return said.samples[-1]

    def said(self, timeout_s: float) -> dict[str, Any]:
        """`summary`, and the `report` of a load test, as of the last sample; waits for the first."""
        said = self._said
        with said.changed:
            if not said.wait_for(lambda: said.last is not None, timeout_s) or said.last is None:
                raise ProgramFailed(self._why())
            return said.last

    def stop(self) -> None:
        """Ends it as Ctrl-C does, and waits for its last words."""
        # Before it is ready for that it would die without a word.
        deadline = time.monotonic() + _STOP_S
        while self._process.poll() is None and not _takes_interrupts(self._process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            status = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join()
        if status not in _RESULTS:
            raise ProgramFailed(self._why())

    def _why(self) -> str:
        """Of a process that has ended."""
        status = self._process.wait(_STOP_S)
        self._errors.seek(0)
        return failure(self._command, status, self._errors.read().decode("utf-8", "replace"))


def _takes_interrupts(pid: int) -> bool:
    """Whether it waits for Ctrl-C by itself, or catches it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigBlk:", "SigCgt:"))]
    return any(mask & (1 << (signal.SIGINT - 1)) for mask in masks)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
