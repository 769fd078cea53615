"""Thresholds, and the health of a sample that is held against them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellmon_testing._awaiting import Awaited

HEALTHY, WARNING, CRITICAL = "healthy", "warning", "critical"
_STATUSES = (HEALTHY, WARNING, CRITICAL)

# As `cellmon monitor --help` states them.
DEFAULT_THRESHOLDS: dict[str, float] = {
    "cpu_warning": 70.0, "cpu_critical": 85.0,  # Percent of all cores.
    "memory_warning": 75.0, "memory_critical": 90.0,  # Percent of the machine's.
    "response_time_warning": 500.0, "response_time_critical": 1000.0,  # Milliseconds.
    "error_rate_warning": 0.001, "error_rate_critical": 0.01,  # Fractions.
}


@dataclass(frozen=True)
class _Rule:
    """How a metric is judged, in the words of the program."""

    metric: str
    threshold: str  # `cpu` of `cpu_warning`.
    phrase: str
    unit: str
    factor: float = 1.0  # From the value to the one that is shown.

    def judge(self, value: float, thresholds: Mapping[str, float]) -> tuple[str, str] | None:
        warning, critical = thresholds[f"{self.threshold}_warning"], thresholds[f"{self.threshold}_critical"]
        if value < warning:
            return None
        status, bound, name = (CRITICAL, critical, "critical") if value >= critical else (WARNING, warning, "a warning")
        return status, f"{self.phrase.format(value * self.factor)}; {name} from {bound * self.factor:.4g} {self.unit} on"


_RULES = (
    _Rule("cpu_percent", "cpu", "CPU is at {:.1f} % of all cores", "%"),
    _Rule("memory_percent", "memory", "memory is at {:.1f} %", "%"),
    _Rule("response_time_ms", "response_time", "the server answers in {:.1f} ms", "ms"),
    _Rule("error_rate", "error_rate", "{:.3g} % of the requests are answered with an error", "%", 100.0),
)


@dataclass(frozen=True)
class SystemHealth(Awaited):
    """`overall_status` is healthy, warning or critical; `reasons` say why, the worst first."""

    overall_status: str
    reasons: list[str]

    def __str__(self) -> str:
        return f"{self.overall_status}: {'; '.join(self.reasons)}" if self.reasons else self.overall_status


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    """ValueError for a name that is none, and for a bound that can never be reached in its order."""
    unknown, missing = thresholds.keys() - DEFAULT_THRESHOLDS.keys(), DEFAULT_THRESHOLDS.keys() - thresholds.keys()
    if unknown or missing:
        raise ValueError(f"thresholds are {', '.join(DEFAULT_THRESHOLDS)}; "
                         f"{', '.join(sorted(unknown)) or 'nothing'} is unknown, {', '.join(sorted(missing)) or 'nothing'} is missing")
    for rule in _RULES:
        warning, critical = thresholds[f"{rule.threshold}_warning"], thresholds[f"{rule.threshold}_critical"]
        if not (math.isfinite(warning) and math.isfinite(critical) and 0 <= warning <= critical):
            raise ValueError(f"{rule.threshold}_warning ({warning}) must not be above {rule.threshold}_critical ({critical}) nor below 0")


def threshold_options(thresholds: Mapping[str, float]) -> list[str]:
    """As `cellmon monitor` takes them."""
    check_thresholds(thresholds)
    return [part for name, value in thresholds.items() for part in (f"--{name.replace('_', '-')}", repr(float(value)))]


def judge(metrics: Mapping[str, Any], thresholds: Mapping[str, float]) -> SystemHealth:
    """The health of a sample. What the program found besides metrics (a server that does not answer, a process that has ended)
    counts as it found it; a metric that could not be read is not judged."""
    check_thresholds(thresholds)
    found = [(str(trouble["status"]), str(trouble["text"])) for trouble in metrics.get("troubles", [])]
    for rule in _RULES:
        value = metrics.get(rule.metric)
        if value is not None and (trouble := rule.judge(float(value), thresholds)) is not None:
            found.append(trouble)
    found.sort(key=lambda trouble: -_STATUSES.index(trouble[0]))
    return SystemHealth(found[0][0] if found else HEALTHY, [text for _, text in found])
