"""`cellmon monitor` beside a test: its samples as they come, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Callable

from support.server import BINARY, PATIENCE, SURROUNDINGS

CORES = os.cpu_count()


class Monitor:
    """A run with `--json`. One thread."""

    def __init__(self, *arguments: object, environment: dict | None = None) -> None:
        self.process = subprocess.Popen([str(BINARY), "monitor", "--json", *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**SURROUNDINGS, **(environment or {})})
        self.samples: list[dict] = []

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def sample(self) -> dict:
        """The next one."""
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.process.stderr.read().decode()}"
        self.samples.append(json.loads(line))
        return self.samples[-1]

    def sample_where(self, condition: Callable[[dict], object], what: str, timeout_s: float = 30.0) -> dict:
        """The first from now on that is so."""
        deadline = time.monotonic() + timeout_s * PATIENCE
        while True:
            sample = self.sample()
            if condition(sample):
                return sample
            assert time.monotonic() < deadline, f"no sample where {what}; the last: {sample}"

    def end(self) -> tuple[int, str]:
        """Ctrl-C: its exit status, and what was still printed."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        output, errors = self.process.communicate(timeout=60 * PATIENCE)
        assert b"rror" not in errors, errors
        return self.process.returncode, output.decode()


def part(sample: dict, name: str) -> dict:
    """One of its processes."""
    (found,) = [process for process in sample["processes"] if process["name"] == name]
    return found
