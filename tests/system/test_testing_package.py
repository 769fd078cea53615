"""Goal: `cellmon_testing` has the names of requirements §3.1a, its monitor takes both forms of call and says what the program says.

Method: the table of the requirements itself; runs against a real server. The load is in test_testing_package_load.py, what needs stores in
tests/stores/test_testing_package_stores.py.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import cellmon_testing
import pytest
from cellmon_testing import (ClassroomSimulator, LoadTestMonitor, LocalSystem, PerformanceMonitor, ProgramFailed, ProgramNotFound,
                             StudentDataGenerator, Target, bulk_insert_events, current_target, use_target)
from cellmon_testing.health import DEFAULT_THRESHOLDS

from support.events import cell_executed
from support.ports import free_port
from support.server import BINARY, ROOT, run_command
from support.testing_package import target, the_program  # noqa: F401: fixtures

REQUIREMENTS = ROOT / "docs" / "reference" / "requirements.md"


def table() -> dict[str, str]:
    """Of §3.1a: the first column, and what stands in the second."""
    text = REQUIREMENTS.read_text(encoding="utf-8").partition("### 3.1a")[2].partition("###")[0]
    rows = [line.strip("| \n").split(" | ", 1) for line in text.splitlines() if line.startswith("| ")]
    return dict(row for row in rows if row[0] not in ("class", "---"))


# The names.

def test_the_names_of_the_requirements() -> None:
    rows = table()
    helpers = re.findall(r"`(\w+)`", rows.pop("helpers").split(" (", 1)[0]) + ["verify_database_consistency", "inject_redis_failure", "recover_redis"]
    assert len(helpers) >= 8 and all(callable(getattr(cellmon_testing, name)) for name in helpers)
    assert len(rows) == 4
    for head, members in rows.items():
        kind = getattr(cellmon_testing, re.match(r"`(\w+)\(", head)[1])
        methods = re.findall(r"`(?:await )?(\w+)\(", members)
        assert methods and all(callable(getattr(kind, name)) for name in methods), (head, methods)


def test_constructors_take_what_the_table_shows() -> None:
    simulator = ClassroomSimulator(students=7, session_duration_minutes=90, cell_execution_pattern="realistic", error_injection_rate=0.15)
    assert (simulator.students, simulator.session_duration_minutes) == (7, 90)
    assert set(PerformanceMonitor().thresholds) == set(re.findall(r"`((?:cpu|memory|response_time|error_rate)_\w+)`", table()["`PerformanceMonitor()`"]))
    assert LoadTestMonitor("x", expected_load=5).expected_load == 5
    with pytest.raises(ValueError, match="realistic"):
        ClassroomSimulator(cell_execution_pattern="chaotic")


def test_the_default_thresholds_are_the_program_s() -> None:
    text = run_command("monitor", "--help").stdout.decode()
    for name, value in DEFAULT_THRESHOLDS.items():
        assert re.search(rf"--{name.replace('_', '-')} FLOAT ?[=[]{re.escape(f'{value:g}')}\b", text), name


# The program.

def test_no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CELLMON_BINARY", str(tmp_path / "none"))
    with pytest.raises(ProgramNotFound, match="CELLMON_BINARY"):
        StudentDataGenerator().generate_classroom_session(num_students=1)
    monkeypatch.delenv("CELLMON_BINARY")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramNotFound, match="PATH"):
        StudentDataGenerator().generate_classroom_session(num_students=1)
    (tmp_path / "cellmon").symlink_to(BINARY)
    assert StudentDataGenerator().generate_classroom_session(num_students=1)


def test_variables_of_the_tests_are_not_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLMON_ROUNDS", "2")
    with LocalSystem(stores=False) as system:
        assert current_target().server == system.server.url
        bulk_insert_events([cell_executed()])
    assert current_target().server != system.server.url and not system.server.folder.exists()


def test_targets_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CELLMON_TESTING_SERVER", "http://there:1"), ("CELLMON_POSTGRES_URL", "postgresql://p"), ("CELLMON_REDIS_URL", "redis://r"),
                        ("CELLMON_INFLUX_URL", "http://i"), ("CELLMON_INFLUX_PASSWORD", "secret")):
        monkeypatch.setenv(name, value)
    found = current_target()
    assert (found.server, found.postgresql, found.redis, found.influxdb) == ("http://there:1", "postgresql://p", "redis://r", "http://i")
    assert found.store_environment()["CELLMON_INFLUX_PASSWORD"] == "secret"


# The monitor.

def test_without_await(target: Target, tmp_path: Path) -> None:
    monitor = PerformanceMonitor()
    monitor.start_monitoring(interval_seconds=0.2)
    with pytest.raises(RuntimeError, match="already"):
        monitor.start_monitoring()
    summary = monitor.get_performance_summary()
    assert summary["health_status"] in ("healthy", "warning", "critical")
    assert {"latest_metrics", "statistics"} <= summary.keys() and summary["statistics"].keys() == {"cpu", "memory"}
    stopped = monitor.stop_monitoring()
    assert stopped == monitor.get_performance_summary() == monitor.stop_monitoring()
    assert stopped["statistics"]["memory"]["peak"] > 1
    out = tmp_path / "metrics.json"
    monitor.export_metrics_to_json(out)
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["summary"] == stopped and len(written["samples"]) == sum(stopped["samples"].values())
    assert written["samples"][-1] == stopped["latest_metrics"]


def test_with_await(target: Target, tmp_path: Path) -> None:
    async def play() -> None:
        monitor = PerformanceMonitor()
        assert await monitor.initialize_connections() == {"server": True, "postgresql": False, "redis": False, "influxdb": False}
        alone = await monitor.collect_current_metrics()
        await monitor.start_monitoring(interval_seconds=0.2)
        first = await monitor.collect_current_metrics()
        second = await monitor.collect_current_metrics()
        assert alone.timestamp < first.timestamp < second.timestamp
        assert second.response_time_ms is not None and second.cpu_percent is not None and second.redis_connected_clients is None
        assert second.unavailable["redis_connected_clients"]
        assert (await monitor.analyze_system_health(second)).overall_status in ("healthy", "warning", "critical")
        summary = await monitor.stop_monitoring()
        assert summary == await monitor.get_performance_summary()
        assert await monitor.export_metrics_to_json(tmp_path / "one.json") == str(tmp_path / "one.json")

    asyncio.run(play())


def test_the_process_ends_with_the_monitoring(target: Target) -> None:
    monitor = PerformanceMonitor()
    monitor.start_monitoring(interval_seconds=0.2)
    process = monitor._run._process
    assert process.poll() is None
    monitor.stop_monitoring()
    assert process.poll() is not None
    forgotten = PerformanceMonitor()
    forgotten.start_monitoring(interval_seconds=0.2)
    process = forgotten._run._process
    del forgotten
    assert process.wait(30) is not None


def test_nothing_was_started() -> None:
    for ask in ("stop_monitoring", "get_performance_summary"):
        with pytest.raises(RuntimeError, match="not started"):
            getattr(PerformanceMonitor(), ask)()


def test_who_cannot_be_asked_is_named() -> None:
    use_target(Target(f"http://127.0.0.1:{free_port()}", redis=f"redis://127.0.0.1:{free_port()}"))
    with pytest.raises(ConnectionError, match="server: .*; redis: "):
        asyncio.run(PerformanceMonitor().initialize_connections())


def test_what_the_program_refuses_is_said(target: Target) -> None:
    monitor = PerformanceMonitor()
    monitor.start_monitoring(interval_seconds=-1)
    with pytest.raises(ProgramFailed, match="--interval"):
        monitor.get_performance_summary()


def test_thresholds_judge_as_the_program_does(target: Target) -> None:
    """The same samples, with thresholds that each of them reaches in one way or another."""
    for bounds in ({"cpu_warning": 0.0, "memory_warning": 0.0, "response_time_critical": 0.0, "response_time_warning": 0.0},
                   {"memory_warning": 0.0, "memory_critical": 0.0}, {}):
        monitor = PerformanceMonitor()
        monitor.thresholds.update(bounds)
        monitor.start_monitoring(interval_seconds=0.2)
        metrics = asyncio.run(monitor.collect_current_metrics())
        monitor.stop_monitoring()
        health = monitor.analyze_system_health(metrics)
        assert (health.overall_status, health.reasons) == (metrics["health"], metrics["reasons"])
        assert (health.overall_status == "critical") == any(name.endswith("critical") for name in bounds)


def test_a_server_that_is_away_is_critical() -> None:
    use_target(Target(f"http://127.0.0.1:{free_port()}"))
    monitor = PerformanceMonitor()
    metrics = asyncio.run(monitor.collect_current_metrics())
    health = monitor.analyze_system_health(metrics)
    assert health.overall_status == "critical" and health.reasons == metrics["reasons"] and health.reasons


@pytest.mark.parametrize("metrics, status", [
    ({"cpu_percent": 69.9, "error_rate": 0.0009, "response_time_ms": None}, "healthy"), ({"cpu_percent": 70}, "warning"),
    ({"cpu_percent": 85}, "critical"), ({"memory_percent": 75}, "warning"), ({"memory_percent": 90}, "critical"),
    ({"response_time_ms": 500}, "warning"), ({"response_time_ms": 1000}, "critical"), ({"error_rate": 0.001}, "warning"),
    ({"error_rate": 0.01, "cpu_percent": 75}, "critical")])
def test_thresholds(metrics: dict[str, float], status: str) -> None:
    health = PerformanceMonitor().analyze_system_health(metrics)
    assert health.overall_status == status and bool(health.reasons) == (status != "healthy")
    assert not health.reasons or ("critical" in health.reasons[0]) == (status == "critical"), "the worst first"


@pytest.mark.parametrize("bad", [{"cpu": 1.0}, {"cpu_warning": 90.0}, {"error_rate_warning": -1.0}, {"memory_critical": float("nan")}])
def test_bad_thresholds(bad: dict[str, float]) -> None:
    monitor = PerformanceMonitor()
    monitor.thresholds.update(bad)
    with pytest.raises(ValueError, match=next(iter(bad)).split("_")[0]):
        monitor.analyze_system_health({})


def test_the_report_of_a_load_test(target: Target, tmp_path: Path) -> None:
    async def play() -> dict[str, object]:
        monitor = LoadTestMonitor("教室 100人", expected_load=1000)
        await monitor.start_load_test_monitoring()
        await monitor.collect_current_metrics()
        assert (await monitor.get_performance_summary())["latest_metrics"]["cpu_percent"] is not None
        await monitor.finish_load_test_monitoring()
        await monitor.export_metrics_to_json(tmp_path / "load.json")
        return await monitor.generate_load_test_report()

    report = asyncio.run(play())
    assert report.keys() == {"test_name", "expected_load", "test_duration_seconds", "performance_summary", "success_criteria"}
    assert report["test_name"] == "教室 100人" and report["expected_load"] == 1000 and report["test_duration_seconds"] > 0.4
    assert report["performance_summary"].keys() == {"latest_metrics", "statistics"}
    assert report["success_criteria"].keys() == {"cpu_under_80_percent", "memory_under_4gb", "response_time_under_500ms",
                                                 "error_rate_under_0_1_percent"}
    assert report["success_criteria"]["memory_under_4gb"] is True


def test_files_are_not_escaped(target: Target, tmp_path: Path) -> None:
    monitor = PerformanceMonitor(processes={"教室": 2**22 + 1})
    monitor.start_monitoring(interval_seconds=0.2)
    monitor.stop_monitoring()
    monitor.export_metrics_to_json(tmp_path / "metrics.json")
    assert "教室".encode() in (tmp_path / "metrics.json").read_bytes()
