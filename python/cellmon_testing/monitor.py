"""The performance monitor: CPU, memory, disks, network, server and stores while something runs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cellmon_testing._awaiting import AwaitableDict, AwaitableText
from cellmon_testing._monitor_run import MonitorRun
from cellmon_testing._program import parse, run
from cellmon_testing.health import DEFAULT_THRESHOLDS, SystemHealth, judge, threshold_options
from cellmon_testing.metrics import Metrics
from cellmon_testing.target import Target, current_target

# Of a look without a run: half of it is what each service has to answer in.
_LOOK_S = 1.0
_PATIENCE_S = 30.0
# What initialize_connections() asks, and the metric that only it can tell.
_PARTS = {"server": "response_time_ms", "postgresql": "postgresql_active_sessions", "redis": "redis_connected_clients",
          "influxdb": "influxdb_point_count"}


class PerformanceMonitor:
    """Measures a target with `cellmon monitor`, and judges its health.

    >>> monitor = PerformanceMonitor()
    >>> monitor.thresholds.update(cpu_warning=50.0)
    >>> await monitor.start_monitoring(interval_seconds=0.5)
    >>> ...
    >>> monitor.stop_monitoring()
    >>> monitor.get_performance_summary()["health_status"]
    'healthy'

    `processes`: name and process id of what shall be measured besides server and stores, which are found by their ports;
    `generators`: process ids of what makes the load, counted apart.
    """

    def __init__(self, target: Target | None = None, *, processes: Mapping[str, int] | None = None,
                 generators: Iterable[int] = ()) -> None:
        self.thresholds: dict[str, float] = dict(DEFAULT_THRESHOLDS)
        self.generators = list(generators)
        self._processes = dict(processes or {})
        self._target = target
        self._run: MonitorRun | None = None
        self._interval_s = 1.0

    async def initialize_connections(self) -> AwaitableDict:
        """Asks server and stores once: `{"server": True, …}`, False for what is not named in the target. ConnectionError when
        one that is named cannot be asked, with the reasons."""
        target = self._target or current_target()
        metrics = await asyncio.to_thread(self._look)
        named = {"server": target.server, "postgresql": target.postgresql, "redis": target.redis, "influxdb": target.influxdb}
        wrong = {name: metrics.unavailable.get(metric, "it does not answer") for name, metric in _PARTS.items()
                 if named[name] and metrics.get(metric) is None}
        if wrong:
            raise ConnectionError("; ".join(f"{name}: {reason}" for name, reason in wrong.items()))
        return AwaitableDict({name: bool(named[name]) for name in _PARTS})

    def start_monitoring(self, interval_seconds: float = 1.0) -> Awaitable[Any]:
        """From now on a sample each `interval_seconds`, in a process of its own. The thresholds are those of now."""
        return self._start(interval_seconds)

    def stop_monitoring(self) -> AwaitableDict:
        """Ends it; the summary. A second time it only gives the summary."""
        self._started().stop()
        return self.get_performance_summary()

    async def collect_current_metrics(self) -> Metrics:
        """The next sample of the run; without one, what is now, within two seconds."""
        if self._run is not None and self._run.is_running():
            return await asyncio.to_thread(self._run.next_sample, self._interval_s + _PATIENCE_S)
        return await asyncio.to_thread(self._look)

    def analyze_system_health(self, metrics: Mapping[str, Any]) -> SystemHealth:
        """`metrics` held against the thresholds as they are now."""
        return judge(metrics, self.thresholds)

    def get_performance_summary(self) -> AwaitableDict:
        """What the run has come to so far: `health_status`, `latest_metrics`, `statistics` {`cpu`, `memory`}, and
        `worst_health`, `samples`, `processes`, `response_time_p95_ms`, `error_rate`."""
        return AwaitableDict(self._started().said(self._interval_s + _PATIENCE_S)["summary"])

    def export_metrics_to_json(self, path: str | os.PathLike[str]) -> AwaitableText:
        """Writes `summary` and all `samples`; the path."""
        content = {"summary": dict(self.get_performance_summary()), "samples": self._started().samples()}
        return write_json(path, content)

    def _options(self) -> list[str]:
        """Of a run, beside those of every one."""
        return []

    def _start(self, interval_s: float) -> Awaitable[Any]:
        if self._run is not None and self._run.is_running():
            raise RuntimeError("the monitoring runs already")
        self._interval_s = float(interval_s)
        target = self._target or current_target()
        options = ["--interval", repr(self._interval_s), *self._watched(target), *threshold_options(self.thresholds), *self._options()]
        self._run = MonitorRun(options, target.store_environment())
        return AwaitableDict()

    def _watched(self, target: Target) -> list[str]:
        options = ["--server", target.server] if target.server else []
        for name, pid in self._processes.items():
            options += ["--pid", f"{name}={pid}"]
        for pid in self.generators:
            options += ["--generator", str(pid)]
        return options

    def _look(self) -> Metrics:
        """One sample."""
        target = self._target or current_target()
        done = run(["monitor", "--json", "--interval", _LOOK_S, "--duration", _LOOK_S, *self._watched(target),
                    *threshold_options(self.thresholds)], target.store_environment(), (0, 6), _PATIENCE_S)
        return Metrics(parse(done.stdout))

    def _started(self) -> MonitorRun:
        if self._run is None:
            raise RuntimeError("the monitoring was not started")
        return self._run


class LoadTestMonitor(PerformanceMonitor):
    """The monitor of a load test, which has a report with a verdict.

    >>> monitor = LoadTestMonitor("教室 100人", expected_load=1000)
    >>> await monitor.start_load_test_monitoring()
    >>> ...
    >>> monitor.finish_load_test_monitoring()
    >>> monitor.generate_load_test_report()["success_criteria"]["cpu_under_80_percent"]
    True
    """

    INTERVAL_S = 0.5

    def __init__(self, name: str, expected_load: int | str = "", target: Target | None = None, *,
                 processes: Mapping[str, int] | None = None, generators: Iterable[int] = ()) -> None:
        super().__init__(target, processes=processes, generators=generators)
        self.name, self.expected_load = name, expected_load

    def start_load_test_monitoring(self) -> Awaitable[Any]:
        """A sample every 0.5 s."""
        return self._start(self.INTERVAL_S)

    def finish_load_test_monitoring(self) -> AwaitableDict:
        """Ends it; the report."""
        self._started().stop()
        return self.generate_load_test_report()

    def generate_load_test_report(self) -> AwaitableDict:
        """`test_name`, `expected_load`, `test_duration_seconds`, `performance_summary` {`latest_metrics`, `statistics`},
        `success_criteria`; a criterion that could not be measured is None. While it runs: as of the last sample."""
        return AwaitableDict(self._started().said(self._interval_s + _PATIENCE_S)["report"])

    def _options(self) -> list[str]:
        return [f"--name={self.name}", *([f"--expected-load={self.expected_load}"] if self.expected_load != "" else [])]


def write_json(path: str | os.PathLike[str], content: object) -> AwaitableText:
    """As UTF-8, whose letters stay letters."""
    Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return AwaitableText(os.fspath(path))
