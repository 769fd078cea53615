"""A class that works against a server, measured."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import dataclass, field
from typing import Any

from cellmon_testing._program import ProgramFailed, failure, parse, program, surroundings
from cellmon_testing.generator import StudentDataGenerator
from cellmon_testing.monitor import LoadTestMonitor
from cellmon_testing.target import Target, current_target

# How the events come; the options of `cellmon load`.
PATTERNS: dict[str, list[str]] = {
    "realistic": ["--profile", "classroom"],  # When the clients of a class send.
    "constant": ["--profile", "constant", "--arrivals", "even"],
    "random": ["--profile", "constant", "--arrivals", "poisson"],
    "ramp": ["--profile", "ramp"],
    "steps": ["--profile", "steps"],
}
# A class sends more in its middle than at its ends, and a small one is by chance another each time: so much more than asked for keeps its mean above that.
_MARGIN = 1.5
_PATIENCE_S = 300.0


@dataclass(frozen=True)
class SimulationResult:
    """What a class met. Latencies are milliseconds from when a request was due to its answer."""

    students: int
    throughput: float  # Acknowledged events a second.
    error_rate: float  # A fraction: requests that failed or found no connection; with a ledger, events without a promise.
    latencies: dict[str, float]  # p50_ms, p90_ms, p95_ms, p99_ms, …, max_ms.
    offered_events: int
    acknowledged_events: int  # In the measured time, and before it (warm-up) where there was one.
    duplicates: int
    seconds: float
    errors: dict[str, int]  # By kind, as docs/reference/load.md names them.
    valid: bool  # False: the generator was late or had no CPU left, and measured itself.
    doubts: list[str]  # Why.
    seed: int
    start: str
    report: dict[str, Any]  # Of the monitor: its load-test report.
    health: dict[str, Any]  # Of the monitor: `status` and `reasons` of its worst sample.
    figures: dict[str, Any] = field(repr=False)  # All that the generator said.

    @property
    def p50_ms(self) -> float:
        return self.latencies["p50_ms"]

    @property
    def p95_ms(self) -> float:
        return self.latencies["p95_ms"]

    @property
    def p99_ms(self) -> float:
        return self.latencies["p99_ms"]


class ClassroomSimulator:
    """Plays a class against the target while a monitor looks on.

    >>> result = await ClassroomSimulator(students=100, session_duration_minutes=90).run_with_monitoring()
    >>> result.throughput >= 10 * 100 and result.error_rate <= 0.001
    True

    The class is sped up until each student makes `events_per_second` events a second, so that 90 minutes take seconds; `speed=1` plays it as
    long as it is. The requests have fixed times, and are sent whether the server keeps up or not. With a `ledger`, a path, faithful clients play it instead, who
    send again what has no answer; the file tells what they were promised, for audit_ledger().
    """

    def __init__(self, students: int = 100, session_duration_minutes: int = 90, cell_execution_pattern: str = "realistic",
                 error_injection_rate: float = 0.15, *, events_per_second: float = 10.0, speed: float | None = None,
                 seed: int | None = None, ledger: str | os.PathLike[str] | None = None, target: Target | None = None,
                 max_lag_ms: float = 1.0, max_cpu_percent: float = 80.0, warm_up_seconds: float = 1.0) -> None:
        if cell_execution_pattern not in PATTERNS:
            raise ValueError(f"cell_execution_pattern is one of {', '.join(PATTERNS)}, not {cell_execution_pattern!r}")
        if ledger is not None and cell_execution_pattern != "realistic":
            raise ValueError("with a ledger the class is a realistic one")
        self.students, self.session_duration_minutes = students, session_duration_minutes
        self.cell_execution_pattern, self.error_injection_rate = cell_execution_pattern, error_injection_rate
        self.events_per_second, self.speed, self.seed, self.ledger = events_per_second, speed, seed, ledger
        self.max_lag_ms, self.max_cpu_percent, self.warm_up_seconds = max_lag_ms, max_cpu_percent, warm_up_seconds
        self._target = target

    async def run_with_monitoring(self) -> SimulationResult:
        """Plays the class to its end."""
        return await asyncio.to_thread(self._play)

    def _play(self) -> SimulationResult:
        target = self._target or current_target()
        command = self._simulate(target) if self.ledger is not None else self._load(target)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=surroundings(target.client_environment()))
        try:
            monitor = LoadTestMonitor(f"{self.students} students", round(self.students * self.events_per_second), target,
                                      generators=[process.pid])
            monitor.start_load_test_monitoring()
            out, errors = process.communicate(timeout=self._seconds() + _PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        report = dict(monitor.finish_load_test_monitoring())
        # 1: something failed, 5: the run is not valid; both are results, which say so.
        if process.returncode not in (0, 1, 5):
            raise ProgramFailed(failure(command, process.returncode, errors.decode("utf-8", "replace")))
        health = dict(monitor.get_performance_summary()["worst_health"])
        figures = parse(out.decode("utf-8"))
        return self._of_ledger(figures, report, health) if self.ledger is not None else self._of_load(figures, report, health)

    def _class(self) -> list[object]:
        return ["--students", self.students, "--minutes", self.session_duration_minutes, "--error-rate", self.error_injection_rate,
                *(["--seed", self.seed] if self.seed is not None else [])]

    def _natural_rate(self) -> float:
        """Events a second of the class at its own speed."""
        generator = StudentDataGenerator(self.seed, self.session_duration_minutes, self.error_injection_rate)
        return generator.count_events(self.students) / (60.0 * self.session_duration_minutes)

    def _speed(self) -> float:
        if self.speed is None:
            self.speed = max(1.0, _MARGIN * self.events_per_second * self.students / self._natural_rate())
        return self.speed

    def _seconds(self) -> float:
        return self.session_duration_minutes * 60.0 / self._speed()

    def _load(self, target: Target) -> list[str]:
        options: list[object] = ["--url", target.server, "--json", *PATTERNS[self.cell_execution_pattern], *self._class(),
                                 "--warm-up", self.warm_up_seconds, "--max-lag", self.max_lag_ms, "--max-cpu", self.max_cpu_percent]
        if self.cell_execution_pattern == "realistic":
            options += ["--speed", self._speed()]
        else:
            options += ["--rate", self.students * self.events_per_second, "--duration", self._seconds()]
        return [program(), "load", *map(str, options)]

    def _simulate(self, target: Target) -> list[str]:
        options = ["--server", target.server, "--json", *self._class(), "--speed", self._speed(), "--ledger", self.ledger]
        return [program(), "simulate", *map(str, options)]

    def _of_load(self, figures: dict[str, Any], report: dict[str, Any], health: dict[str, Any]) -> SimulationResult:
        offered, achieved = figures["offered"], figures["achieved"]
        failed = figures["failed"] + figures["not_started"]
        return SimulationResult(
            students=self.students, throughput=achieved["events_per_second"],
            error_rate=failed / offered["requests"] if offered["requests"] else 0.0, latencies=_milliseconds(figures["latency"]),
            offered_events=offered["events"], acknowledged_events=achieved["events"], duplicates=figures["duplicates"],
            seconds=figures["seconds"], errors={**figures["errors"], **_counted(not_started=figures["not_started"])},
            valid=figures["valid"], doubts=figures["doubts"], seed=figures["seed"], start=figures["start"], report=report, health=health,
            figures=figures)

    def _of_ledger(self, figures: dict[str, Any], report: dict[str, Any], health: dict[str, Any]) -> SimulationResult:
        sent, lost = figures["sent"], figures["refused"] + figures["unknown"]
        attempts = {"answered_5xx": figures["answered_5xx"], "unanswered": figures["unanswered"], "refused": figures["refused"],
                    "unknown": figures["unknown"]}
        return SimulationResult(
            students=self.students, throughput=figures["events_per_second"], error_rate=lost / sent if sent else 0.0,
            latencies=_milliseconds(figures["latency"]), offered_events=sent,
            acknowledged_events=figures["acknowledged"] + figures["duplicates"], duplicates=figures["duplicates"],
            seconds=figures["seconds"], errors=_counted(**attempts), valid=True, doubts=[], seed=figures["seed"], start=figures["start"],
            report=report, health=health, figures=figures)


def _milliseconds(figures: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in figures.items() if name.endswith("_ms")}


def _counted(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
