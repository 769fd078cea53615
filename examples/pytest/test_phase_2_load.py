"""Phase 2: from 10 to 100 students, and what that costs.

フェーズ2：段階的負荷とリソース監視。
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from cellmon_testing import ClassroomSimulator, LocalSystem, Metrics, PerformanceMonitor
from sizes import EVENTS_PER_STUDENT, SIZES


@pytest.mark.parametrize("students", [10, 25, 50, 75, 100])
async def test_2_1_phased_load(system: LocalSystem, students: int, record_property: Callable[[str, object], None]) -> None:
    """Each student makes 10 events/s: they are taken, in time, without errors, and the system stays healthy."""
    simulator = ClassroomSimulator(students=students, session_duration_minutes=SIZES.session_minutes, cell_execution_pattern="realistic",
                                   error_injection_rate=0.15, max_lag_ms=SIZES.max_lag_ms)
    result = await simulator.run_with_monitoring()
    record_property("load", f"{result.throughput:.0f} events/s, p95 {result.p95_ms:.1f} ms, error rate {result.error_rate:.2%}")
    assert result.valid, result.doubts
    assert result.throughput >= EVENTS_PER_STUDENT * students
    assert result.error_rate <= 0.001, result.errors
    assert result.p95_ms <= 500
    metrics = await PerformanceMonitor().collect_current_metrics()
    health = PerformanceMonitor().analyze_system_health(metrics)
    assert health.overall_status != "critical", health


async def test_2_2_resources(system: LocalSystem, record_property: Callable[[str, object], None]) -> None:
    """100 students, sampled each second against a baseline taken before."""
    monitor = PerformanceMonitor()
    await monitor.initialize_connections()
    await monitor.start_monitoring(interval_seconds=1.0)
    await asyncio.sleep(SIZES.baseline_seconds)
    baseline = await monitor.collect_current_metrics()
    load = asyncio.create_task(ClassroomSimulator(students=100, session_duration_minutes=SIZES.session_minutes,
                                                  max_lag_ms=SIZES.max_lag_ms).run_with_monitoring())
    samples: list[Metrics] = []
    while not load.done():
        samples.append(await monitor.collect_current_metrics())
    result = await load
    await monitor.stop_monitoring()
    growth_mb = max(_known(sample.memory_mb) for sample in samples) - _known(baseline.memory_mb)
    cpu = [_known(sample.cpu_percent) for sample in samples]
    clients = max(_known(sample.redis_connected_clients) for sample in samples)
    record_property("resources", f"memory +{growth_mb:.0f} MB, CPU {sum(cpu) / len(cpu):.0f} % (peak {max(cpu):.0f} %), "
                                 f"{clients:.0f} Redis connections at {result.throughput:.0f} events/s")
    assert result.throughput >= EVENTS_PER_STUDENT * 100 and result.error_rate <= 0.001
    assert growth_mb < 2_000
    assert sum(cpu) / len(cpu) < 80
    assert clients < 200


def _known(value: float | None) -> float:
    """What could not be measured does not pass."""
    assert value is not None
    return value
