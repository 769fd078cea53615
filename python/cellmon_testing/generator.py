"""The events of a simulated class."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from cellmon_testing._awaiting import AwaitableList
from cellmon_testing._program import ProgramFailed, failure, program, surroundings

Event = dict[str, Any]

# Of a class with a seed: the same seed is then the same class, byte for byte, on every day.
FIRST_LESSON = "2026-04-01T09:00:00Z"


class StudentDataGenerator:
    """Makes what a class does: students, notebooks, think times, Run All, 15 % errors, saves, help.

    >>> events = StudentDataGenerator(seed=1).generate_classroom_session(num_students=100)
    >>> events[0]["eventType"], events[0]["emailAddress"]
    ('session_start', 'student042@example.com')

    Without a `seed` each class is another one, and ends at the present. With one it is always the same, byte for byte, and begins at
    `start` (FIRST_LESSON unless told otherwise): sent a second time, its events are duplicates.
    """

    def __init__(self, seed: int | None = None, session_duration_minutes: int = 30, error_injection_rate: float = 0.15,
                 start: str | None = None, class_code: str | None = None) -> None:
        self.seed, self.start, self.class_code = seed, start, class_code
        self.session_duration_minutes, self.error_injection_rate = session_duration_minutes, error_injection_rate

    def generate_classroom_session(self, num_students: int = 100, session_duration_minutes: int | None = None) -> AwaitableList[Event]:
        """All events in the order of their time, ready to be posted: `POST /api/v1/events` takes arrays of them."""
        with self._lines(num_students, session_duration_minutes) as lines:
            return AwaitableList(json.loads(line) for line in lines)

    def count_events(self, num_students: int = 100, session_duration_minutes: int | None = None) -> int:
        """How many they are, without holding them."""
        with self._lines(num_students, session_duration_minutes) as lines:
            return sum(1 for _ in lines)

    @contextmanager
    def _lines(self, students: int, minutes: int | None) -> Iterator[IO[bytes]]:
        options = ["--students", students, "--minutes", minutes or self.session_duration_minutes, "--error-rate", self.error_injection_rate]
        options += ["--seed", self.seed] if self.seed is not None else []
        if start := self.start or (FIRST_LESSON if self.seed is not None else None):
            options += ["--start", start]
        options += [f"--class={self.class_code}"] if self.class_code is not None else []
        command = [program(), "simulate", "--print", *map(str, options)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings()) as process:
            assert process.stdout is not None and process.stderr is not None
            yield process.stdout
            errors = process.stderr.read().decode("utf-8", "replace")
        if process.returncode != 0:
            raise ProgramFailed(failure(command, process.returncode, errors))
